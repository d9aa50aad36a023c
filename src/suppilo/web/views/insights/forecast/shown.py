"""A forecast as a page shows it: sentences, picture, rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from suppilo.analytics.forecast import BANDS, Forecast, PeriodForecast
from suppilo.apps.forecasts.ask import ForecastAnswer
from suppilo.charts.forecast import (
    Money,
    history_sentence,
    period_sentence,
    source_sentence,
)
from suppilo.charts.page.fan import FanMark, fan_picture
from suppilo.web.templatetags.money import money
from suppilo.web.views.funnels.parts.trend import drawn
from suppilo.web.views.insights.forecast.asked import Asked, period_label, period_name

SIZES = (("wide", 1080), ("middle", 700), ("narrow", 330))


@dataclass(frozen=True, slots=True)
class Row:
    """A period of the table; ranges are of 50, 80 and 95 %."""

    name: str
    found: PeriodForecast
    bands: tuple[tuple[float, float], ...]
    won_url: str = ""
    open_url: str = ""


def round_money(currency: str) -> Money:
    """Return what writes a sum to three digits, as people in the reader's language do."""

    def write(amount: Decimal | float) -> str:
        return str(money(Decimal(f"{float(amount):.3g}"), currency))

    return write


def choose(answer: ForecastAnswer, currency: str) -> Forecast | None:
    """Return the forecast in a currency; where there is none, that of most deals."""
    found = [one for one in answer.forecasts if one.currency == currency] or answer.forecasts
    return next(iter(found), None)


def show_forecast(asked: Asked, answer: ForecastAnswer, forecast: Forecast) -> dict[str, Any]:
    """Return what the template of figures needs; call it in the reader's language."""
    write = round_money(forecast.currency)
    first = forecast.periods[0]
    lines = [period_sentence(first, period_name(first.start, forecast.every), write)]
    lines += [source_sentence(forecast, write)]
    marks = [*_past(asked, answer, forecast), *_ahead(asked, forecast)]
    pictures = [(size, drawn(fan_picture(marks, width))) for size, width in SIZES]
    return {
        "forecast": forecast,
        "first": _row(asked, first),
        "currency": forecast.currency,
        "currencies": [one.currency for one in answer.forecasts],
        "sentence": " ".join(filter(None, lines)),
        "too_little": history_sentence(forecast.history),
        "pictures": pictures,
        "rows": [_row(asked, one) for one in forecast.periods],
        "has_total": len(forecast.periods) > 1,
        "total": _total(asked, forecast),
    }


def _row(asked: Asked, one: PeriodForecast) -> Row:
    start = one.start.isoformat()
    return Row(
        period_name(one.start, asked.fields["every"]), one, _bands(one),
        asked.url("forecast_deals", won="1", start=start),
        asked.url("forecast_deals", start=start),
    )  # fmt: skip


def _total(asked: Asked, forecast: Forecast) -> Row:
    """Return all periods together; what is won already was won in the first of them."""
    first, last = forecast.periods[0].start.isoformat(), forecast.periods[-1].start.isoformat()
    return Row(
        _("Together"), forecast.total, _bands(forecast.total),
        asked.url("forecast_deals", won="1", start=first),
        asked.url("forecast_deals", start=first, through=last),
    )  # fmt: skip


def _bands(one: PeriodForecast) -> tuple[tuple[float, float], ...]:
    if not one.quantiles:
        return ()
    return tuple((one.quantiles[low], one.quantiles[high]) for _share, low, high in BANDS)


def _past(asked: Asked, answer: ForecastAnswer, forecast: Forecast) -> Iterator[FanMark]:
    write = round_money(forecast.currency)
    for one in answer.past.get(forecast.currency, ()):
        name = period_name(one.start, forecast.every)
        yield FanMark(
            period_label(one.start, forecast.every),
            _("%(name)s: %(won)s won") % {"name": name, "won": write(one.won)},
            float(one.won),
            url=asked.url("forecast_deals", won="1", start=one.start.isoformat()),
        )


def _ahead(asked: Asked, forecast: Forecast) -> Iterator[FanMark]:
    write = round_money(forecast.currency)
    for one in forecast.periods:
        name = period_name(one.start, forecast.every)
        yield FanMark(
            period_label(one.start, forecast.every), period_sentence(one, name, write),
            float(one.won), one.weighted, one.quantiles,
            asked.url("forecast_deals", start=one.start.isoformat()),
        )  # fmt: skip


HEADER = (
    "start", "won", "weighted", "median", "lower_50", "upper_50", "lower_80", "upper_80",
    "lower_95", "upper_95", "from_open", "from_new", "currency",
)  # fmt: skip


def table_rows(forecasts: Sequence[Forecast]) -> Iterator[list[str]]:
    """Yield the table as text, its figures to the cent."""
    for forecast in forecasts:
        for one in forecast.periods:
            bands = [f"{end:.2f}" for band in _bands(one) for end in band] or [""] * 6
            median = "" if one.median is None else f"{one.median:.2f}"
            yield [
                one.start.isoformat(), str(one.won), f"{one.weighted:.2f}", median, *bands,
                *(f"{part:.2f}" if one.quantiles else "" for part in (one.from_open, one.from_new)),
                forecast.currency,
            ]  # fmt: skip

"""A forecast in words: what a period will come to, and how far to trust that."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from suppilo.analytics.forecast import Advice, Forecast, HistorySize, PeriodForecast, TrackRecord
from suppilo.analytics.forecast.book import FEWEST_DAYS, FEWEST_ENDED, FEWEST_WON
from suppilo.analytics.forecast.scores import FEWEST_SCORED
from suppilo.charts import words
from suppilo.charts.i18n import _, language, ngettext
from suppilo.charts.money import write_money

Money = Callable[[Decimal | float], str]

_ROUGH = 0.4


def rounded_money(currency: str) -> Money:
    """Return what writes a sum of a currency to three digits: more would only look exact."""

    def write(amount: Decimal | float) -> str:
        rounded = float(f"{float(amount):.3g}")
        if not currency:
            return words.number(rounded)
        return write_money(rounded, words.clean(currency), language())

    return write


def period_sentence(period: PeriodForecast, name: str, money: Money) -> str:
    """Return what a period will come to, in words."""
    if not period.quantiles:
        text = _("{name}: {weighted} by the weighted pipeline, of which {won} won already.")
        return text.format(name=name, weighted=money(period.weighted), won=money(period.won))
    text = _("{name} will come to about {median}; eight times in ten to between {low} and {high}.")
    won = _(" Won already: {won}. The weighted pipeline says {weighted}.")
    return (text + won).format(
        name=name, median=money(period.quantiles[3]), low=money(period.quantiles[1]),
        high=money(period.quantiles[5]), won=money(period.won), weighted=money(period.weighted),
    )  # fmt: skip


def history_sentence(history: HistorySize) -> str:
    """Return what is missing where history is too short for ranges; empty where it is not."""
    if history.is_enough:
        return ""
    text = _(
        "Too little history for ranges. Deals that have ended: {ended}, of them won: {won}, days: "
        "{days}; it takes {e}, {w} and {d}. Until then there is the weighted pipeline: each open "
        "deal's amount times its stage's chance."
    )
    return text.format(
        ended=words.number(history.ended), won=words.number(history.won),
        days=words.number(int(history.days)), e=FEWEST_ENDED, w=FEWEST_WON, d=FEWEST_DAYS,
    )  # fmt: skip


def record_sentence(record: TrackRecord | None) -> str:
    """Return how good past forecasts were, and which to use."""
    if record is None or record.advice is Advice.UNTRIED:
        text = _(
            "Fewer than {n} past periods can be checked: nobody knows yet how good this is. Look "
            "at the weighted pipeline beside it."
        )
        return text.format(n=FEWEST_SCORED)
    errors = _errors(record)
    held = _percent(record.coverage[0.8])
    if record.advice is Advice.HISTORY:
        text = _("Tried on {n} past forecasts: the 80 % range held {held} of what came. {errors} "
                 "Use this forecast.")  # fmt: skip
    elif record.error > record.weighted_error:
        text = _("Tried on {n} past forecasts: the 80 % range held {held} of what came. {errors} "
                 "Use the weighted pipeline.")  # fmt: skip
    else:
        text = _("Tried on {n} past forecasts: the 80 % range held {held} of what came, so don't "
                 "rely on it. {errors} Take either as a rough figure only.")  # fmt: skip
    said = text.format(n=words.number(record.scored), held=held, errors=errors)
    return said + _roughness(record)


def _roughness(record: TrackRecord) -> str:
    if record.advice is Advice.WEIGHTED or record.mape is None or record.mape < _ROUGH:
        return ""
    return _(" Its middle alone is a rough figure, as where a few large deals decide: plan with "
             "the range.")  # fmt: skip


def _percent(share: float) -> str:
    return f"{100 * share:,.0f} %"


def _errors(record: TrackRecord) -> str:
    if record.mape is None or record.weighted_mape is None:
        return ""
    text = _("The middle was off by {mape} on average, the weighted pipeline by {weighted}.")
    return text.format(mape=_percent(record.mape), weighted=_percent(record.weighted_mape))


def source_sentence(forecast: Forecast, money: Money) -> str:
    """Return where what is still to be won will come from; empty without history."""
    if not forecast.history.is_enough:
        return ""
    periods = len(forecast.periods)
    text = ngettext(
        "Of what is still to be won in this period about {open} are in deals open now, and {new} "
        "in deals still to come: {per_week} a week.",
        "Of what is still to be won in all {n} periods together about {open} are in deals open "
        "now, and {new} in deals still to come: {per_week} a week.",
        periods,
    )
    return text.format(
        n=periods, open=money(forecast.total.from_open), new=money(forecast.total.from_new),
        per_week=words.number(round(forecast.arrivals_per_week, 1)),
    )  # fmt: skip

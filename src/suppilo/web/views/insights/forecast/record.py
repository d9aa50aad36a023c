"""How good the forecast has been: the past made anew, and forecasts as they were made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from suppilo.analytics.forecast import BackTest, TrackRecord, Trial
from suppilo.analytics.periods import to_local
from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.forecasts.ask import start_back_test
from suppilo.apps.forecasts.models import MadePeriod
from suppilo.apps.forecasts.scoring import list_scored, read_record
from suppilo.charts.forecast import record_sentence
from suppilo.charts.page.fan import FanMark, fan_picture
from suppilo.web.access import UserRequest, page
from suppilo.web.paging import clamp
from suppilo.web.reporting import here
from suppilo.web.views.funnels.parts.trend import drawn
from suppilo.web.views.insights.forecast.asked import (
    MOST_PERIODS,
    Asked,
    period_label,
    period_name,
    read_asked,
)
from suppilo.web.views.insights.forecast.shown import SIZES, round_money
from suppilo.web.views.insights.waiting import asked_wait, find_answer

MOST_TRIALS = 26
MOST_KEPT = 12
MOST_NARROW = 8


@dataclass(frozen=True, slots=True)
class TrialRow:
    """A past period: what was forecast at its beginning, what came, and where that lies."""

    name: str
    trial: Trial
    lower: float
    upper: float
    url: str

    @property
    def is_inside(self) -> bool:
        """Whether the 80 % range held it."""
        return self.lower <= self.trial.actual <= self.upper


@page(Permission.SEE_DEALS, methods=("GET",))
def forecast_record(request: UserRequest) -> HttpResponse:
    """Show how good past forecasts were, or that they are still being tried."""
    asked = read_asked(request.GET, request.user)
    context: dict[str, Any] = {
        "asked": asked, "state": "none", "again_url": asked.url("forecast_record", wait="1"),
        "back_url": asked.url("forecast"), "is_part": bool(request.htmx),
    }  # fmt: skip
    if asked.question is not None:
        start = partial(start_back_test, request.user, asked.question)
        tried, state = find_answer(start, asked_wait(request.GET))
        context |= state
        if tried is not None:
            ahead = clamp(request.GET.get("ahead"), 0, MOST_PERIODS, 1)
            context |= _show(asked, tried, ahead) | _show_kept(request.user, asked, tried)
            context["is_open"] = "ahead" in request.GET
    return render(request, "insights/forecast/record.html", context)


def _show(asked: Asked, tried: BackTest, ahead: int) -> dict[str, Any]:
    """Return the record, and the forecasts of so many periods ahead; 0: all of them."""
    assert asked.question is not None
    currency = asked.currency or _usual(tried)
    aheads = sorted({one.ahead for one in tried.trials if one.currency == currency})
    record = tried.record(currency)
    rows = list(_rows(asked, tried, currency))[-MOST_TRIALS:]
    scored = rows if ahead == 1 else list(_rows(asked, tried, currency, ahead))
    return {
        "currency": currency,
        "pictures": record_pictures(asked, rows, currency),
        "record": record,
        "sentence": record_sentence(record),
        "records": [
            (one, _only(tried.record(currency, one)), _trials_url(asked, one)) for one in aheads
        ],
        "all_url": _trials_url(asked, 0),
        "ahead": ahead,
        "trials": scored[::-1],
    }


def _show_kept(user: User, asked: Asked, tried: BackTest) -> dict[str, Any]:
    """Return how good kept forecasts were; they tell of all deals, to those who see all."""
    assert asked.question is not None
    if not asked.is_whole or not allows(user, Permission.SEE_ALL_DEALS):
        return {}
    currency = asked.currency or _usual(tried)
    rows = list_scored(asked.question, currency, MOST_KEPT)
    return {
        "kept_record": read_record(asked.question, currency),
        "kept": [_kept_row(asked, one, currency) for one in rows],
    }


def _usual(tried: BackTest) -> str:
    """Return the currency that most was tried in."""
    found = [one.currency for one in tried.trials]
    return max(set(found), key=lambda one: (found.count(one), one), default="")


def _only(record: TrackRecord | None) -> TrackRecord:
    assert record is not None
    return record


def _trials_url(asked: Asked, ahead: int) -> str:
    """Return where the forecasts that a figure counts are listed."""
    return asked.url("forecast_record", wait="2", ahead=str(ahead)) + "#trials"


def _rows(asked: Asked, tried: BackTest, currency: str, ahead: int = 1) -> Iterator[TrialRow]:
    for one in tried.trials:
        if one.currency == currency and (one.ahead == ahead or not ahead):
            start = one.forecast.start
            yield TrialRow(
                period_name(start, asked.fields["every"]), one,
                one.forecast.quantiles[1], one.forecast.quantiles[5],
                _won_url(asked, start, currency),
            )  # fmt: skip


def record_pictures(
    asked: Asked, rows: Sequence[TrialRow], currency: str
) -> list[tuple[str, SafeString]]:
    """Draw what was won in past periods over what was forecast on the first day of each."""
    write = round_money(currency)
    marks = [
        FanMark(
            period_label(row.trial.forecast.start, asked.fields["every"]),
            _("%(name)s: %(won)s won, 8 in 10: %(low)s to %(high)s") % {
                "name": row.name, "won": write(row.trial.actual), "low": write(row.lower),
                "high": write(row.upper),
            },
            float(row.trial.actual), row.trial.forecast.weighted, row.trial.forecast.quantiles,
            row.url,
        )
        for row in rows
    ]  # fmt: skip
    most = {"wide": len(marks), "middle": len(marks), "narrow": MOST_NARROW}
    return [
        (size, drawn(fan_picture(marks[-most[size] :], width)))
        for size, width in SIZES if marks
    ]  # fmt: skip


def _kept_row(asked: Asked, one: MadePeriod, currency: str) -> dict[str, Any]:
    start = to_local(int(one.starts_at.timestamp()) * 1_000_000, here()).date()
    return {
        "name": period_name(start, asked.fields["every"]),
        "found": one,
        "lower": one.quantiles[1] if one.quantiles else None,
        "upper": one.quantiles[5] if one.quantiles else None,
        "url": _won_url(asked, start, currency),
    }


def _won_url(asked: Asked, start: date, currency: str) -> str:
    return asked.url("forecast_deals", won="1", start=start.isoformat(), currency=currency)

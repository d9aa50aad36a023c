"""Forecasts of the past with what was known then, beside what came: a rolling origin.

Tashman (2000), "Out-of-sample tests of forecasting accuracy", International Journal of
Forecasting 16, 437-450.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime

import numpy as np
from numpy.random import Generator

from suppilo.analytics.events import Bool
from suppilo.analytics.forecast.book import DealBook
from suppilo.analytics.forecast.months import Grain
from suppilo.analytics.forecast.report import (
    BANDS,
    QUANTILES,
    ForecastQuestion,
    PeriodForecast,
    forecast_revenue,
)
from suppilo.analytics.forecast.scores import Scored, TrackRecord, judge_record
from suppilo.analytics.periods import bucket_start, find_timezone, to_local, to_microseconds
from suppilo.analytics.stages import VALUE_UNITS, Outcome, sum_values, trace_deals


@dataclass(frozen=True, slots=True)
class Trial:
    """A period that was forecast from ``origin_us`` on, ``ahead`` periods before, and is over."""

    currency: str
    origin_us: int
    ahead: int
    forecast: PeriodForecast
    actual: float


@dataclass(frozen=True, slots=True)
class BackTest:
    """All trials, and how good they were."""

    trials: tuple[Trial, ...]

    def record(self, currency: str, ahead: int | None = None) -> TrackRecord | None:
        """Return how good the forecasts in a currency were, of one distance or of all."""
        return judge_record(
            [
                Scored(one.forecast.quantiles, one.forecast.weighted, one.actual, one.ahead)
                for one in self.trials
                if one.currency == currency and ahead in (None, one.ahead)
            ],
            QUANTILES, BANDS,
        )  # fmt: skip


def past_origins(as_of_us: int, every: Grain, count: int, timezone: str) -> list[int]:
    """Return the first moments of the last periods before the one at hand, the oldest first."""
    zone = find_timezone(timezone)
    day = bucket_start(to_local(as_of_us, timezone).date(), every)
    found = []
    for _number in range(count):
        day = bucket_start(date.fromordinal(day.toordinal() - 1), every)
        found.append(to_microseconds(datetime(day.year, day.month, day.day, tzinfo=zone)))
    return found[::-1]


def back_test(
    book_at: Callable[[int], DealBook], question: ForecastQuestion, origins_us: list[int],
    random: Generator, among: Bool | None = None,
) -> BackTest:  # fmt: skip
    """Forecast from each past moment with what was known then, and put what came beside it.

    Parameters
    ----------
    book_at
        Returns the deals as they were known at a moment: the same deals in the same order, with
        the ledger whole (what is later than the moment is not looked at).
    question
        What to ask; its ``as_of_us`` is now: only periods that are over by then are scored.
    origins_us
        The moments; from those with too little history before them nothing is forecast.
    """
    found: list[Trial] = []
    now = book_at(question.as_of_us)
    traces = trace_deals(now.ledger, question.as_of_us)
    won = traces.outcome == Outcome.WON
    won = won if among is None else won & among
    for origin in origins_us:
        asked = replace(question, as_of_us=origin)
        for forecast in forecast_revenue(book_at(origin), asked, random, among):
            mine = won & (now.currency == now.currencies.index(forecast.currency))
            found += [
                Trial(forecast.currency, origin, ahead, period,
                      _won_in(now, traces.ended, mine, period))
                for ahead, period in enumerate(forecast.periods, 1)
                if period.quantiles and period.end_us <= question.as_of_us
            ]  # fmt: skip
    return BackTest(tuple(found))


def _won_in(book: DealBook, ended: np.ndarray, won: Bool, period: PeriodForecast) -> float:
    inside = won & (ended >= period.start_us) & (ended < period.end_us)
    (units,) = sum_values(book.won_amount[inside], np.zeros(int(inside.sum()), np.int64), 1)
    return units / VALUE_UNITS

"""What was won in the periods before a forecast, to look at beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import numpy as np

from suppilo.analytics.events import Bool
from suppilo.analytics.forecast.backtest import past_origins
from suppilo.analytics.forecast.book import DealBook
from suppilo.analytics.forecast.months import make_calendar
from suppilo.analytics.forecast.report import ForecastQuestion
from suppilo.analytics.stages import VALUE_UNITS, Outcome, sum_values, trace_deals


@dataclass(frozen=True, slots=True)
class PastPeriod:
    """A period that is over, and what was won in it."""

    start: date
    start_us: int
    end_us: int
    won: Decimal


def past_wins(
    book: DealBook, question: ForecastQuestion, count: int, among: Bool
) -> dict[str, tuple[PastPeriod, ...]]:
    """Return what some deals won in the periods before the one at hand, by currency."""
    origins = past_origins(question.as_of_us, question.every, count, question.timezone)
    first = make_calendar(origins[0], question.every, count, question.timezone)
    traces = trace_deals(book.ledger, question.as_of_us)
    place = np.searchsorted(first.edges_us, traces.ended, side="right") - 1
    won = among & (traces.outcome == Outcome.WON) & (place >= 0) & (place < count)
    edges = first.edges_us.tolist()
    found = {}
    for number, currency in enumerate(book.currencies):
        here = won & (book.currency == number)
        sums = sum_values(book.won_amount[here], place[here], count)
        found[currency] = tuple(
            PastPeriod(start, edges[at], edges[at + 1], Decimal(units) / VALUE_UNITS)
            for at, (start, units) in enumerate(zip(first.starts, sums, strict=True))
        )
    return found

"""The weeks or months of a forecast."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

import numpy as np

from suppilo.analytics.events import Int64
from suppilo.analytics.periods import (
    bucket_start,
    find_timezone,
    next_bucket,
    to_local,
    to_microseconds,
)

Grain = Literal["week", "month"]


@dataclass(frozen=True, slots=True)
class Calendar:
    """Periods that follow each other: their first days, and the moments between them.

    ``edges_us`` has one moment more than there are periods.
    """

    starts: tuple[date, ...]
    edges_us: Int64

    @property
    def periods(self) -> int:
        """How many periods there are."""
        return len(self.starts)


def make_calendar(as_of_us: int, every: Grain, periods: int, timezone: str) -> Calendar:
    """Return the period that a moment lies in, and those after it: ``periods`` in all."""
    first = bucket_start(to_local(as_of_us, timezone).date(), every)
    starts = [first]
    while len(starts) <= periods:
        starts.append(next_bucket(starts[-1], every))
    zone = find_timezone(timezone)
    edges = [to_microseconds(datetime(day.year, day.month, day.day, tzinfo=zone)) for day in starts]
    return Calendar(tuple(starts[:-1]), np.array(edges, np.int64))

"""Periods of a calendar as numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np

from suppilo.analytics.events import Int64
from suppilo.analytics.periods import Every, bucket_start, day_edges, next_bucket, to_local


@dataclass(frozen=True, eq=False)
class Calendar:
    """Days, weeks or months one after the other, in one time zone.

    Attributes
    ----------
    starts
        The first day of each.
    edges
        When each begins, microseconds since 1970 UTC; one more: when the last one ends.
    """

    starts: tuple[date, ...]
    edges: Int64 = field(repr=False)

    @classmethod
    def between(cls, first_us: int, last_us: int, every: Every, timezone: str) -> Calendar:
        """Return the periods that two moments and all between them lie in.

        Raises
        ------
        ValueError
            If they are more than 10,000.
        """
        first, last = (to_local(at_us, timezone).date() for at_us in (first_us, last_us))
        following = next_bucket(bucket_start(last, every), every)
        starts, edges = day_edges(first, following, every, timezone)
        return cls(tuple(starts[:-1]), np.array(edges, np.int64))

    def __len__(self) -> int:
        return len(self.starts)

    def number(self, at: Int64) -> Int64:
        """Return in which period each moment lies, by its place."""
        return np.searchsorted(self.edges, at, "right") - 1


def last_day(start: date, every: Every) -> date:
    """Return the last day of the period that begins on ``start``."""
    return next_bucket(start, every) - timedelta(days=1)

"""What is watched: a figure for each day, and many of them side by side."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]
Bool = NDArray[np.bool_]
Int = NDArray[np.intp]

WEEK = 7


class Kind(StrEnum):
    """What a day's figure is: a count, a sum of amounts, or so many of so many."""

    COUNT = "count"
    SUM = "sum"
    RATE = "rate"


@dataclass(frozen=True, slots=True)
class DailySeries:
    """A figure of each day, day after day.

    Attributes
    ----------
    first_day
        The day of the first value; the next value is the next day's.
    values
        Counts, sums, or how many were so; NaN where a day is not known.
    of
        Of a rate: of how many. None else.
    """

    name: str
    kind: Kind
    first_day: date
    values: Float64 = field(repr=False)
    of: Float64 | None = field(default=None, repr=False)

    @property
    def last_day(self) -> date:
        """The day of the last value."""
        return self.first_day + timedelta(days=len(self.values) - 1)

    def day(self, place: int) -> date:
        """Return the day of a value."""
        return self.first_day + timedelta(days=place)


@dataclass(frozen=True, slots=True)
class Board:
    """Series side by side: one row each, one column for each day.

    Attributes
    ----------
    x, of
        The figure, and what it is out of: 1 but for rates. Both are 0 where a day is not known.
        Where more than half of a rate's are so, ``x`` is those who are not: the rarer of the two
        carries what there is to see.
    flipped
        For which rows that is so.
    is_rate, is_sum
        The kind of each row; as columns, to be spread over days.
    """

    first_day: date
    x: Float64
    of: Float64
    flipped: Bool
    is_rate: Bool
    is_sum: Bool

    @property
    def days(self) -> int:
        """How many days there are."""
        return int(self.x.shape[1])

    @property
    def known(self) -> Bool:
        """Which days have a figure."""
        return self.of > 0

    def weekdays(self) -> Float64:
        """Return for each day (row) which of the seven weekdays (column) it is: 0 or 1."""
        number = (self.first_day.weekday() + np.arange(self.days)) % WEEK
        return np.eye(WEEK)[number]


def lay_out(series: Sequence[DailySeries], skip: Collection[date] = ()) -> Board:
    """Put series side by side on the same days; those to be skipped are not known.

    Days before a series' first figure that is not 0 are not known either: it had not begun.
    """
    first = min(one.first_day for one in series)
    last = max(one.last_day for one in series)
    shape = (len(series), (last - first).days + 1)
    x, of = np.zeros(shape), np.zeros(shape)
    for row, one in enumerate(series):
        start = (one.first_day - first).days
        places = slice(start, start + len(one.values))
        x[row, places], of[row, places] = _figures(one)
    for day in skip:
        if first <= day <= last:
            of[:, (day - first).days] = 0
    x = np.where(of > 0, x, 0)
    is_rate = np.array([[one.kind == Kind.RATE] for one in series])
    flipped = is_rate[:, 0] & (2 * x.sum(axis=1) > of.sum(axis=1))
    x = np.where(flipped[:, None], of - x, x)
    is_sum = np.array([[one.kind == Kind.SUM] for one in series])
    return Board(first, x, of, flipped, is_rate, is_sum)


def _figures(one: DailySeries) -> tuple[Float64, Float64]:
    known = np.isfinite(one.values)
    if one.of is not None:
        known &= np.isfinite(one.of)
    x: Float64 = np.where(known, one.values, 0.0)
    of: Float64 = np.where(known, 1.0 if one.of is None else one.of, 0.0)
    begun = np.maximum.accumulate(x > 0) if one.of is None else of > 0
    return x, np.where(begun, of, 0.0)

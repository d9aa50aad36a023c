"""The periods of goals: days, weeks, months and quarters."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import TypeVar


class Cadence(StrEnum):
    """How long a period is."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"


_MONTHS = {Cadence.MONTH: 1, Cadence.QUARTER: 3}
_DAYS = {Cadence.DAY: 1, Cadence.WEEK: 7}


@dataclass(frozen=True, slots=True)
class Period:
    """A day, a week from Monday, a month or a quarter: ``[starts_on, ends_on)``.

    ``cadence`` is one of :class:`Cadence`.
    """

    cadence: str
    starts_on: date

    @property
    def ends_on(self) -> date:
        """The first day after it."""
        return shift(self, 1).starts_on

    @property
    def last_day(self) -> date:
        """Its last day."""
        return self.ends_on - timedelta(days=1)

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.ends_on - self.starts_on).days

    @property
    def key(self) -> str:
        """Its short name: 2026-11-22, 2026-W47, 2026-11, 2026-Q4."""
        if self.cadence == Cadence.DAY:
            return self.starts_on.isoformat()
        if self.cadence == Cadence.WEEK:
            year, week, _day = self.starts_on.isocalendar()
            return f"{year:04}-W{week:02}"
        if self.cadence == Cadence.MONTH:
            return f"{self.starts_on:%Y-%m}"
        return f"{self.starts_on.year:04}-Q{(self.starts_on.month + 2) // 3}"


P = TypeVar("P", bound=Period)


def first_day(cadence: str, day: date) -> date:
    """Return the first day of the period that a day lies in.

    Examples
    --------
    >>> first_day("quarter", date(2026, 11, 22))
    datetime.date(2026, 10, 1)
    """
    if cadence == Cadence.DAY:
        return day
    if cadence == Cadence.WEEK:
        return day - timedelta(days=day.weekday())
    month = day.month if cadence == Cadence.MONTH else (day.month - 1) // 3 * 3 + 1
    return day.replace(month=month, day=1)


def shift(period: P, by: int) -> P:
    """Return the period so many later, or earlier.

    Raises
    ------
    ValueError, OverflowError
        If it lies outside the calendar.
    """
    first, cadence = period.starts_on, Cadence(period.cadence)
    if cadence in _DAYS:
        return replace(period, starts_on=first + timedelta(days=by * _DAYS[cadence]))
    year, month = divmod(first.year * 12 + first.month - 1 + by * _MONTHS[cadence], 12)
    return replace(period, starts_on=date(year, month + 1, 1))

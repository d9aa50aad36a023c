"""Months and quarters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from django.utils import timezone

from suppilo.apps.quotas.models import Span


@dataclass(frozen=True, slots=True)
class Period:
    """A month or a quarter: ``[starts_on, ends_on)``, in the server's zone."""

    span: Span
    starts_on: date

    @property
    def ends_on(self) -> date:
        """The first day after it."""
        return shift(self, 1).starts_on

    @property
    def start(self) -> datetime:
        """The moment at which it begins."""
        return datetime.combine(self.starts_on, time(), timezone.get_default_timezone())

    @property
    def end(self) -> datetime:
        """The moment at which the next one begins."""
        return datetime.combine(self.ends_on, time(), timezone.get_default_timezone())

    @property
    def key(self) -> str:
        """What addresses call it: 2026-11, 2026-Q4."""
        if self.span == Span.MONTH:
            return f"{self.starts_on:%Y-%m}"
        return f"{self.starts_on.year:04}-Q{(self.starts_on.month + 2) // 3}"

    def share_gone(self, now: datetime) -> float:
        """Return how much of it is over, 0..1."""
        gone = (now - self.start) / (self.end - self.start)
        return min(max(gone, 0.0), 1.0)


def period_of(span: Span, day: date) -> Period:
    """Return the period that a day lies in."""
    month = day.month if span == Span.MONTH else (day.month - 1) // 3 * 3 + 1
    return Period(span, day.replace(month=month, day=1))


def shift(period: Period, by: int) -> Period:
    """Return the period so many later, or earlier.

    Raises
    ------
    ValueError
        If it lies outside the calendar.
    """
    months = 1 if period.span == Span.MONTH else 3
    first = period.starts_on
    year, month = divmod(first.year * 12 + first.month - 1 + by * months, 12)
    return Period(period.span, date(year, month + 1, 1))


def read_period(text: str) -> Period:
    """Return the period that a key names.

    Raises
    ------
    ValueError
        If it is none between 1970 and 2200.
    """
    year, _dash, rest = text.partition("-")
    if not (text.isascii() and year.isdigit() and 1970 <= int(year) <= 2200):
        raise ValueError(f"{text!r} is no period")
    if rest.startswith("Q") and rest[1:] in {"1", "2", "3", "4"}:
        return Period(Span.QUARTER, date(int(year), int(rest[1:]) * 3 - 2, 1))
    if not (rest.isdigit() and 1 <= int(rest) <= 12):
        raise ValueError(f"{text!r} is no period")
    return Period(Span.MONTH, date(int(year), int(rest), 1))


def periods_of_year(span: Span, year: int) -> list[Period]:
    """Return a year's periods in order."""
    months = range(1, 13) if span == Span.MONTH else range(1, 13, 3)
    return [Period(span, date(year, month, 1)) for month in months]

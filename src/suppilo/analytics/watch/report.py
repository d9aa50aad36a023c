"""What is told of a watched figure: breaks, in its own unit, with when they began and ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from suppilo.analytics.watch.scan import LEAST_DAYS, LEAST_SUM
from suppilo.analytics.watch.series import DailySeries, Float64


class Change(StrEnum):
    """What kind of break it is: a new level, a steady rise or fall, or a single day."""

    LEVEL = "level"
    TREND = "trend"
    SPIKE = "spike"


class Verdict(StrEnum):
    """Whether a figure can be watched, and why not."""

    READY = "ready"
    SHORT = "too_little_history"
    SPARSE = "too_few"


class Ending(StrEnum):
    """How a break ended: another one came, it became usual, or the day passed."""

    NONE = ""
    BREAK = "break"
    USUAL = "usual"
    PASSED = "passed"


@dataclass(frozen=True, slots=True)
class Side:
    """A figure of a mean day, with its 95 % interval."""

    value: float
    lower: float
    upper: float

    def to_dict(self) -> dict[str, float]:
        """Return the JSON form."""
        return {"value": self.value, "lower": self.lower, "upper": self.upper}


@dataclass(frozen=True, slots=True)
class Finding:
    """One break of a figure.

    Attributes
    ----------
    first_day, found_day
        The first day that differs, as far as can be told, and the day that showed it.
    since_day
        The first day of what it is compared with.
    before, after
        The mean day before and since: a count, a sum, or a rate 0..1. Of a trend ``after`` is the
        last week; of a spike ``before`` is what was to be expected, and ``after`` what came.
    after_days
        The first and the last day that ``after`` is of; ``before`` is of the days from
        ``since_day`` until ``first_day``. None where it was found by an earlier version.
    score
        Standard deviations, below 0 for a fall; ``limit`` is what it had to pass.
    phi
        How much sums of days scatter more than Poisson counts would.
    weekly
        Of a trend: what a week adds, as a share of ``before``, with its range.
    ended_day, ending
        When and how it was over; None and empty while it is not.
    is_seasonal
        Whether the same change came a year before.
    has_year_before
        Whether the days of a year before are known: without them a season looks like a change.
    """

    change: Change
    first_day: date
    found_day: date
    since_day: date
    before: Side
    after: Side
    score: float
    limit: float
    phi: float = 1.0
    weekly: Side | None = None
    ended_day: date | None = None
    ending: Ending = Ending.NONE
    is_seasonal: bool = False
    has_year_before: bool = True
    after_days: tuple[date, date] | None = None

    @property
    def is_open(self) -> bool:
        """Whether it is not over."""
        return self.ended_day is None

    @property
    def share(self) -> float | None:
        """By which share of what was before the figure changed; None from nothing."""
        return self.after.value / self.before.value - 1 if self.before.value else None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "change": str(self.change), "first_day": self.first_day.isoformat(),
            "found_day": self.found_day.isoformat(), "since_day": self.since_day.isoformat(),
            "before": self.before.to_dict(), "after": self.after.to_dict(),
            "share": self.share, "score": self.score, "limit": self.limit,
            "weekly": self.weekly and self.weekly.to_dict(),
            "ended_day": self.ended_day and self.ended_day.isoformat(),
            "ending": str(self.ending) or None, "has_year_before": self.has_year_before,
            "after_days": self.after_days and [day.isoformat() for day in self.after_days],
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Watched:
    """A watched figure, what was usual of each of its days, and its breaks.

    Attributes
    ----------
    findings, seasonal
        Breaks to be told, and those that came a year before as well.
    expected, lower, upper
        What each day was expected to be, and between what 95 of 100 days lie; NaN where there was
        too little history to say.
    shape
        Each day's share of what is usual: its weekday's factor times what it is out of, 0 where
        a day is not known.
    known_days
        How many days have a figure.
    total
        What came in the last 18 weeks.
    """

    series: DailySeries
    verdict: Verdict
    known_days: int
    total: float
    findings: tuple[Finding, ...]
    seasonal: tuple[Finding, ...]
    expected: Float64 = field(repr=False)
    lower: Float64 = field(repr=False)
    upper: Float64 = field(repr=False)
    shape: Float64 = field(repr=False)

    def place(self, day: date) -> int:
        """Return a day's place among the values."""
        return (day - self.series.first_day).days

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "name": self.series.name, "kind": str(self.series.kind), "verdict": str(self.verdict),
            "first_day": self.series.first_day.isoformat(),
            "last_day": self.series.last_day.isoformat(), "known_days": self.known_days,
            "total": self.total, "findings": [one.to_dict() for one in self.findings],
            "seasonal": [one.to_dict() for one in self.seasonal],
        }  # fmt: skip


def too_little(found: Watched) -> tuple[int, int]:
    """Return how much there is, and how much it takes: of days, or in all."""
    if found.verdict == Verdict.SHORT:
        return found.known_days, LEAST_DAYS
    return int(found.total), LEAST_SUM

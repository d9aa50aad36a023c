"""Days in a row, and what came on each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from suppilo.analytics.events import Bool, Int64
from suppilo.analytics.goals.passage import Passage, measure_passage
from suppilo.analytics.goals.rhythm import Float64
from suppilo.analytics.periods import day_edges, find_timezone, to_local, to_microseconds

DAY_US = 86_400_000_000
PASSAGE_DAYS = 365
"""How long the way takes is taken from those who began within so many days."""
_LEAST_DAYS, _BEFORE_DAYS = 460, 90


@dataclass(frozen=True, eq=False)
class Days:
    """Days of a time zone, from ``first`` to today; ``edges`` are their midnights.

    ``edges`` has one more entry than there are days: the midnight after today. ``now_us`` is the
    moment of observation: what is dated later is not there.
    """

    first: date
    edges: Int64 = field(repr=False)
    now_us: int
    zone: str = "UTC"

    def __len__(self) -> int:
        """Return how many days there are."""
        return len(self.edges) - 1

    @property
    def start_us(self) -> int:
        """The moment at which the first day begins."""
        return int(self.edges[0])

    def midnight(self, day: date) -> int:
        """Return the moment at which a day begins; also of days before, and to come."""
        begin = datetime(day.year, day.month, day.day, tzinfo=find_timezone(self.zone))
        return to_microseconds(begin)

    def number(self, day: date) -> int:
        """Return a day's number, from 0; of days outside what it would be."""
        return (day - self.first).days

    def count(self, at: Int64, weights: Float64 | None = None) -> Float64:
        """Return how many moments, or what they weigh, fall on each day."""
        place = np.searchsorted(self.edges, at, side="right") - 1
        inside = (place >= 0) & (place < len(self)) & (at <= self.now_us)
        chosen = None if weights is None else weights[inside]
        return np.bincount(place[inside], chosen, len(self)).astype(np.float64)

    def spread(self, rows: list[tuple[date, Any, int]]) -> tuple[Float64, Float64]:
        """Return counts and values by day of rows of day, value and count."""
        counts, values = np.zeros(len(self)), np.zeros(len(self))
        for day, value, count in rows:
            place = self.number(day)
            if 0 <= place < len(self):
                counts[place] += count
                values[place] += float(value)
        return counts, values


def find_first(today: date, starts: Iterable[date]) -> date:
    """Return the first day that goals need whose earliest periods start so.

    A year of those on their way and 12 weeks before that, and what is usual before each period.
    """
    least = today - timedelta(days=_LEAST_DAYS)
    return min([least, *(day - timedelta(days=_BEFORE_DAYS) for day in starts)])


def make_days(first: date, now_us: int, zone: str) -> Days:
    """Return the days from one to that of the moment of observation.

    Raises
    ------
    ValueError, OverflowError
        If they are more than 10,000, or leave the calendar.
    """
    after = to_local(now_us, zone).date() + timedelta(days=1)
    _starts, edges = day_edges(first, after, "day", zone)
    return Days(first, np.array(edges, np.int64), now_us, zone)


@dataclass(frozen=True, eq=False)
class Way:
    """Those who began the way to what is counted.

    Attributes
    ----------
    started
        When each began, microseconds since 1970 UTC.
    days
        How long each was watched: to the end of the way, or until now.
    ended
        1: got there; 2: left for good; 0: still under way.
    value
        What each counts for: 1, or an amount.
    """

    started: Int64
    days: Float64
    ended: Int64
    value: Float64

    def take(self, chosen: Bool) -> Way:
        """Return some of them."""
        return Way(self.started[chosen], self.days[chosen], self.ended[chosen], self.value[chosen])

    def measure(self, now_us: int) -> Passage | None:
        """Return how long the way takes; None where too few have gone it."""
        recent = self.take(self.started >= now_us - PASSAGE_DAYS * DAY_US)
        return measure_passage(recent.days, recent.ended)


def make_way(started: Int64, there: Int64, left: Int64, value: Float64, now_us: int) -> Way:
    """Return the ways of some who began.

    Parameters
    ----------
    there, left
        When each got there, and left for good; -1: not so far. Who got there has not left.
    """
    got = (there >= 0) & (there <= now_us)
    gone = ~got & (left >= 0) & (left <= now_us)
    until = np.where(got, there, np.where(gone, left, now_us))
    days = np.maximum(until - started, 0) / DAY_US
    ended = np.where(got, 1, np.where(gone, 2, 0)).astype(np.int64)
    began = started <= now_us
    return Way(started, days, ended, value).take(began)


@dataclass(frozen=True, eq=False)
class Facts:
    """What is known of an aim.

    Attributes
    ----------
    counts, values
        By day how many came, and what they are worth; of counts the same twice. Of a conversion
        how many entered.
    way
        Those on their way to it; None where nothing is known of those who come.
    passage
        How long the way takes; ``is_borrowed`` where it is everybody's, as too few of the aim's
        own have gone it.
    failure
        Why it can't be counted, in words; empty where it can.
    """

    counts: Float64
    values: Float64
    way: Way | None = None
    passage: Passage | None = None
    is_borrowed: bool = False
    failure: str = ""


def nothing(days: Days, failure: str = "") -> Facts:
    """Return the facts of what never came."""
    return Facts(np.zeros(len(days)), np.zeros(len(days)), failure=failure)

"""Arithmetic with working time: what a service level is counted in.

A moment is working time where a clock on the wall of the place shows one of the weekday's spans,
on a date that is not off. So an hour that a change of the clocks leaves out is nobody's, and one
that it gives twice counts twice.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

Span = tuple[int, int]
"""From and until, in minutes since midnight, 0 to 1,440."""

_STEP = timedelta(hours=6)
"""No place on earth has changed its clocks twice within so short a time."""
_SECOND = timedelta(seconds=1)
_DAY_MIN = 24 * 60
LOOK_AHEAD = timedelta(days=1100)


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """Somebody's hours of work.

    Attributes
    ----------
    zone
        Where the clock hangs.
    week
        The spans of each weekday, Monday first.
    days_off
        Dates on which nobody works.
    """

    zone: ZoneInfo
    week: Sequence[Sequence[Span]]
    days_off: Container[date] = field(default=frozenset())

    def is_working(self, at: datetime) -> bool:
        """Return whether a moment is working time."""
        local = at.astimezone(self.zone)
        minute = local.hour * 60 + local.minute
        return any(start <= minute < end for start, end in self._spans(local.date()))

    def next_working(self, at: datetime) -> datetime | None:
        """Return the first working moment from then on; None where there is none in three years."""
        return next((max(start, at) for start, _end in self.intervals(at)), None)

    def add(self, start: datetime, minutes: int) -> datetime | None:
        """Return when so many minutes of work have passed since a moment.

        None where they don't pass within three years.
        """
        left = timedelta(minutes=minutes)
        for since, until in self.intervals(start):
            if until - since >= left:
                return since + left
            left -= until - since
        return None

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Return the working time from one moment to another; none where the end comes first."""
        worked = timedelta()
        for since, until in self.intervals(start, end):
            worked += until - since
        return worked

    def intervals(
        self, start: datetime, end: datetime | None = None
    ) -> Iterator[tuple[datetime, datetime]]:
        """Yield the pieces of working time from a moment on, in order, as times in UTC.

        Without an end they go on for three years.
        """
        start = start.astimezone(UTC)
        end = start + LOOK_AHEAD if end is None else end.astimezone(UTC)
        for since, until, offset in self._even_pieces(start, end):
            yield from self._of_piece(since, until, offset)

    def _of_piece(
        self, since: datetime, until: datetime, offset: timedelta
    ) -> Iterator[tuple[datetime, datetime]]:
        """Yield the working time of a piece in which the clocks are not changed."""
        day, last = (since + offset).date(), (until + offset).date()
        while day <= last:
            midnight = datetime(day.year, day.month, day.day, tzinfo=UTC) - offset
            for start_min, end_min in self._spans(day):
                start = max(since, midnight + timedelta(minutes=start_min))
                end = min(until, midnight + timedelta(minutes=end_min))
                if start < end:
                    yield start, end
            day += timedelta(days=1)

    def _even_pieces(
        self, start: datetime, end: datetime
    ) -> Iterator[tuple[datetime, datetime, timedelta]]:
        """Split a time where the clocks are changed; yield the pieces with their offsets."""
        since, offset = start, self._offset(start)
        at = start
        while at < end:
            following = min(at + _STEP, end)
            if self._offset(following) != offset:
                change = self._find_change(at, following)
                yield since, change, offset
                since, offset = change, self._offset(change)
            at = following
        if since < end:
            yield since, end, offset

    def _find_change(self, before: datetime, after: datetime) -> datetime:
        """Return the first second with another offset than ``before`` has."""
        offset = self._offset(before)
        low, high = before.replace(microsecond=0), after.replace(microsecond=0) + _SECOND
        while high - low > _SECOND:
            middle = low + (high - low) // (2 * _SECOND) * _SECOND
            if self._offset(middle) == offset:
                low = middle
            else:
                high = middle
        return high

    def _offset(self, at: datetime) -> timedelta:
        return at.astimezone(self.zone).utcoffset() or timedelta()

    def _spans(self, day: date) -> Sequence[Span]:
        return () if day in self.days_off else self.week[day.weekday()]


def read_span(start: str, end: str) -> Span:
    """Return a span written as two times of day, ``09:00`` and ``17:30``.

    Raises
    ------
    ValueError
        If one is no time of day, or the end does not come after the start.
    """
    found = (_minute(start), _minute(end))
    if found[0] >= found[1]:
        raise ValueError(f"{start} is no time before {end}")
    return found


def _minute(text: str) -> int:
    hour, colon, minute = text.strip().partition(":")
    if not (colon and _is_number(hour) and _is_number(minute)):
        raise ValueError(f"{text!r} is no time of day")
    found = int(hour) * 60 + int(minute)
    if int(minute) > 59 or found > _DAY_MIN:
        raise ValueError(f"{text!r} is no time of day")
    return found


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 2

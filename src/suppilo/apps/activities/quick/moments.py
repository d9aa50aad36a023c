"""Days, times and durations as people type them. Nothing here raises: what is no day is None."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils.formats import get_format

from suppilo.apps.activities.quick.words import words_in_use

_ISO = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_DOTTED = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4}|[0-9]{2})?")
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})")
_HALF_CLOCK = re.compile(r"([0-9]{1,2})(?::([0-9]{2}))?(am|pm)")
_MINUTES = re.compile(r"([0-9]{1,4})(?:m|min|mins|minutes?)")
_HOURS = re.compile(r"([0-9]{1,2})(?:h|hours?)(?:([0-9]{1,2})(?:m|min)?)?")
_COUNT = re.compile(r"[0-9]{1,4}")
_DAY_OF_MONTH = re.compile(r"([0-9]{1,2})\.?")
_LONGEST_MIN = 24 * 60
_LEAP_CYCLE = 9


@dataclass(frozen=True, slots=True)
class Found:
    """What some words mean: a day, a time of the day, a duration; and how many words it took."""

    words: int
    day: date | None = None
    clock: time | None = None
    duration_min: int | None = None


def read_moment(words: Sequence[str], now: datetime, *, is_past: bool = False) -> Found | None:
    """Return what the first words of a text say of when, or None.

    Parameters
    ----------
    words
        In lower case, without the punctuation after them.
    now
        The local time.
    is_past
        Of something that was done: a day without a year is the last one, not the next one.
    """
    readers = (_read_day, _read_clock, _read_duration, _read_from_now)
    try:
        return next(filter(None, (read(words, now, is_past) for read in readers)), None)
    except (OverflowError, ValueError):  # A day that no calendar has.
        return None


def _read_day(words: Sequence[str], now: datetime, is_past: bool) -> Found | None:
    known = words_in_use()
    skip = 1 if words[0] in known.before_day and len(words) > 1 else 0
    word, after = words[skip], words[skip + 1 : skip + 2]
    if word in known.coming and after:
        day = _next(after[0], now.date())
        return Found(skip + 2, day=day) if day else None
    number = _DAY_OF_MONTH.fullmatch(word)
    month = known.months.get(after[0]) if after else None
    if number and month:
        day = _nearest_year(int(number[1]), month, now.date(), is_past)
        return Found(skip + 2, day=day) if day else None
    day = _named_day(word, now.date(), is_past) or _written_day(word, now.date(), is_past)
    return Found(skip + 1, day=day) if day else None


def _named_day(word: str, today: date, is_past: bool) -> date | None:
    known = words_in_use()
    near = known.near.get(word)
    if near is not None:
        return today + timedelta(days=near)
    weekday = known.weekdays.get(word)
    if weekday is None:
        return None
    if is_past:
        return today - timedelta(days=(today.weekday() - weekday - 1) % 7 + 1)
    return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)


def _next(word: str, today: date) -> date | None:
    """Return the day of next week that ``next friday`` means; ``next week`` is its Monday."""
    known = words_in_use()
    weekday = 0 if word in known.week else known.weekdays.get(word)
    if weekday is None:
        return None
    return today + timedelta(days=7 - today.weekday() + weekday)


def _written_day(word: str, today: date, is_past: bool) -> date | None:
    if iso := _ISO.fullmatch(word):
        return date(*map(int, iso.groups()))
    dotted = _DOTTED.fullmatch(word)
    if not dotted:
        return _local_day(word)
    day, month = int(dotted[1]), int(dotted[2])
    if dotted[3]:
        year = int(dotted[3])
        return date(year + 2000 if year < 100 else year, month, day)
    return _nearest_year(day, month, today, is_past)


def _local_day(word: str) -> date | None:
    """Read a day with its year in one of the forms of the language in use."""
    if not word[:1].isdigit():
        return None
    for form in get_format("DATE_INPUT_FORMATS"):
        try:
            return datetime.strptime(word, str(form)).date()  # noqa: DTZ007  (a day has no zone)
        except ValueError:
            continue
    return None


def _nearest_year(day: int, month: int, today: date, is_past: bool) -> date | None:
    for years in range(_LEAP_CYCLE):
        try:
            found = date(today.year + (-years if is_past else years), month, day)
        except ValueError:  # 29 February is not in every year.
            continue
        if (found <= today) if is_past else (found >= today):
            return found
    return None


def _read_clock(words: Sequence[str], now: datetime, is_past: bool) -> Found | None:
    del now, is_past
    skip = 1 if words[0] in words_in_use().before_time and len(words) > 1 else 0
    word = words[skip]
    if clock := _CLOCK.fullmatch(word):
        return Found(skip + 1, clock=time(int(clock[1]), int(clock[2])))
    half = _HALF_CLOCK.fullmatch(word)
    if half and 1 <= int(half[1]) <= 12:
        hour = int(half[1]) % 12 + (12 if half[3] == "pm" else 0)
        return Found(skip + 1, clock=time(hour, int(half[2] or 0)))
    return None


def _read_duration(words: Sequence[str], now: datetime, is_past: bool) -> Found | None:
    del now, is_past
    known = words_in_use()
    skip = 1 if words[0] in known.before_duration and len(words) > 1 else 0
    word, after = words[skip], words[skip + 1 : skip + 2]
    if _COUNT.fullmatch(word) and after and after[0] in known.minutes_of:
        return _duration(skip + 2, int(word) * known.minutes_of[after[0]])
    if minutes := _MINUTES.fullmatch(word):
        return _duration(skip + 1, int(minutes[1]))
    if hours := _HOURS.fullmatch(word):
        return _duration(skip + 1, int(hours[1]) * 60 + int(hours[2] or 0))
    return None


def _duration(words: int, minutes: int) -> Found | None:
    return Found(words, duration_min=minutes) if 0 < minutes <= _LONGEST_MIN else None


def _read_from_now(words: Sequence[str], now: datetime, is_past: bool) -> Found | None:
    """Read ``in 3 days``, ``in a week``, ``in 2 hours``."""
    known = words_in_use()
    if is_past or len(words) < 3 or words[0] not in known.within:
        return None
    count = 1 if words[1] in known.one else _whole(words[1])
    if count is None:
        return None
    if words[2] in known.days_of:
        return Found(3, day=now.date() + timedelta(days=count * known.days_of[words[2]]))
    if words[2] in known.minutes_of:
        later = now + timedelta(minutes=count * known.minutes_of[words[2]])
        return Found(3, day=later.date(), clock=later.time().replace(second=0, microsecond=0))
    return None


def _whole(word: str) -> int | None:
    return int(word) if _COUNT.fullmatch(word) else None

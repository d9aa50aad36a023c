"""Dates of entry that move with the calendar: the last 30 days, this month."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from suppilo.analytics.periods import find_timezone, to_local, to_microseconds

PRESETS = ("7d", "30d", "90d", "12m", "this_month", "last_month", "this_year")

_DAYS: Mapping[str, int] = {"7d": 7, "30d": 30, "90d": 90}


def preset_bounds(preset: str, now_us: int, timezone: str) -> tuple[int, int]:
    """Return the bounds ``[from, to)`` of named dates, microseconds since 1970 UTC.

    Days are those of the calendar in ``timezone``; the last one is today, whole.

    Raises
    ------
    ValueError
        If there are no dates of this name.
    """
    today = to_local(now_us, timezone).date()
    first, end = _days(preset, today)
    return _midnight(first, timezone), _midnight(end, timezone)


def _days(preset: str, today: date) -> tuple[date, date]:
    tomorrow, month = today + timedelta(days=1), today.replace(day=1)
    if preset in _DAYS:
        return tomorrow - timedelta(days=_DAYS[preset]), tomorrow
    if preset == "12m":
        return month_before(month, 11), tomorrow
    if preset == "this_month":
        return month, tomorrow
    if preset == "last_month":
        return month_before(month, 1), month
    if preset == "this_year":
        return today.replace(month=1, day=1), tomorrow
    raise ValueError(f"{preset!r} are no dates; there are {', '.join(PRESETS)}")


def month_before(month: date, months: int) -> date:
    """Return the first day of the month so many months before the one that ``month`` begins."""
    number = month.year * 12 + month.month - 1 - months
    return date(number // 12, number % 12 + 1, 1)


def _midnight(day: date, timezone: str) -> int:
    moment = datetime(day.year, day.month, day.day, tzinfo=find_timezone(timezone))
    return to_microseconds(moment)


def period_before(from_us: int, to_us: int, timezone: str) -> tuple[int, int]:
    """Return the period of the same length that ends where ``[from, to)`` begins.

    Whole months are compared with as many months, whole days with as many days, whatever their
    length; any other period with as much time.
    """
    start, end = to_local(from_us, timezone), to_local(to_us, timezone)
    if any(moment.time() != moment.time().min for moment in (start, end)):
        return 2 * from_us - to_us, from_us
    if start.day == end.day == 1:
        months = (end.year - start.year) * 12 + end.month - start.month
        return _midnight(month_before(start.date(), months), timezone), from_us
    return _midnight(start.date() - (end.date() - start.date()), timezone), from_us

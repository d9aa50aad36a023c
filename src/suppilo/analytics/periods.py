"""Lengths of time as people write them, and calendar buckets.

Times inside Suppilo are whole microseconds since 1970-01-01 UTC (``int64``), the resolution of
the event tables; ``*_us`` in a name says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

Every = Literal["day", "week", "month"]

MICROSECOND = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_UNITS_US = {
    "s": 1_000_000,
    "m": 60_000_000,
    "h": 3_600_000_000,
    "d": 86_400_000_000,
    "w": 604_800_000_000,
}
# 1M is refused: it could mean a month.
_SHORT = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdwSHDW])")
_ISO = re.compile(
    r"P(?:(?P<w>\d+(?:\.\d+)?)W)?(?:(?P<d>\d+(?:\.\d+)?)D)?"
    r"(?:T(?:(?P<h>\d+(?:\.\d+)?)H)?(?:(?P<m>\d+(?:\.\d+)?)M)?(?:(?P<s>\d+(?:\.\d+)?)S)?)?"
)
MAX_DURATION_US = 100 * 366 * _UNITS_US["d"]
MAX_BUCKETS = 10_000


def parse_duration(text: str) -> int:
    """Return the microseconds in ``30s``, ``15m``, ``8h``, ``7d``, ``2w`` or ISO 8601 ``P1DT2H``.

    Months and years are refused: their length depends on the calendar, a window's does not.

    Raises
    ------
    ValueError
        If the text is no such duration, is negative, or is longer than 100 years.

    Examples
    --------
    >>> parse_duration("7d") == parse_duration("P7D") == parse_duration("1w")
    True
    """
    cleaned = text.strip()
    if found := _SHORT.fullmatch(cleaned):
        total = float(found[1]) * _UNITS_US[found[2].lower()]
    else:
        iso = _ISO.fullmatch(cleaned.upper())
        if iso is None or cleaned.upper() in {"P", "PT"} or cleaned.upper().endswith("T"):
            raise ValueError(
                f"{text!r} is not a duration; write 30s, 15m, 8h, 7d, 2w or ISO 8601 like P1DT12H"
            )
        total = sum(float(n) * _UNITS_US[unit] for unit, n in iso.groupdict().items() if n)
    if total > MAX_DURATION_US:
        raise ValueError(f"{text!r} is longer than 100 years; leave the window out for no limit")
    return round(total)


def format_duration(length_us: int) -> str:
    """Return text that :func:`parse_duration` reads back as the same length, in the largest unit.

    Examples
    --------
    >>> format_duration(1_209_600_000_000)
    '14d'
    """
    for unit in ("d", "h", "m", "s"):
        if length_us and length_us % _UNITS_US[unit] == 0:
            return f"{length_us // _UNITS_US[unit]}{unit}"
    return f"PT{length_us / 1_000_000:.6f}".rstrip("0").rstrip(".") + "S"


def find_timezone(name: str) -> ZoneInfo:
    """Return the time zone of an IANA name such as ``Europe/Riga``.

    Raises
    ------
    ValueError
        If there is no such zone.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(
            f"{name!r} is not a time zone; write an IANA name such as Europe/Riga or UTC"
        ) from error


def parse_moment(text: str, timezone: str) -> int:
    """Return a date or time as microseconds since 1970 UTC.

    A date is its first moment, and a time without an offset is read, in ``timezone``.

    Raises
    ------
    ValueError
        If the text is neither an ISO 8601 date nor an ISO 8601 time, or not of the years 1 to 9999
        in UTC.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise ValueError(
            f"{text!r} is not a date or time; write 2026-01-31 or 2026-01-31T18:00:00+02:00"
        ) from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=find_timezone(timezone))
    try:
        return to_microseconds(moment.astimezone(UTC))
    except OverflowError as error:
        raise ValueError(f"{text!r} lies outside the years 1 to 9999 in UTC") from error


def to_microseconds(moment: datetime) -> int:
    """Return an aware moment as microseconds since 1970 UTC, exactly."""
    return (moment - EPOCH) // MICROSECOND


def to_local(at_us: int, timezone: str) -> datetime:
    """Return microseconds since 1970 UTC as a moment in ``timezone``.

    Where the local calendar would leave the years 1 to 9999, the moment stays in UTC.
    """
    moment = EPOCH + timedelta(microseconds=at_us)
    try:
        return moment.astimezone(find_timezone(timezone))
    except OverflowError:
        return moment


def format_moment(at_us: int, timezone: str = "UTC") -> str:
    """Return microseconds since 1970 UTC as ISO 8601 text in ``timezone``; see :func:`to_local`.

    Examples
    --------
    >>> format_moment(0, "Europe/Riga")
    '1970-01-01T03:00:00+03:00'
    """
    return to_local(at_us, timezone).isoformat()


def to_midnight(day: date, zone: ZoneInfo) -> int:
    """Return when a day begins in a time zone, as microseconds since 1970 UTC."""
    return to_microseconds(datetime(day.year, day.month, day.day, tzinfo=zone))


def bucket_start(day: date, every: Every) -> date:
    """Return the first day of the day, week (from Monday) or month that ``day`` is in."""
    if every == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if every == "month" else day


def next_bucket(start: date, every: Every) -> date:
    """Return the first day of the bucket after the one that begins on ``start``."""
    if every == "month":
        return (start.replace(day=1) + timedelta(days=32)).replace(day=1)
    return start + timedelta(days=7 if every == "week" else 1)


def day_edges(first: date, last: date, every: Every, timezone: str) -> tuple[list[date], list[int]]:
    """Return the buckets from ``first`` to ``last`` and the moment at which each begins, in UTC.

    A bucket begins at local midnight, so a day has 23 or 25 hours where clocks change.

    Raises
    ------
    ValueError
        If there would be more than 10,000 buckets.
    """
    zone = find_timezone(timezone)
    starts: list[date] = []
    edges_us: list[int] = []
    for start in _bucket_starts(first, last, every):
        if len(starts) == MAX_BUCKETS:
            raise ValueError(
                f"from {first} to {last} there are more than {MAX_BUCKETS:,} {every}s; take a "
                "longer unit, or fewer dates of entry"
            )
        starts.append(start)
        edges_us.append(to_midnight(start, zone))
    return starts, edges_us


def _bucket_starts(first: date, last: date, every: Every) -> Iterator[date]:
    start = bucket_start(first, every)
    while start <= last:
        yield start
        try:
            start = next_bucket(start, every)
        except OverflowError:  # the calendar ends with year 9999
            return

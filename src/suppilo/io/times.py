"""Times as files write them, to microseconds since 1970 UTC."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from suppilo.io.zones import FIRST_US, LAST_US, localize

_ISO = r"^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)?"
_NAIVE = _ISO + "$"
_ZONED = _ISO.removesuffix("?") + r"(?:Z|[+-]\d{2}(?::?\d{2})?)$"
_NUMBER = r"^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$"
_LOCAL = (
    r"^(?P<a>\d{1,2})(?P<sign>[./-])(?P<b>\d{1,2})[./-](?P<year>\d{4})"
    r"(?:[T ,]+(?P<hour>\d{1,2}):(?P<minute>\d{2})"
    r"(?::(?P<second>\d{2})(?:\.(?P<micro>\d{1,6}))?)?)?"
    r"(?P<noon> ?[AaPp]\.?[Mm]\.?)?$"
)
_MONTH_NAMES = ("%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%d-%b-%Y", "%d/%b/%Y")
_CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
_LOOKS = re.compile(
    r"\d{4}[-/]\d{1,2}[-/]\d{1,2}|\d{1,2}[./-]\d{1,2}[./-]\d{4}|\d{9,19}(\.\d+)?$"
    r"|(19|20)\d\d(0[1-9]|1[0-2])([0-2]\d|3[01])$"
    r"|(\w{3}, )?\d{1,2}[ -/][A-Za-z]{3,9}[ -/]\d{4}|[A-Za-z]{3,9} \d{1,2}, \d{4}"
)

_SECOND = 1_000_000
_DAY = 86_400 * _SECOND


class NaiveTimesError(ValueError):
    """Times without a time zone, and no zone was given to read them in."""


class AmbiguousDateError(ValueError):
    """A date such as 03/04/2025, and nothing says which part is the day."""


@dataclass(frozen=True, slots=True)
class TimeRule:
    """How to read times that leave something open."""

    zone: ZoneInfo | None
    dayfirst: bool | None = None


@dataclass(frozen=True, slots=True)
class ParsedTimes:
    """Times in microseconds since 1970 UTC; where ``valid`` is False the number means nothing.

    ``doubled`` counts local times that clocks showed twice (the earlier is taken), ``skipped``
    those that they never showed (moved forward by the gap).
    """

    us: NDArray[np.int64]
    valid: NDArray[np.bool_]
    doubled: int = 0
    skipped: int = 0


def looks_like_time(text: str) -> bool:
    """Return whether a text has the form of a time; small numbers have not."""
    return _LOOKS.match(text.strip()) is not None


def parse_times(values: pa.Array, rule: TimeRule) -> ParsedTimes:
    """Return the times in a column of text, numbers, dates or timestamps.

    Text may be ISO 8601, ``31.12.2025 23:59``, ``12/31/2025``, RFC 2822, or a Unix time; Unix
    times are seconds, milli-, micro- or nanoseconds by their size; eight digits are YYYYMMDD.

    Raises
    ------
    NaiveTimesError
        If a time has no offset and the rule no zone; the message is the first such value.
    AmbiguousDateError
        If day and month can't be told apart; the message is the first such value.
    """
    kind = values.type
    if pa.types.is_null(kind) or not len(values):
        return _nothing(len(values))
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return _finish(*_parse_stamps(values), rule, values)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _finish(*_parse_numbers(values), rule, values)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _parse_text(values, rule)
    return _nothing(len(values))


def _nothing(count: int) -> ParsedTimes:
    return ParsedTimes(np.zeros(count, np.int64), np.zeros(count, np.bool_))


def _finish(
    us: NDArray[np.int64],
    valid: NDArray[np.bool_],
    naive: NDArray[np.bool_],
    rule: TimeRule,
    values: pa.Array,
) -> ParsedTimes:
    """Give naive times their zone, and refuse what lies outside the years 1 to 9999 UTC."""
    naive &= valid
    doubled = skipped = 0
    if naive.any():
        if rule.zone is None:
            raise NaiveTimesError(str(values[int(naive.argmax())].as_py()))
        us = us.copy()
        us[naive], doubled, skipped = localize(us[naive], rule.zone)
    valid = valid & (us >= FIRST_US) & (us <= LAST_US)
    return ParsedTimes(us, valid, doubled, skipped)


def _to_us(values: pa.Array) -> NDArray[np.int64]:
    numbers = pc.fill_null(values.cast(pa.int64()), 0)
    return np.asarray(numbers.to_numpy(zero_copy_only=False), np.int64)


def _is_valid(values: pa.Array) -> NDArray[np.bool_]:
    return np.array(pc.is_valid(values).to_numpy(zero_copy_only=False), np.bool_)


def _parse_stamps(values: pa.Array) -> tuple[Any, Any, Any]:
    zone = getattr(values.type, "tz", None)
    stamps = values.cast(pa.timestamp("us", zone), safe=False)
    valid = _is_valid(values)
    return _to_us(stamps), valid, np.full(len(values), zone is None)


def _parse_numbers(values: pa.Array) -> tuple[Any, Any, Any]:
    """Read Unix times, and eight digits as a date."""
    valid = _is_valid(values)
    if pa.types.is_integer(values.type):
        us, fits = _scale_integers(_to_us(values.cast(pa.int64(), safe=False)))
    else:
        floats = pc.fill_null(values.cast(pa.float64()), np.nan)
        us, fits = _scale_floats(np.asarray(floats.to_numpy(zero_copy_only=False), np.float64))
    dates, is_date = _compact_dates(us)
    return np.where(is_date, dates, us), valid & fits, is_date


def _scale_integers(numbers: NDArray[np.int64]) -> tuple[NDArray[np.int64], Any]:
    size = np.abs(numbers)
    scaled = np.where(
        size < 10**11,
        np.where(size < 10**11, numbers, 0) * _SECOND,
        np.where(
            size < 10**14,
            np.where(size < 10**14, numbers, 0) * 1000,
            np.where(size < 10**17, numbers, numbers // 1000),
        ),
    )
    return scaled, size >= 0


def _scale_floats(numbers: NDArray[np.float64]) -> tuple[NDArray[np.int64], Any]:
    finite = np.isfinite(numbers) & (np.abs(numbers) < 2**63)
    numbers = np.where(finite, numbers, 0.0)
    size = np.abs(numbers)
    factor = np.select([size < 1e11, size < 1e14, size < 1e17], [1e6, 1e3, 1.0], 1e-3)
    return np.rint(numbers * factor).astype(np.int64), finite


def _compact_dates(us: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Read 20251231, which as a Unix time would be some day of August 1970, as a date."""
    number = us // _SECOND
    in_range = (number >= 1900_01_01) & (number <= 2199_12_31) & (us % _SECOND == 0)
    if not in_range.any():
        return us, in_range
    dates, fits = _civil_us(number // 10000, number // 100 % 100, number % 100)
    return dates, in_range & fits


def _civil_us(year: Any, month: Any, day: Any) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return midnight of civil dates as naive microseconds, and which of the dates exist."""
    fits = (year >= 1) & (year <= 9999) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    months = (np.where(fits, year, 1970) - 1970) * 12 + np.where(fits, month, 1) - 1
    starts = months.astype("M8[M]")
    days = starts.astype("M8[D]").astype(np.int64) + np.where(fits, day, 1) - 1
    fits &= days.astype("M8[D]").astype("M8[M]") == starts
    return days * _DAY, fits


def _parse_text(values: pa.Array, rule: TimeRule) -> ParsedTimes:
    values = pc.if_else(pc.equal(values, ""), pa.scalar(None, values.type), values)
    stamps = cast_iso(values)
    found = _TextTimes(values, rule).parse() if stamps is None else _parse_stamps(stamps)
    return _finish(*found, rule, values)


def cast_iso(values: pa.Array) -> pa.Array | None:
    """Return text as timestamps if all of it is ISO 8601 with, or all without, an offset."""
    first = next((value.as_py() for value in values if value.is_valid), "")
    if first.endswith(" UTC"):
        values = pc.replace_substring_regex(values, r" UTC$", "Z")
    naive = re.match(_NAIVE, first) is not None
    target = pa.timestamp("us") if naive else pa.timestamp("us", "UTC")
    return try_cast(values, target)


def try_cast(values: pa.Array, target: pa.DataType) -> pa.Array | None:
    """Return text as ``target``, or None where some value is no such thing."""
    try:
        # Arrow words an error for each bad value; a column of another kind is found out cheaply.
        values.slice(0, 1000).cast(target)
        return values.cast(target)
    except pa.ArrowInvalid:
        return None


_CLEANED = (
    (r"\s*(?:UTC|GMT|utc|z)$", "Z"),
    (r"\s+([+-]\d{2}:?\d{2})$", r"\1"),
    (r"^(\d{4})/(\d{2})/(\d{2})", r"\1-\2-\3"),
    (r"(:\d{2}),(\d+)", r"\1.\2"),
    (r"(\.\d{6})\d+", r"\1"),
)


class _TextTimes:
    """Reads a column of mixed forms: each form at once, and what is left one by one."""

    def __init__(self, values: pa.Array, rule: TimeRule) -> None:
        self._values, self._rule = pc.utf8_trim_whitespace(values), rule
        for pattern, replacement in _CLEANED:
            self._values = pc.replace_substring_regex(self._values, pattern, replacement)
        count = len(values)
        self._us = np.zeros(count, np.int64)
        self._valid, self._naive = np.zeros(count, np.bool_), np.zeros(count, np.bool_)
        self._left = _is_valid(values)

    def parse(self) -> tuple[Any, Any, Any]:
        self._read(_NAIVE, lambda part: _parse_stamps(part.cast(pa.timestamp("us"))))
        self._read(_ZONED, lambda part: _parse_stamps(part.cast(pa.timestamp("us", "UTC"))))
        self._read(_NUMBER, _parse_number_text)
        self._read(_LOCAL, self._parse_local)
        for index in np.flatnonzero(self._left):
            self._read_one(int(index), self._values[int(index)].as_py())
        return self._us, self._valid, self._naive

    def _read(self, pattern: str, reader: Any) -> None:
        if not self._left.any():
            return
        matches = pc.fill_null(pc.match_substring_regex(self._values, pattern), False)
        mask = np.asarray(matches.to_numpy(zero_copy_only=False)) & self._left
        if not mask.any():
            return
        try:
            us, valid, naive = reader(self._values.filter(pa.array(mask)))
        except pa.ArrowInvalid:
            return  # Some value has the form and not the sense (2026-02-30): one by one.
        self._us[mask], self._valid[mask], self._naive[mask] = us, valid, naive
        self._left &= ~mask

    def _read_one(self, index: int, text: str) -> None:
        moment = _parse_one(text)
        if moment is None:
            return
        self._naive[index] = moment.tzinfo is None
        try:
            stamp = pa.scalar(moment, pa.timestamp("us", None if moment.tzinfo is None else "UTC"))
        except (pa.ArrowInvalid, OverflowError):
            return
        self._us[index], self._valid[index] = stamp.value, True

    def _parse_local(self, values: pa.Array) -> tuple[Any, Any, Any]:
        parts = pc.extract_regex(values, _LOCAL)
        a, b, year = (_ints(parts, name) for name in ("a", "b", "year"))
        day_first = self._find_day_first(parts, a, b, values)
        us, fits = _civil_us(year, np.where(day_first, b, a), np.where(day_first, a, b))
        clock, good = _clock_us(parts)
        fits &= good
        return us + clock, fits, np.ones(len(values), np.bool_)

    def _find_day_first(self, parts: Any, a: Any, b: Any, values: pa.Array) -> Any:
        # With dots the day is always first; with slashes and dashes both ways are in use.
        open_ = ~np.asarray(pc.equal(parts.field("sign"), ".").to_numpy(zero_copy_only=False))
        if self._rule.dayfirst is not None:
            return ~open_ | self._rule.dayfirst
        unclear = open_ & (a <= 12) & (b <= 12) & (a != b)
        if unclear.any():
            raise AmbiguousDateError(values[int(unclear.argmax())].as_py())
        return ~open_ | (a > 12)


def _parse_number_text(values: pa.Array) -> tuple[Any, Any, Any]:
    try:
        return _parse_numbers(values.cast(pa.int64()))
    except pa.ArrowInvalid:
        return _parse_numbers(values.cast(pa.float64()))


def _ints(parts: Any, name: str) -> NDArray[np.int64]:
    digits = parts.field(name)
    filled = pc.if_else(pc.equal(digits, ""), "0", digits)
    return _to_us(filled)


def _clock_us(parts: Any) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    hour, minute, second = (_ints(parts, name) for name in ("hour", "minute", "second"))
    micro = _to_us(pc.utf8_rpad(parts.field("micro"), 6, "0"))
    half = pc.utf8_lower(pc.utf8_ltrim_whitespace(parts.field("noon")))
    twelve = np.asarray(pc.not_equal(half, "").to_numpy(zero_copy_only=False))
    afternoon = np.asarray(pc.starts_with(half, "p").to_numpy(zero_copy_only=False))
    fits = np.where(twelve, (hour >= 1) & (hour <= 12), hour < 24) & (minute < 60) & (second < 60)
    hour = np.where(twelve, hour % 12 + 12 * afternoon, hour)
    return ((hour * 60 + minute) * 60 + second) * _SECOND + micro, fits


def _parse_one(text: str) -> datetime | None:
    readers: list[Any] = [datetime.fromisoformat]
    if ", " in text or text.endswith("Z"):
        readers.append(parsedate_to_datetime)
    for reader in readers:
        try:
            moment: datetime = reader(text)
        except (ValueError, TypeError, IndexError):
            continue
        return moment
    return _parse_month_name(text) if re.search(r"[A-Za-z]{3}", text) else None


def _parse_month_name(text: str) -> datetime | None:
    for date_form in _MONTH_NAMES:
        for clock in _CLOCKS:
            try:
                return datetime.strptime(text, date_form + clock)  # noqa: DTZ007  (naive: so said)
            except ValueError:
                continue
    return None

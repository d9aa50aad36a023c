"""When an event happened: reading the clients' times, and correcting their clocks."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND_US = 1_000_000
_MINUTE_US = 60 * _SECOND_US
EARLIEST_US = 631_152_000 * _SECOND_US
"""1990: what is dated before that, no event of a client can be."""
_LATEST_US = 253_402_300_800 * _SECOND_US
MAX_FUTURE_US = 23 * 60 * _MINUTE_US
_LEAST_SKEW_US = 150 * _SECOND_US
_SKEW_STEP_US = 5 * _MINUTE_US
# Unix times come in seconds, milli-, micro- and nanoseconds; their size tells which.
_UNIX_SCALES = ((1e11, _SECOND_US, 1), (1e14, 1_000, 1), (1e17, 1, 1), (1e20, 1, 1_000))
_NUMBER = re.compile(r"-?\d{9,}(\.\d+)?\Z")


def read_time(value: Any) -> int | None:
    """Return microseconds since 1970 UTC of a time as clients write it, or None.

    ISO 8601 in its shapes (without an offset: UTC), RFC 2822, JavaScript's ``Date`` text, and
    Unix time in seconds, milli-, micro- or nanoseconds.
    """
    kind = type(value)
    if kind is str:
        return _read_text(value)
    if kind is int or kind is float:
        return _read_unix(value)
    return None


@lru_cache(maxsize=8192)
def _read_text(text: str) -> int | None:
    try:
        return _to_us(datetime.fromisoformat(text))
    except ValueError:
        return _read_odd_text(text.strip()[:64])


def _read_odd_text(text: str) -> int | None:
    if _NUMBER.match(text):
        return _read_unix(float(text) if "." in text else int(text))
    for reading in (_read_loose_iso, _read_mail_date):
        try:
            return _to_us(reading(text))
        except (ValueError, OverflowError, IndexError, TypeError):
            continue
    return None


def _read_loose_iso(text: str) -> datetime:
    """Read ISO 8601 with a small letter for UTC, or in a leap second."""
    return datetime.fromisoformat(text.upper().removesuffix(" UTC").replace(":60", ":59"))


def _read_mail_date(text: str) -> datetime:
    # JavaScript writes "GMT+0300" for what RFC 2822 writes "+0300".
    return parsedate_to_datetime(text.replace("GMT+", "+").replace("GMT-", "-"))


def _to_us(moment: datetime) -> int:
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * _SECOND_US + since.microseconds


def _read_unix(value: float) -> int | None:
    if not math.isfinite(value):
        return None
    for bound, times, over in _UNIX_SCALES:
        if abs(value) < bound:
            at_us = value * times // over if isinstance(value, int) else value * times / over
            return round(at_us) if at_us < _LATEST_US else None
    return None


def find_skew(sent_us: int | None, received_us: int) -> int:
    """Return by how much a client's clock is ahead, in microseconds, rounded to five minutes.

    Less than two and a half minutes counts as the network's delay: 0. So does a sending time
    that can't be one.
    """
    if sent_us is None or sent_us < EARLIEST_US:
        return 0
    skew = sent_us - received_us
    if abs(skew) < _LEAST_SKEW_US:
        return 0
    steps = (abs(skew) + _SKEW_STEP_US // 2) // _SKEW_STEP_US
    return steps * _SKEW_STEP_US if skew > 0 else -steps * _SKEW_STEP_US


def settle_time(
    given: Any,
    received_us: int,
    skew_us: int,
    warnings: list[str],
    max_future_us: int = MAX_FUTURE_US,
) -> int:
    """Return the time that an event counts for, in microseconds since 1970 UTC.

    Parameters
    ----------
    given
        The client's time; None where it gave none, which is when it arrived.
    skew_us
        By how much the client's clock is ahead.
    warnings
        Gets ``time_unreadable``, ``time_too_early``, ``time_in_future`` or ``clock_corrected``.
    max_future_us
        What is dated later than this after its arrival counts for its arrival.
    """
    if given is None:
        return received_us
    at_us = read_time(given)
    if at_us is None:
        warnings.append("time_unreadable")
        return received_us
    if skew_us and at_us >= EARLIEST_US:
        at_us -= skew_us
        warnings.append("clock_corrected")
    if at_us < EARLIEST_US:
        warnings.append("time_too_early")
        return received_us
    if at_us > received_us + max_future_us:
        warnings.append("time_in_future")
        return received_us
    return at_us

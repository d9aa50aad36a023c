"""When a message is tried again, and when an address is left alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

FIRST_PAUSE = timedelta(seconds=5)
FACTOR = 4
LONGEST_PAUSE = timedelta(hours=12)
JITTER = 0.2
"""Pauses are up to a fifth shorter or longer, so that many messages don't come back at once."""
BREAK_AFTER = 5
"""So many failures in a row close an address for a while."""
FIRST_BREAK = timedelta(seconds=30)
LONGEST_BREAK = timedelta(hours=1)
DISABLE_AFTER = timedelta(days=5)
GONE = 410
_BUSY = (429, 503)


def find_pause(tries: int, chance: float) -> timedelta:
    """Return how long to wait after so many tries (from 1).

    Parameters
    ----------
    chance
        A random number 0..1.

    Examples
    --------
    >>> [find_pause(tries, 0.5).total_seconds() for tries in (1, 2, 3, 4)]
    [5.0, 20.0, 80.0, 320.0]
    """
    pause = min(FIRST_PAUSE * pow(float(FACTOR), min(tries - 1, 12)), LONGEST_PAUSE)
    return pause * (1 + JITTER * (2 * chance - 1))


def read_retry_after(status: int | None, text: str, now: datetime) -> timedelta:
    """Return how long a busy server asks to be left alone: nothing where it doesn't."""
    if status not in _BUSY or not text:
        return timedelta(0)
    if text.isdecimal():
        asked = timedelta(seconds=min(int(text[:9]), int(LONGEST_PAUSE.total_seconds())))
    else:
        try:
            asked = parsedate_to_datetime(text) - now
        except (TypeError, ValueError):
            return timedelta(0)
    return min(max(asked, timedelta(0)), LONGEST_PAUSE)


def find_break(failures: int) -> timedelta:
    """Return how long an address is closed after so many failures in a row; 0: it stays open.

    Examples
    --------
    >>> [find_break(failures).total_seconds() for failures in (4, 5, 6)]
    [0.0, 30.0, 60.0]
    """
    if failures < BREAK_AFTER:
        return timedelta(0)
    return min(FIRST_BREAK * pow(2.0, min(failures - BREAK_AFTER, 10)), LONGEST_BREAK)

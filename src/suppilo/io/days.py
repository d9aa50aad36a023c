"""Days as people and advertising platforms write them: 2026-01-31, 31.01.2026, 1/31/2026."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime

_PARTS = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})")


class TwoReadingsError(ValueError):
    """A day that is another one where months come first, and nothing says which."""


def find_day_order(texts: Iterable[str]) -> bool | None:
    """Return whether days come before months in ``03/04/2025``; None where nothing tells.

    Examples
    --------
    >>> find_day_order(["03/04/2025", "13/04/2025"]), find_day_order(["3/4/2025"])
    (True, None)
    """
    for text in texts:
        found = _PARTS.match(text.strip())
        if found and int(found[1]) > 12:
            return True
        if found and int(found[2]) > 12:
            return False
    return None


def read_day(text: str, dayfirst: bool | None = None) -> date:
    """Return a day; a time behind it is left out.

    Raises
    ------
    TwoReadingsError
        If it could be two days, and ``dayfirst`` does not say which.
    ValueError
        If the text is no day.

    Examples
    --------
    >>> read_day("2026-01-31"), read_day("31.01.2026", True), read_day("05/05/2026")
    (datetime.date(2026, 1, 31), datetime.date(2026, 1, 31), datetime.date(2026, 5, 5))
    """
    cleaned = text.strip()
    parts = _PARTS.fullmatch(cleaned)
    if parts is None:
        return datetime.fromisoformat(cleaned).date()
    if dayfirst is None and parts[1] != parts[2]:
        raise TwoReadingsError(cleaned)
    day, month = (parts[1], parts[2]) if dayfirst else (parts[2], parts[1])
    return date(int(parts[3]), int(month), int(day))

"""Days as advertising platforms write them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

_PARTS = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})")


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


def read_day(text: str, dayfirst: bool | None) -> date:
    """Return a day.

    Raises
    ------
    ValidationError
        If the text is no day, or could be two and nothing says which.
    """
    cleaned = text.strip()
    parts = _PARTS.fullmatch(cleaned)
    try:
        if parts is None:
            return datetime.fromisoformat(cleaned).date()
        if dayfirst is None and parts[1] != parts[2]:
            raise ValidationError(
                _("“%s” may be read in two ways; say below which comes first, day or month.")
                % cleaned
            )
        day, month = (parts[1], parts[2]) if dayfirst else (parts[2], parts[1])
        return date(int(parts[3]), int(month), int(day))
    except ValueError as error:
        raise ValidationError(_("“%s” is no day; write 2026-01-31.") % cleaned[:40]) from error

"""Addresses that papers may go to."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

_LONGEST = 254


def is_email(text: str) -> bool:
    """Return whether a text is an e-mail address, or empty."""
    if not text:
        return True
    try:
        validate_email(text)
    except ValidationError:
        return False
    return len(text) <= _LONGEST

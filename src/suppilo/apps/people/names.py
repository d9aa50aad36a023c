"""How a person is called, and written to, as the usual clients name these properties."""

from __future__ import annotations

from collections.abc import Mapping

FULL_NAMES = ("name", "$name", "fullName", "full_name")
FIRST_NAMES = ("firstName", "first_name", "firstname", "$first_name")
LAST_NAMES = ("lastName", "last_name", "lastname", "$last_name")
EMAILS = ("email", "$email", "Email", "e-mail")
LISTED_TRAITS = frozenset([*FULL_NAMES, *FIRST_NAMES, *LAST_NAMES, *EMAILS])
"""The properties that lists are made of."""

_LONGEST = 300


def find_name(traits: Mapping[str, object]) -> str:
    """Return a person's name as the properties have it.

    Examples
    --------
    >>> find_name({"first_name": "Anna", "lastName": "Kalniņa"})
    'Anna Kalniņa'
    """
    if not traits:
        return ""
    whole = _first_text(traits, FULL_NAMES)
    parts = (_first_text(traits, FIRST_NAMES), _first_text(traits, LAST_NAMES))
    return whole or " ".join(filter(None, parts))[:_LONGEST]


def find_email(traits: Mapping[str, object], identifier: str) -> str:
    """Return a person's address: a property, or the identifier where that is one."""
    given = _first_text(traits, EMAILS) if traits else ""
    return given or (identifier if _is_address(identifier) else "")


def find_surname(name: str) -> str:
    """Return the last word of a name that has several."""
    words = name.split()
    return words[-1] if len(words) > 1 else ""


def _first_text(traits: Mapping[str, object], names: tuple[str, ...]) -> str:
    return next(filter(None, (_text(traits.get(name)) for name in names)), "")


def _text(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value).strip()[:_LONGEST]


def _is_address(text: str) -> bool:
    local, sign, domain = text.partition("@")
    return bool(sign and local and "." in domain.strip(".") and not any(map(str.isspace, text)))

"""Identifiers that say nothing: what a client sends when it has no id."""

from __future__ import annotations

from suppilo.apps.outbox.paths import is_reserved

MAX_IDENTIFIER = 500
"""The longest identifier, in characters, that a person is known by."""

BLOCKED = frozenset(
    [
        "", "null", "none", "nil", "undefined", "nan", "infinity", "0", "-1", "true", "false",
        "[]", "{}", "[object object]", "id", "email", "anonymous", "guest", "not_authenticated",
        "unknown", "n/a", "distinct_id", "distinctid", "user_id", "userid", "anonymous_id",
        "anonymousid", "00000000-0000-0000-0000-000000000000",
    ]
)  # fmt: skip
"""In lower case. Thousands of people would become one if any of these named a person."""
_LONGEST = max(map(len, BLOCKED))
_AROUND = "\"'" + "".join(letter for letter in map(chr, range(0x3001)) if letter.isspace())
"""Quotes and every white space there is."""


def is_blocked(identifier: str) -> bool:
    """Return whether an identifier names nobody, whatever its case or the space around it.

    Examples
    --------
    >>> is_blocked(" NULL "), is_blocked('"undefined"'), is_blocked("[]"), is_blocked("u-17")
    (True, True, True, False)
    """
    bare = identifier.strip(_AROUND)
    return len(bare) <= _LONGEST and bare.casefold() in BLOCKED


def is_usable(identifier: str) -> bool:
    """Return whether an identifier can be a person's at all: it fits, and is no deal's."""
    if is_reserved(identifier):
        return False
    if not identifier or len(identifier) > MAX_IDENTIFIER or "\0" in identifier:
        return False
    return identifier.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in identifier)

"""Folder and column names that every file system and engine can hold."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Container

MAX_SLUG = 40

SYSTEM_COLUMNS = (
    "path_key",
    "path",
    "at",
    "row_order",
    "event_id",
    "session_id",
    "_rest",
    "_batch",
)
# Delta's change feed and the engines' hidden columns claim these in every table.
_CLAIMED = {*SYSTEM_COLUMNS, "_change_type", "_commit_version", "_commit_timestamp",
            "_metadata", "_file", "_pos", "rowid"}  # fmt: skip

RESERVED_WORDS = frozenset({
    "and", "or", "not", "in", "is", "null", "true", "false", "between", "like", "ilike", "select",
    "at", "event",
})  # fmt: skip
"""Words that mean something in a condition, or that tell a query. Any other is a name; a property
of such a name is written in double quotes."""


def folder_name(event: str) -> str:
    """Return the name of an event's folder: readable, and different for every different event.

    Only lower-case ASCII letters, digits and ``_-`` occur, so it is the same on file systems that
    ignore case; it has at most 53 characters.

    Examples
    --------
    >>> folder_name("Order Completed"), folder_name("order completed")
    ('order_completed-25946acaf98e', 'order_completed-8b9aa3c442da')
    """
    return f"{_slug(event)}-{_hash(event, 12)}"


def column_name(prop: str, taken: Container[str]) -> str:
    """Return the column for a property: its own name where that is safe and free.

    Parameters
    ----------
    prop
        The property's name, exactly as given.
    taken
        The columns there are, case-folded: engines tell columns apart without regard to case.
    """
    free = prop.casefold() not in taken and prop.casefold() not in _CLAIMED
    if free and re.fullmatch(r"\w{1,64}", prop):
        return prop
    name, length = f"{_slug(prop)}_{_hash(prop, 8)}", 8
    while name in taken:
        length += 1
        name = f"{_slug(prop)}_{_hash(prop, length)}"
    return name


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", plain)[:MAX_SLUG].strip("_") or "x"


def _hash(text: str, length: int) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:length]

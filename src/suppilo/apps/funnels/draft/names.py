"""Several names in one line of text: ``purchase | pay``, in quotes where a name needs it."""

from __future__ import annotations

import re
from collections.abc import Sequence

ANY = "*"

_PART = re.compile(r'\s*(?:"((?:[^"]|"")*)"\s*|([^|]*))(?:\||\Z)')


def write_names(names: Sequence[str] | None) -> str:
    """Return names as one line of text; ``None`` (any event) is ``*``.

    Examples
    --------
    >>> write_names(["purchase", "a | b"])
    'purchase | "a | b"'
    """
    return ANY if names is None else " | ".join(_write_name(name) for name in names)


def _write_name(name: str) -> str:
    if name and name == name.strip() and name != ANY and not set(name) & {"|", '"'}:
        return name
    return '"' + name.replace('"', '""') + '"'


def read_names(text: str) -> tuple[str, ...] | None:
    """Return the names in a line of text; ``None`` for ``*``, none for a blank line.

    Examples
    --------
    >>> read_names('purchase | "a | b"'), read_names("*")
    (('purchase', 'a | b'), None)
    """
    if text.strip() == ANY:
        return None
    names, place = [], 0
    while place < len(text):
        found = _PART.match(text, place)
        if found is None:  # a quoted name with something behind it: taken as it stands
            end = text.find("|", place)
            end = len(text) if end < 0 else end
            names.append(text[place:end].strip())
            place = end + 1
            continue
        quoted, bare = found.groups()
        if quoted is not None:
            names.append(quoted.replace('""', '"'))
        elif bare.strip():
            names.append(bare.strip())
        place = found.end()
    return tuple(dict.fromkeys(names))

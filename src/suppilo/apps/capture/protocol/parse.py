"""JSON as real clients write it: bare NaN, numbers of any size, half characters."""

from __future__ import annotations

import json
import math
import re
from typing import Any, NamedTuple

import orjson

from suppilo.apps.capture.protocol.errors import undecodable
from suppilo.apps.capture.protocol.limits import MAX_DEPTH, MAX_VALUES

_BOM = b"\xef\xbb\xbf"
_SMALL = 1 << 16
_ENVELOPE_DEPTH = 4
"""What a batch adds to the depth of its events."""
_ONLY_DIGITS = bytes(48 if 48 <= byte <= 57 else 46 for byte in range(256))
_LONG_NUMBER = b"0" * 19
"""The shortest run of digits that may not fit a signed 64-bit integer."""
_MAX_INT = 2**63 - 1
# A string that never ends is matched too: else the search would begin anew at each of its quotes.
_STRUCTURE = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[\[{]|[\]}]', re.DOTALL)


class BigNumber(str):
    """A whole number beyond 64 bits, in its digits."""

    __slots__ = ()


class NotFinite:
    """Stands where NaN or an infinity stood."""


NOT_FINITE = NotFinite()


class Parsed(NamedTuple):
    """A body's value.

    ``is_dirty`` says that it may hold :class:`BigNumber`, :data:`NOT_FINITE`, NUL or half
    surrogate pairs, so its events must be cleaned.
    """

    value: Any
    is_dirty: bool


def parse_json(data: bytes) -> Parsed:
    """Return what a JSON text says; of equal keys, the last counts.

    Raises
    ------
    RequestRefusedError
        400 if it is empty, no JSON, too deep, or has too many values.
    """
    if len(data) > _SMALL:
        _check_size(data)
    if _LONG_NUMBER not in data.translate(_ONLY_DIGITS):
        try:
            return Parsed(orjson.loads(data), b"\\u0000" in data)
        except orjson.JSONDecodeError:
            pass
    return Parsed(_parse_tolerantly(data), is_dirty=True)


def _check_size(data: bytes) -> None:
    if data.count(b",") + data.count(b"[") + data.count(b"{") > MAX_VALUES:
        raise undecodable(
            "too_many_values",
            f"the body has more than {MAX_VALUES} values; send fewer events at a time",
        )


def _parse_tolerantly(data: bytes) -> Any:
    text = data.removeprefix(_BOM).decode("utf-8", "surrogateescape")
    if not text.strip():
        raise undecodable("empty_body", "the body is empty; it must be JSON")
    _check_depth(text)
    try:
        return json.loads(
            text,
            parse_int=_read_int,
            parse_float=_read_float,
            parse_constant=_read_constant,
            strict=False,
        )
    except ValueError as error:
        raise undecodable("invalid_json", f"the body is no JSON: {error}") from error


def _check_depth(text: str) -> None:
    """Refuse what is too deep before the parser, which calls itself for each level, sees it."""
    depth = 0
    for match in _STRUCTURE.finditer(text):
        mark = match[0]
        if mark in "[{":
            depth += 1
            if depth > MAX_DEPTH + _ENVELOPE_DEPTH:
                raise undecodable(
                    "too_deep", f"the body has more than {MAX_DEPTH} levels inside one another"
                )
        elif mark in "]}":
            depth -= 1


def _read_int(digits: str) -> int | BigNumber:
    if len(digits) < 19 or (len(digits) < 25 and -_MAX_INT <= int(digits) <= _MAX_INT):
        return int(digits)
    return BigNumber(digits)


def _read_float(text: str) -> float | NotFinite:
    number = float(text)
    return number if math.isfinite(number) else NOT_FINITE


def _read_constant(_name: str) -> NotFinite:
    return NOT_FINITE

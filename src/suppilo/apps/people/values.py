"""Values as the tables of people keep them: times, JSON texts, and keys to search by."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import orjson

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST_US = 253_402_300_799_999_999
_SORTED = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS
KEY_BYTES = 72


def as_datetime(at_us: int) -> datetime:
    """Return a time given in microseconds since 1970 UTC; what no calendar has, as its end."""
    return _EPOCH + timedelta(microseconds=max(-62_135_596_800_000_000, min(at_us, _LATEST_US)))


def as_us(at: datetime) -> int:
    """Return an aware time in microseconds since 1970 UTC."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def json_text(value: Any) -> str:
    """Return a value as JSON, the same text for equal values, that every database accepts."""
    try:
        text = orjson.dumps(value, default=str, option=_SORTED).decode()
    except (TypeError, orjson.JSONEncodeError):
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
        text = text.encode("utf-8", "replace").decode()
    return text.replace("\\u0000", "\\ufffd")


@lru_cache(maxsize=65_536)
def same_json(text: str) -> str:
    """Return JSON as :func:`json_text` writes it; databases may space and order it anew."""
    return json_text(json.loads(text))


def clean_text(text: str) -> str:
    """Return text without what databases refuse: NUL and halves of characters."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def search_key(text: str) -> bytes:
    """Return what a text is searched and sorted by: its case folded, as bytes.

    Bytes compare alike in every database and locale, so a prefix is a range of an index.
    """
    return clean_text(text).strip().casefold().encode()[:KEY_BYTES]


def after_prefix(prefix: bytes) -> bytes:
    """Return the smallest key greater than every key that begins with ``prefix``."""
    return prefix + b"\xff" * 4

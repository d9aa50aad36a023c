"""What an address of a page says: its host, its path, and how the visit came about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from urllib.parse import parse_qsl, urlsplit

CAMPAIGN_FIELDS = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
CLICK_IDS = (
    "gclid",
    "gbraid",
    "wbraid",
    "dclid",
    "msclkid",
    "fbclid",
    "ttclid",
    "li_fat_id",
    "twclid",
    "yclid",
)
"""What advertising systems append to an address, in the order in which one of several counts."""
_WANTED = frozenset(CAMPAIGN_FIELDS + CLICK_IDS)
_MAX_FIELDS = 200
_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Address:
    """A page's address, taken apart.

    ``host`` is in small letters and without ``www.``; ``marks`` are the campaign's fields and
    click ids of its query.
    """

    host: str = ""
    path: str = ""
    marks: Mapping[str, str] = field(default_factory=lambda: _NOTHING)


@lru_cache(maxsize=16_384)
def read_address(url: str) -> Address:
    """Return a page's address taken apart; an empty one where it can't be."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").removeprefix("www.")
        if not parts.query:
            return Address(host, parts.path)
        fields = parse_qsl(parts.query, max_num_fields=_MAX_FIELDS)
    except ValueError:
        return Address()
    return Address(host, parts.path, {name: value for name, value in fields if name in _WANTED})

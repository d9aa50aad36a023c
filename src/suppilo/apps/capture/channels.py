"""Through which channel a visit came: by its campaign, its click id, the page that led to it.

The rules for campaigns follow the published definitions of Google Analytics 4's default channel
group (support.google.com/analytics/answer/9756891), with partners apart and without its finer
parts for shopping and video.
"""

from __future__ import annotations

import re
from collections.abc import Container
from functools import lru_cache
from typing import Literal

from suppilo.apps.capture.hosts import (
    EMAIL_HOSTS,
    MANY_ENDINGS,
    SEARCH_HOSTS,
    SEARCH_NAMES,
    SOCIAL_HOSTS,
    SOCIAL_NAMES,
)

Channel = Literal[
    "paid_search",
    "paid_social",
    "display",
    "organic_search",
    "organic_social",
    "email",
    "referral",
    "partner",
    "affiliate",
    "direct",
    "internal",
    "other",
]
HostKind = Literal["search", "social", "email"]

CLICK_CHANNELS: dict[str, Channel] = {
    "gclid": "paid_search",
    "gbraid": "paid_search",
    "wbraid": "paid_search",
    "dclid": "display",
    "msclkid": "paid_search",
    "fbclid": "organic_social",  # Facebook appends it to what people share, too.
    "ttclid": "paid_social",
    "li_fat_id": "paid_social",
    "twclid": "paid_social",
    "yclid": "paid_search",
}

_PAID = re.compile(r"(.*cp.*|ppc|retargeting|paid.*)\Z")
_SEARCH_MEDIA = frozenset(
    {"cpc", "ppc", "paid", "paidsearch", "paid-search", "paid_search", "paid search", "sem"}
)
_PAID_SOCIAL_MEDIA = frozenset({"paidsocial", "paid-social", "paid_social", "paid social"})
_DISPLAY_MEDIA = frozenset(
    {"display", "banner", "expandable", "interstitial", "cpm", "retargeting", "remarketing"}
)
_SOCIAL_MEDIA = frozenset(
    {
        "social",
        "social-network",
        "social-media",
        "social_network",
        "social_media",
        "sm",
        "social network",
        "social media",
    }
)
_MEDIA: dict[str, Channel] = {
    "affiliate": "affiliate",
    "affiliates": "affiliate",
    "partner": "partner",
    "partners": "partner",
    "partnership": "partner",
    "reseller": "partner",
    "co-marketing": "partner",
    "email": "email",
    "e-mail": "email",
    "e_mail": "email",
    "e mail": "email",
    "mail": "email",
    "newsletter": "email",
    "organic": "organic_search",
    "referral": "referral",
    "app": "referral",
    "link": "referral",
}
_EMAIL_SOURCES = frozenset({"email", "e-mail", "e_mail", "e mail", "newsletter"})

_HOST_CHANNELS: dict[HostKind, Channel] = {
    "search": "organic_search",
    "social": "organic_social",
    "email": "email",
}
_SECOND_LEVELS = frozenset({"co", "com", "org", "net", "ne"})


@lru_cache(maxsize=16_384)
def find_channel(
    source: str, medium: str, click_id: str, referrer_host: str, page_host: str
) -> Channel:
    """Return the channel of a visit.

    Parameters
    ----------
    source, medium
        The campaign's; empty where there is none.
    click_id
        The name of the click id in the address, such as ``gclid``; or empty.
    referrer_host, page_host
        Where the visitor came from, and is; without ``www.``.
    """
    if source or medium:
        found = _judge_campaign(source.strip().lower(), medium.strip().lower(), click_id)
        if found is not None:
            return found
    if click_id in CLICK_CHANNELS:
        return CLICK_CHANNELS[click_id]
    if source or medium:
        return "other"
    return _judge_referrer(referrer_host, page_host)


def _judge_campaign(source: str, medium: str, click_id: str) -> Channel | None:
    kind = _judge_source(source)
    if medium in _PAID_SOCIAL_MEDIA:
        return "paid_social"
    if medium in _DISPLAY_MEDIA:
        return "display"
    if _PAID.match(medium) or medium in _SEARCH_MEDIA:
        return _judge_paid(kind, medium, click_id)
    if source in _EMAIL_SOURCES:
        return "email"
    if medium in _MEDIA:
        return _MEDIA[medium]
    if medium in _SOCIAL_MEDIA:
        return "organic_social"
    if kind is not None:
        return _HOST_CHANNELS[kind]
    return "referral" if "." in source and not medium else None


def _judge_paid(kind: HostKind | None, medium: str, click_id: str) -> Channel:
    if kind == "social":
        return "paid_social"
    if kind == "search" or medium in _SEARCH_MEDIA:
        return "paid_search"
    by_click = CLICK_CHANNELS.get(click_id, "other")
    return "paid_social" if by_click == "organic_social" else by_click


def _judge_source(source: str) -> HostKind | None:
    if "." in source:
        return find_host_kind(source.removeprefix("www."))
    if source in SEARCH_NAMES:
        return "search"
    return "social" if source in SOCIAL_NAMES else None


def _judge_referrer(referrer_host: str, page_host: str) -> Channel:
    if not referrer_host:
        return "direct"
    if page_host and _is_same_site(referrer_host, page_host):
        return "internal"
    kind = find_host_kind(referrer_host)
    return "referral" if kind is None else _HOST_CHANNELS[kind]


def _is_same_site(one: str, other: str) -> bool:
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")


@lru_cache(maxsize=16_384)
def find_host_kind(host: str) -> HostKind | None:
    """Return what is known of a host: a search engine, a social network, a mail program."""
    labels = host.split(".")
    for suffix in (".".join(labels[start:]) for start in range(len(labels) - 1)):
        for kind, hosts in _HOSTS:
            if suffix in hosts:
                return kind
    name = _find_name(labels)
    if name in MANY_ENDINGS:
        return "social" if name in SOCIAL_NAMES else "search"
    return None


_HOSTS: tuple[tuple[HostKind, Container[str]], ...] = (
    ("email", EMAIL_HOSTS),
    ("social", SOCIAL_HOSTS),
    ("search", SEARCH_HOSTS),
)


def _find_name(labels: list[str]) -> str:
    """Return the name that was registered: of ``news.google.co.uk``, ``google``."""
    if len(labels) > 2 and labels[-2] in _SECOND_LEVELS:
        return labels[-3]
    return labels[-2] if len(labels) > 1 else ""

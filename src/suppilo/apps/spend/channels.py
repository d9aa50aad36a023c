"""Which of our channels a platform's name means, where money is spent on it."""

from __future__ import annotations

import re
from typing import get_args

from suppilo.apps.capture.channels import Channel
from suppilo.apps.capture.hosts import SEARCH_NAMES, SOCIAL_NAMES

CHANNELS: tuple[str, ...] = get_args(Channel)

_WORDS = re.compile(r"[^0-9a-z]+")
_NAMES: dict[str, str] = {
    "adwords": "paid_search", "sem": "paid_search", "ppc": "paid_search", "cpc": "paid_search",
    "meta": "paid_social", "social": "paid_social", "banner": "display", "gdn": "display",
    "programmatic": "display", "video": "display", "newsletter": "email", "mail": "email",
    "e_mail": "email", "search": "paid_search", "affiliates": "affiliate", "partners": "partner",
    "referrals": "referral",
}  # fmt: skip
_NOISE = frozenset({"ads", "ad", "com", "paid", "advertising", "campaigns", "www"})


def find_spend_channel(text: str) -> str | None:
    """Return the channel that a platform's or channel's name means; None for one not known.

    What is paid for on a search engine or a social network is paid search or paid social.

    Examples
    --------
    >>> find_spend_channel("Google Ads"), find_spend_channel("Paid social")
    ('paid_search', 'paid_social')
    >>> find_spend_channel("Radio Nord") is None
    True
    """
    words = [word for word in _WORDS.split(text.strip().lower()) if word]
    joined = "_".join(words)
    if joined in CHANNELS:
        return joined
    if joined in _NAMES:
        return _NAMES[joined]
    known = [word for word in words if word not in _NOISE]
    if len(known) != 1:
        return None
    if known[0] in SEARCH_NAMES:
        return "paid_search"
    return "paid_social" if known[0] in SOCIAL_NAMES else _NAMES.get(known[0])

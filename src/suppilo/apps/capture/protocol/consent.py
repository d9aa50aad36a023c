"""Whether a person has said no to being counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_MEASURING = ("analytic", "performance", "statistic", "measurement")


def is_refused(context: Mapping[str, Any]) -> bool:
    """Return whether an event's context says that measuring was not agreed to.

    ``consent.categoryPreferences`` is Segment's: names of categories, and yes or no. A no to
    what measures counts, or a no to all there is; so does ``gpc``.
    """
    if context.get("gpc") is True or context.get("globalPrivacyControl") is True:
        return True
    consent = context.get("consent")
    if type(consent) is not dict:
        return False
    wishes = consent.get("categoryPreferences")
    if type(wishes) is not dict or not wishes:
        return False
    measuring = [
        wish for name, wish in wishes.items() if any(part in name.lower() for part in _MEASURING)
    ]
    return not any(wish is not False for wish in (measuring or wishes.values()))

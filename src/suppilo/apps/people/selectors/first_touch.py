"""Where people came from for the first time, as deals and leads write it down."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from suppilo.apps.people.models import Identifier

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class FirstTouch:
    """The first visit of a person that came from somewhere.

    ``source`` is the campaign's (``utm_source``), else the site that led here; empty for neither.
    """

    at_us: int
    channel: str
    source: str
    campaign: str


def find_first_touches(person_ids: Collection[int]) -> dict[int, FirstTouch]:
    """Return the first touch of each person who has one; one query for each 500 of them."""
    found: dict[int, FirstTouch] = {}
    wanted = sorted(set(person_ids))
    for start in range(0, len(wanted), _AT_ONCE):
        rows = Identifier.objects.filter(
            person__in=wanted[start : start + _AT_ONCE], first_touch_us__isnull=False
        )
        # The earliest comes last, and stays.
        latest_first = rows.order_by("-first_touch_us", "-pk")
        for person, at_us, touch in latest_first.values_list(
            "person_id", "first_touch_us", "first_touch"
        ):
            found[person] = _read(at_us or 0, touch)
    return found


def _read(at_us: int, touch: Mapping[str, str]) -> FirstTouch:
    source = touch.get("utm_source") or touch.get("referrer_host") or ""
    return FirstTouch(
        at_us, touch.get("channel", "")[:60], source[:200], touch.get("utm_campaign", "")[:200]
    )

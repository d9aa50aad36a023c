"""The demonstration's segments: who is worth a word now, and what is stuck."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.funnels.models import Visibility
from suppilo.apps.segments.models import Segment, SegmentUnit
from suppilo.apps.segments.rules import Rules
from suppilo.apps.segments.services import SegmentDraft, save_segment

_ORDERED = {"kind": "event", "name": "Order Completed"}


def make_segments(owner: User) -> None:
    """Make the segments that are not there yet."""
    known = set(Segment.objects.filter(owner=owner).values_list("name", flat=True))
    for name, unit, conditions in _list_segments():
        if name not in known:
            group = {"match": "all", "conditions": conditions}
            rules = Rules.from_dict({"match": "all", "groups": [group]})
            draft = SegmentDraft(name, rules, visibility=Visibility.EVERYONE)
            save_segment(owner, unit, draft)


def _list_segments() -> list[tuple[str, str, list[dict[str, Any]]]]:
    not_lately = _ORDERED | {"days": 60, "not": True}
    added = {"kind": "event", "name": "Product Added", "days": 30}
    quoted = {"kind": "event", "name": "Quote Sent", "days": 90}
    return [
        (_("Bought twice, not in 60 days"), SegmentUnit.PERSON,
         [_ORDERED | {"times": 2}, not_lately]),
        (_("Filled a basket, did not order"), SegmentUnit.PERSON,
         [added, _ORDERED | {"days": 30, "not": True}]),
        (_("Stuck longer than expected"), SegmentUnit.DEAL,
         [{"kind": "stage", "which": "expected"}]),
        (_("Quote sent, nothing won"), SegmentUnit.COMPANY,
         [quoted, {"kind": "deal_state", "which": "won", "not": True}]),
    ]  # fmt: skip

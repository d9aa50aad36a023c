"""Makes what routes of segments are about."""

from datetime import date

from suppilo.apps.accounts.models import User
from suppilo.apps.segments.models import Segment, Size
from web_support.route_objects import Arguments

_CONDITION = {"kind": "seen", "which": "last", "days": 30}
SOME_RULES = {"match": "all", "groups": [{"match": "all", "conditions": [_CONDITION]}]}
A_SEGMENT_IN_FORM = {
    "name": "Lately", "g1.c1.kind": "seen", "g1.c1.which": "last", "g1.c1.days": "30",
}  # fmt: skip
A_SEGMENT_IN_JSON = {"name": "Lately", "rules": SOME_RULES}
A_DAY_OF_A_SEGMENT = {"day": "2026-03-14"}


def a_segment(user: User) -> Arguments:
    """Return a segment of the caller's own."""
    return {"pk": _segment(user).pk}


def an_api_segment(user: User) -> Arguments:
    return {"segment_id": _segment(user).pk}


def a_segment_day(user: User) -> Arguments:
    """Return a segment that was asked on the day."""
    return {"pk": _asked_once(user).pk}


def an_api_segment_day(user: User) -> Arguments:
    return {"segment_id": _asked_once(user).pk}


def _asked_once(user: User) -> Segment:
    segment = _segment(user)
    Size.objects.create(segment=segment, day=date(2026, 3, 14), size=0)
    return segment


def _segment(user: User) -> Segment:
    return Segment.objects.create(name="Lately", owner=user, unit="person", rules=SOME_RULES)

"""Makes what routes of segments are about."""

from suppilo.apps.accounts.models import User
from suppilo.apps.segments.models import Segment
from web_support.route_objects import Arguments

_CONDITION = {"kind": "seen", "which": "last", "days": 30}
SOME_RULES = {"match": "all", "groups": [{"match": "all", "conditions": [_CONDITION]}]}
A_SEGMENT_IN_FORM = {
    "name": "Lately", "g1.c1.kind": "seen", "g1.c1.which": "last", "g1.c1.days": "30",
}  # fmt: skip
A_SEGMENT_IN_JSON = {"name": "Lately", "rules": SOME_RULES}


def a_segment(user: User) -> Arguments:
    """Return a segment of the caller's own."""
    return {"pk": _segment(user).pk}


def an_api_segment(user: User) -> Arguments:
    return {"segment_id": _segment(user).pk}


def _segment(user: User) -> Segment:
    return Segment.objects.create(name="Lately", owner=user, unit="person", rules=SOME_RULES)

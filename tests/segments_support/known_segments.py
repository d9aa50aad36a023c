"""Segments with members that a test names."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import timezone

from suppilo.apps.accounts.models import User
from suppilo.apps.funnels.models import Visibility
from suppilo.apps.segments.models import Member, Segment
from suppilo.apps.segments.rules import Condition, Group, Rules

RULES = Rules((Group((Condition("event", name="signup"),)),)).to_dict()
"""Nobody asks them: a test says itself who is in a segment."""


def make_segment(
    owner: User, unit: str, numbers: Iterable[int], name: str = "Regulars", **more: object
) -> Segment:
    """Make a segment that everybody sees, with the people, companies or deals of these ids."""
    given = {"visibility": Visibility.EVERYONE, "rules": RULES, **more}
    segment = Segment.objects.create(owner=owner, name=name, unit=unit, **given)
    set_members(segment, numbers)
    return segment


def set_members(segment: Segment, numbers: Iterable[int]) -> None:
    """Say who is in a segment now."""
    Member.objects.filter(segment=segment).delete()
    made = [Member(segment=segment, number=n, since_at=timezone.now()) for n in set(numbers)]
    segment.size = len(Member.objects.bulk_create(made))
    segment.version += 1
    segment.refreshed_at = timezone.now()
    segment.save()

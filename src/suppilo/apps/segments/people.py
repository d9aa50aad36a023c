"""Who is in a segment, who came and who left, page by page."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Model, QuerySet, Sum

from suppilo.apps.deals.models import Deal
from suppilo.apps.people.models import Company, Person
from suppilo.apps.segments.models import Leaver, Member, Segment, SegmentUnit, Size

LATELY = timedelta(days=30)

_MODELS: Mapping[str, type[Model]] = {
    SegmentUnit.PERSON: Person, SegmentUnit.COMPANY: Company, SegmentUnit.DEAL: Deal,
}  # fmt: skip


def list_members(segment: Segment) -> QuerySet[Member]:
    """Return who is in a segment, those who came last first."""
    return Member.objects.filter(segment=segment).order_by("-since_at", "-number")


def list_newcomers(segment: Segment, now: datetime) -> QuerySet[Member]:
    """Return who came within the last 30 days, the last first.

    Whom its rules put into it when they were made has not come.
    """
    return list_members(segment).filter(since_at__gt=now - LATELY, has_come=True)


def list_leavers(segment: Segment, now: datetime) -> QuerySet[Leaver]:
    """Return who left within the last 30 days, the last first; some came again since."""
    found = Leaver.objects.filter(segment=segment, left_at__gt=now - LATELY, has_left=True)
    return found.order_by("-left_at", "-pk")


def read_members(segment: Segment, numbers: Collection[int]) -> dict[int, Any]:
    """Return the people, companies or deals behind numbers; some may not be there any more."""
    return dict(_MODELS[segment.unit]._default_manager.in_bulk(list(numbers)))


def count_moves(segment: Segment, now: datetime) -> tuple[int, int]:
    """Return how many times somebody came, and left, within the last 30 days."""
    since = (now - LATELY).date()
    found = Size.objects.filter(segment=segment, day__gt=since).aggregate(
        came=Sum("came"), left=Sum("left")
    )
    return found["came"] or 0, found["left"] or 0


def list_sizes(segment: Segment, days: int, now: datetime) -> list[Size]:
    """Return how large a segment was on the last so many days, the oldest first."""
    since = (now - timedelta(days=days)).date()
    return list(Size.objects.filter(segment=segment, day__gt=since).order_by("day"))

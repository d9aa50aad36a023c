"""Which segments somebody may see, and who is in them."""

from __future__ import annotations

import numpy as np
from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404

from suppilo.analytics.events import Int64
from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.events.units import company_path
from suppilo.apps.funnels.selectors import visible_to_user
from suppilo.apps.outbox.paths import deal_path
from suppilo.apps.people.models import Identifier
from suppilo.apps.segments.models import Member, Segment, SegmentUnit


def list_segments(user: User, unit: str | None = None, search: str = "") -> QuerySet[Segment]:
    """Return the segments that somebody may see, by name.

    Those that tell of deals are there for those who see all deals.

    Parameters
    ----------
    unit
        ``person``, ``company`` or ``deal``; None for all.
    search
        Part of a name or description.
    """
    found = visible_to_user(Segment.objects.all(), user).select_related("owner", "team")
    if not allows(user, Permission.SEE_ALL_DEALS):
        found = found.filter(needs_deals=False)
    if unit is not None:
        found = found.filter(unit=unit)
    if words := search.strip():
        found = found.filter(Q(name__icontains=words) | Q(description__icontains=words))
    return found


def find_segment(user: User, segment_id: int) -> Segment:
    """Return a segment that somebody may see.

    Raises
    ------
    Http404
        If there is none, or it is not theirs to see.
    """
    return get_object_or_404(list_segments(user), pk=segment_id)


def member_numbers(segment: Segment) -> QuerySet[Member, int]:
    """Return the ids of the people, companies or deals in a segment, for ``id__in=``."""
    return Member.objects.filter(segment=segment).order_by().values_list("number", flat=True)


def member_keys(segment: Segment) -> Int64:
    """Return the keys of the paths of who is in a segment, ascending.

    They are those that :func:`suppilo.apps.events.units.regroup` gives for the segment's unit: of
    a person the root identifier's, of a company and a deal its own path's.
    """
    numbers = member_numbers(segment)
    if segment.unit == SegmentUnit.PERSON:
        roots = Identifier.objects.filter(pk__in=numbers).order_by().values_list("key", flat=True)
        return np.sort(np.fromiter(roots.iterator(), np.int64))
    path = company_path if segment.unit == SegmentUnit.COMPANY else deal_path
    return np.sort(_keys_of([path(number) for number in numbers.iterator()]))


def _keys_of(paths: list[str]) -> Int64:
    import pyarrow as pa

    from suppilo.lake.keys import path_keys

    return path_keys(pa.array(paths, pa.string()))

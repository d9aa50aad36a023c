"""Who of a list of people, companies or deals belongs to a segment of any kind.

A person belongs to a segment of companies with the company that is theirs now, and to one of
deals with a deal that they take part in; a deal to one of companies with its company, and to one
of people with whoever takes part in it; a company to one of people with one of its people, and to
one of deals with one of its deals.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from django.db.models import QuerySet

from suppilo.analytics.events import Int64
from suppilo.apps.deals.models import Deal, Participant
from suppilo.apps.people.models import Person
from suppilo.apps.segments.models import Member, Segment, SegmentUnit
from suppilo.apps.segments.selectors import member_numbers


def people_in(segment: Segment) -> QuerySet[Any, Any]:
    """Return the ids of the people who belong to a segment, for ``id__in=``."""
    numbers = member_numbers(segment)
    if segment.unit == SegmentUnit.PERSON:
        return numbers
    if segment.unit == SegmentUnit.COMPANY:
        return Person.objects.filter(company__in=numbers).order_by().values_list("pk", flat=True)
    parts = Participant.objects.filter(deal__in=numbers).order_by()
    return parts.values_list("contact__person", flat=True)


def companies_in(segment: Segment) -> QuerySet[Any, Any]:
    """Return the ids of the companies that belong to a segment, for ``id__in=``."""
    numbers = member_numbers(segment)
    if segment.unit == SegmentUnit.COMPANY:
        return numbers
    model: type[Person] | type[Deal] = Person if segment.unit == SegmentUnit.PERSON else Deal
    # NULLs in ``NOT IN`` would leave nobody.
    found = model._default_manager.filter(pk__in=numbers, company__isnull=False).order_by()
    return found.values_list("company", flat=True)


def deals_in(segment: Segment) -> QuerySet[Any, Any]:
    """Return the ids of the deals that belong to a segment, for ``id__in=``."""
    numbers = member_numbers(segment)
    if segment.unit == SegmentUnit.DEAL:
        return numbers
    if segment.unit == SegmentUnit.COMPANY:
        return Deal.objects.filter(company__in=numbers).order_by().values_list("pk", flat=True)
    parts = Participant.objects.filter(contact__person__in=numbers).order_by()
    return parts.values_list("deal", flat=True)


def deals_in_each(segments: Sequence[Segment]) -> Mapping[int, Int64]:
    """Return the ids of the deals that belong to each segment, by the segment's id.

    They are those of :func:`deals_in`, in two queries for each unit however many segments ask.
    """
    parts = Participant.objects.order_by()
    pairs: dict[str, tuple[QuerySet[Any, Any], str, str]] = {
        SegmentUnit.DEAL: (Deal.objects.order_by(), "id", "pk"),
        SegmentUnit.COMPANY: (
            Deal.objects.filter(company__isnull=False).order_by(), "company_id", "pk",
        ),
        SegmentUnit.PERSON: (
            parts.filter(contact__person__isnull=False), "contact__person_id", "deal_id",
        ),
    }  # fmt: skip
    found: dict[int, Int64] = {}
    for unit, (rows, member, deal) in pairs.items():
        ids = [one.pk for one in segments if one.unit == unit]
        if ids:
            found |= _deals_of(ids, rows, member, deal)
    return found


def _deals_of(
    ids: list[int], rows: QuerySet[Any, Any], member: str, deal: str
) -> Mapping[int, Int64]:
    own = Member.objects.filter(segment__in=ids, number__in=rows.values(member)).order_by()
    members = _pairs(own.values_list("segment_id", "number"))
    numbers = Member.objects.filter(segment__in=ids).order_by().values("number")
    held = _pairs(rows.filter(**{f"{member}__in": numbers}).values_list(member, deal))
    return {
        one: np.unique(held[np.isin(held[:, 0], members[members[:, 0] == one, 1]), 1])
        for one in ids
    }


def _pairs(rows: QuerySet[Any, Any]) -> Int64:
    return np.array(list(rows.iterator()), np.int64).reshape(-1, 2)

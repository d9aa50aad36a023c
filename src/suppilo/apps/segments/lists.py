"""Who of a list of people, companies or deals belongs to a segment of any kind.

A person belongs to a segment of companies with the company that is theirs now, and to one of
deals with a deal that they take part in; a deal to one of companies with its company, and to one
of people with whoever takes part in it; a company to one of people with one of its people, and to
one of deals with one of its deals.
"""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from suppilo.apps.deals.models import Deal, Participant
from suppilo.apps.people.models import Person
from suppilo.apps.segments.models import Segment, SegmentUnit
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

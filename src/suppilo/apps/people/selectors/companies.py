"""Companies and who belongs to them."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from suppilo.apps.people.models import Company, CompanyTrait, Membership
from suppilo.apps.people.values import after_prefix, search_key


def list_companies(search: str = "", among: QuerySet[Any, Any] | None = None) -> QuerySet[Company]:
    """Return companies by name, with the number of their people (``members``).

    Parameters
    ----------
    search
        How the name begins.
    among
        The ids of those to choose from; None for all.
    """
    people = (
        Membership.objects.filter(company=OuterRef("pk"), is_current=True)
        .order_by()
        .values("company")
        .annotate(count=Count("pk"))
        .values("count")
    )
    found = Company.objects.annotate(members=Coalesce(Subquery(people), 0))
    if prefix := search_key(search):
        found = found.filter(name_key__gte=prefix, name_key__lt=after_prefix(prefix))
    if among is not None:
        found = found.filter(pk__in=among)
    return found.order_by("name_key", "id")


def latest_traits(company: Company) -> dict[str, object]:
    """Return what is known of a company: each property's latest value, by name."""
    rows = CompanyTrait.objects.filter(company=company).order_by("at_us", "id")
    latest = {row.name: row.value for row in rows}
    return {name: latest[name] for name in sorted(latest) if latest[name] is not None}

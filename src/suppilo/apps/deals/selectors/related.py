"""The deals of a company, and those that a person takes part in."""

from __future__ import annotations

from django.db.models import Case, IntegerField, QuerySet, Value, When

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.deals.models import Deal, DealState, Participant
from suppilo.apps.deals.selectors.visible import visible_deals


def list_company_deals(user: User, company_id: int) -> QuerySet[Deal]:
    """Return a company's deals that the user sees: the open ones first, then by age."""
    return _in_order(user, Deal.objects.filter(company_id=company_id))


def list_person_deals(user: User, person_id: int) -> QuerySet[Deal]:
    """Return the deals that a person takes part in and the user sees, under any identifier."""
    mine = Participant.objects.filter(contact__person_id=person_id).order_by().values("deal_id")
    return _in_order(user, Deal.objects.filter(pk__in=mine))


def _in_order(user: User, wanted: QuerySet[Deal]) -> QuerySet[Deal]:
    if not allows(user, Permission.SEE_DEALS):
        return Deal.objects.none()
    closed = Case(
        When(state=DealState.OPEN, then=Value(0)), default=Value(1), output_field=IntegerField()
    )
    seen = visible_deals(user).filter(pk__in=wanted.order_by().values("pk"))
    return seen.select_related("stage", "owner").order_by(closed, "-id")

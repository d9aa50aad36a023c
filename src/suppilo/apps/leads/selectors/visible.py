"""Whose leads somebody sees."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, allows, require
from suppilo.apps.leads.models import Lead


def visible_leads(user: User) -> QuerySet[Lead]:
    """Return the leads that a user sees: all for who manages leads, else own and the teams'.

    One's own are also those that one brought in.

    Raises
    ------
    PermissionDenied
        If the role may not see leads.
    """
    require(user, Permission.SEE_LEADS)
    if allows(user, Permission.MANAGE_LEADS):
        return Lead.objects.all()
    teams = list(user.teams.values_list("pk", flat=True))
    mine = Q(owner=user) | Q(created_by=user)
    if teams:
        mates = User.objects.filter(teams__in=teams)
        mine |= Q(team__in=teams) | Q(owner__in=mates)
    return Lead.objects.filter(mine)


def get_lead(user: User, lead_id: int) -> Lead:
    """Return a lead with what its page shows of it.

    Raises
    ------
    Lead.DoesNotExist
        If there is none, or it is not this user's to see.
    """
    return visible_leads(user).select_related(*SHOWN_WITH).get(pk=lead_id)


SHOWN_WITH = (
    "contact__person__company", "owner", "team", "rule", "deal", "created_by",
    "hand_over__to", "hand_over__by", "hand_over__rule", "hand_over__reason",
)  # fmt: skip
"""What a lead is shown with; one query brings all of it."""

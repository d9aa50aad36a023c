"""Which funnels and dashboards somebody may see, and where to begin."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Q, QuerySet
from django.urls import reverse

from suppilo.apps.accounts.models import Role, User
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.funnels.models import Dashboard, Pin, SavedFunnel, Shared, Visibility

Thing = TypeVar("Thing", bound=Shared)

_ADMINISTRATORS = frozenset({Role.OWNER, Role.ADMIN})


def list_funnels(user: User, search: str = "") -> QuerySet[SavedFunnel]:
    """Return the saved funnels that somebody may see, the newest first.

    ``search`` is part of a name or description.
    """
    found = visible_to_user(SavedFunnel.objects.all(), user).select_related("owner", "team")
    if search.strip():
        words = search.strip()
        found = found.filter(Q(name__icontains=words) | Q(description__icontains=words))
    return found


def list_dashboards(user: User) -> QuerySet[Dashboard]:
    """Return the dashboards that somebody may see, by name."""
    return visible_to_user(Dashboard.objects.all(), user).select_related("owner", "team")


def list_pins(dashboard: Dashboard) -> QuerySet[Pin]:
    """Return a dashboard's pins in their order, with their funnels."""
    return dashboard.pins.select_related("funnel", "funnel__owner", "funnel__team")


def visible_to_user(things: QuerySet[Thing], user: User) -> QuerySet[Thing]:
    """Return those of some shared things that somebody may see."""
    if not allows(user, Permission.SEE_REPORTS):
        return things.none()
    # The teams as a subquery: a join would give what several teams share several times.
    teams = user.teams.values("pk")
    return things.filter(
        Q(owner=user)
        | Q(visibility=Visibility.EVERYONE)
        | Q(visibility=Visibility.TEAM, team__in=teams)
    )


def may_see(user: User, thing: Shared) -> bool:
    """Return whether something is somebody's to see."""
    if not allows(user, Permission.SEE_REPORTS):
        return False
    if thing.owner_id == user.pk or thing.visibility == Visibility.EVERYONE:
        return True
    if thing.visibility != Visibility.TEAM or thing.team_id is None:
        return False
    return user.teams.filter(pk=thing.team_id).exists()


def may_change(user: User, thing: Shared) -> bool:
    """Return whether something that somebody sees is also theirs to change."""
    if not allows(user, Permission.SAVE_REPORTS):
        return False
    return thing.owner_id == user.pk or (user.role in _ADMINISTRATORS and may_see(user, thing))


def landing_url(user: User) -> str:
    """Return the address at which somebody begins: the newest funnel, or an empty builder."""
    newest = list_funnels(user).first()
    return reverse("funnel", args=[newest.pk]) if newest else reverse("new_funnel")

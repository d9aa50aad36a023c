"""Saved lists of deals."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from suppilo.apps.accounts.models import User
from suppilo.apps.deals.models import SavedView


def list_views(user: User) -> QuerySet[SavedView]:
    """Return a user's own lists and those shared with the user's teams."""
    teams = user.teams.order_by().values("pk")
    shared = SavedView.objects.filter(Q(owner=user) | Q(team__in=teams))
    return shared.select_related("owner", "team")

"""Saved lists."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from suppilo.apps.accounts.models import User
from suppilo.apps.people.models import SavedView


def list_views(user: User) -> QuerySet[SavedView]:
    """Return a user's own lists and those that others share."""
    return SavedView.objects.filter(Q(owner=user) | Q(is_shared=True)).select_related("owner")

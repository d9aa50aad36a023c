"""Lists of deals that people keep under a name."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, allows, require
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.deals.models import SavedView

_LONGEST = 120


@transaction.atomic
def save_view(actor: User, name: str, query: str, *, is_shared: bool = False) -> SavedView:
    """Keep a list under a name; one's own view of the same name is replaced.

    Parameters
    ----------
    query
        The list's address after its ``?``.
    is_shared
        The members of one's team find it too.

    Raises
    ------
    ValidationError
        If the name is empty or too long, or there is no team to share it with.
    """
    require(actor, Permission.SEE_DEALS)
    name = name.strip()
    if not 1 <= len(name) <= _LONGEST:
        raise ValidationError(_("Give the view a name, with at most %d characters.") % _LONGEST)
    team = actor.teams.order_by("name").first() if is_shared else None
    if is_shared and team is None:
        raise ValidationError(_("You belong to no team that you could share it with."))
    own = SavedView.objects.filter(owner=actor, name=name)
    if not own.update(query=query[:4000], team=team):
        SavedView.objects.create(owner=actor, name=name, query=query[:4000], team=team)
    view = own.order_by("pk")[0]
    record_audit(actor, "save_deal_view", view, shared=is_shared)
    return view


@transaction.atomic
def delete_view(actor: User, view_id: int) -> None:
    """Delete one's own view; who manages the team may delete anybody's shared one.

    Raises
    ------
    SavedView.DoesNotExist
        If there is no such view, or it is not this user's to delete.
    """
    require(actor, Permission.SEE_DEALS)
    own = Q(owner=actor)
    if allows(actor, Permission.MANAGE_TEAM):
        own |= Q(team__isnull=False)
    view = SavedView.objects.get(own, pk=view_id)
    record_audit(actor, "delete_deal_view", view)
    view.delete()

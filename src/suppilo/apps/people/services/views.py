"""Lists that people keep under a name."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, allows, require
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.people.models import SavedView

_LONGEST = 100


def save_view(actor: User, name: str, query: str, *, is_shared: bool = False) -> SavedView:
    """Keep a list under a name; one's own view of the same name is replaced.

    Parameters
    ----------
    query
        The list's address after its ``?``.

    Raises
    ------
    ValidationError
        If the name is empty or too long.
    """
    require(actor, Permission.SEE_PEOPLE)
    name = name.strip()
    if not 1 <= len(name) <= _LONGEST:
        raise ValidationError(_("Give the view a name, with at most %d characters.") % _LONGEST)
    view, _made = SavedView.objects.update_or_create(
        owner=actor, name=name, defaults={"query": query[:4000], "is_shared": is_shared}
    )
    record_audit(actor, "save_view", view, shared=is_shared)
    return view


def delete_view(actor: User, view_id: int) -> None:
    """Delete one's own view; who manages the team may delete anybody's shared one.

    Raises
    ------
    SavedView.DoesNotExist
        If there is no such view, or it is not this user's to see or delete.
    """
    require(actor, Permission.SEE_PEOPLE)
    own = Q(owner=actor)
    if allows(actor, Permission.MANAGE_TEAM):
        own |= Q(is_shared=True)
    view = SavedView.objects.get(own, pk=view_id)
    record_audit(actor, "delete_view", view)
    view.delete()

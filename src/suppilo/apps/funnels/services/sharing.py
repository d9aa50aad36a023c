"""What saved funnels and dashboards have in common: whose they are, and who sees them."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import Team, User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.funnels.models import Shared, Visibility
from suppilo.apps.funnels.selectors import may_change, may_see


def require_change(actor: User, thing: Shared) -> None:
    """Make sure that somebody may change this.

    Raises
    ------
    PermissionDenied
        If the role may not save reports, or it is somebody else's.
    """
    require(actor, Permission.SAVE_REPORTS)
    if not may_change(actor, thing):
        raise PermissionDenied(_("Only its owner and administrators can change this."))


def require_sight(actor: User, thing: Shared) -> None:
    """Make sure that somebody may see this.

    Raises
    ------
    PermissionDenied
        If it is not shared with them.
    """
    if not may_see(actor, thing):
        raise PermissionDenied(_("This is not shared with you."))


def set_sharing(actor: User, thing: Shared, visibility: str, team: Team | None) -> None:
    """Set who sees something, without saving it.

    Raises
    ------
    ValidationError
        If there is no such visibility, no team was chosen, or it is a team that the actor does
        not belong to.
    """
    if visibility not in Visibility.values:
        raise ValidationError(_("Choose who may see it."))
    if visibility == Visibility.TEAM:
        if team is None:
            raise ValidationError(_("Choose the team that may see it."))
        if team != thing.team and not actor.teams.filter(pk=team.pk).exists():
            raise ValidationError(_("Choose a team that you belong to."))
    thing.visibility = visibility
    thing.team = team if visibility == Visibility.TEAM else None
    thing.updated_at = timezone.now()


def clean_name(name: str) -> str:
    """Return a name without blanks around it.

    Raises
    ------
    ValidationError
        If there is none, or it is too long.
    """
    name = " ".join(name.split())
    if not name:
        raise ValidationError(_("Write a name."))
    if len(name) > 120:
        raise ValidationError(_("Write a name of at most 120 characters."))
    return name

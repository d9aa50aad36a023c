"""What is known of users, teams, invitations and of who did what."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils import timezone

from suppilo.apps.accounts.models import ApiToken, AuditEntry, Invitation, Role, Team, User
from suppilo.apps.accounts.permissions import Permission, require


def is_set_up() -> bool:
    """Return whether there is an owner; before that, anybody may become it."""
    return User.objects.exists()


def list_members(viewer: User) -> QuerySet[User]:
    """Return everybody, with their teams.

    Raises
    ------
    PermissionDenied
        If the viewer may not manage the team.
    """
    require(viewer, Permission.MANAGE_TEAM)
    return User.objects.prefetch_related("teams").order_by("-is_active", "name", "id")


def list_teams(viewer: User) -> QuerySet[Team]:
    """Return the teams with their members: all for who manages them, else the viewer's own."""
    found = Team.objects.prefetch_related("members")
    if viewer.role in {Role.OWNER, Role.ADMIN}:
        return found
    return found.filter(members=viewer)


def list_open_invitations(viewer: User) -> QuerySet[Invitation]:
    """Return the invitations that can still be accepted.

    Raises
    ------
    PermissionDenied
        If the viewer may not manage the team.
    """
    require(viewer, Permission.MANAGE_TEAM)
    return Invitation.objects.select_related("invited_by").filter(
        accepted_at=None, revoked_at=None, expires_at__gt=timezone.now()
    )


def list_tokens(user: User) -> QuerySet[ApiToken]:
    """Return a user's own keys that still work."""
    return user.api_tokens.filter(revoked_at=None)


def list_audit(viewer: User) -> QuerySet[AuditEntry]:
    """Return who did what, the latest first.

    Raises
    ------
    PermissionDenied
        If the viewer may not manage the team.
    """
    require(viewer, Permission.MANAGE_TEAM)
    return AuditEntry.objects.select_related("actor")


def owners() -> QuerySet[User]:
    """Return the owners who can log in."""
    return User.objects.filter(role=Role.OWNER, is_active=True)

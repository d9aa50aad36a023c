"""Members: what they may do, and whether they may still come in."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import Role, User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.accounts.services.audit import record_audit


@transaction.atomic
def change_role(actor: User, member_id: int, role: Role) -> User:
    """Give a member another role; their sessions end.

    Raises
    ------
    User.DoesNotExist
        If there is no such member.
    PermissionDenied
        If the actor may not manage the team, or is no owner and an owner is concerned.
    ValidationError
        If nobody would be left who is an owner.
    """
    member = _lock_member(actor, member_id)
    require_owner_for(actor, role)
    before = member.role
    if before == role:
        return member
    if role != Role.OWNER:
        _keep_an_owner(member)
    member.role = role
    member.save(update_fields=["role"])
    record_audit(actor, "change_role", member, before=before, after=str(role))
    return member


@transaction.atomic
def deactivate_member(actor: User, member_id: int) -> User:
    """Keep a member out: sessions, tokens and open invitations of theirs end at once.

    Raises
    ------
    User.DoesNotExist, PermissionDenied, ValidationError
        As :func:`change_role`.
    """
    member = _lock_member(actor, member_id)
    _keep_an_owner(member)
    member.is_active = False
    member.session_epoch += 1
    member.save(update_fields=["is_active", "session_epoch"])
    now = timezone.now()
    member.api_tokens.filter(revoked_at=None).update(revoked_at=now)
    member.invitations.filter(accepted_at=None, revoked_at=None).update(revoked_at=now)
    record_audit(actor, "deactivate", member)
    return member


@transaction.atomic
def reactivate_member(actor: User, member_id: int) -> User:
    """Let a member come in again.

    Raises
    ------
    User.DoesNotExist, PermissionDenied
        As :func:`change_role`.
    """
    member = _lock_member(actor, member_id)
    member.is_active = True
    member.save(update_fields=["is_active"])
    record_audit(actor, "reactivate", member)
    return member


def require_owner_for(actor: User, role: str) -> None:
    """Make sure that none but an owner makes, changes or removes an owner.

    Raises
    ------
    PermissionDenied
        If the role is the owner's and the actor is none.
    """
    if role == Role.OWNER and actor.role != Role.OWNER:
        raise PermissionDenied(_("Only an owner may do this to an owner."))


def _lock_member(actor: User, member_id: int) -> User:
    """Return a member; the owners stay as they are until the transaction ends."""
    require(actor, Permission.MANAGE_TEAM)
    list(User.objects.select_for_update().filter(role=Role.OWNER).order_by("id"))
    member = User.objects.select_for_update().get(pk=member_id)
    require_owner_for(actor, member.role)
    return member


def _keep_an_owner(member: User) -> None:
    others = User.objects.filter(role=Role.OWNER, is_active=True).exclude(pk=member.pk)
    if member.role == Role.OWNER and not others.exists():
        raise ValidationError(_("This is the last owner. Make somebody else an owner first."))

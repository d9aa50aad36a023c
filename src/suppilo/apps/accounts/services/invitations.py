"""Invitations: a link with a secret that works once, for seven days."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import Invitation, Role, User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.accounts.services.audit import record_audit
from suppilo.apps.accounts.services.team import require_owner_for
from suppilo.apps.accounts.services.tokens import hash_secret

VALID_FOR = timedelta(days=7)


@transaction.atomic
def invite(actor: User, email: str, role: Role) -> tuple[Invitation, str]:
    """Ask somebody to join; return the invitation, and the secret of its link.

    An open invitation to the same address is replaced.

    Raises
    ------
    PermissionDenied
        If the actor may not manage the team, or is no owner and invites one.
    ValidationError
        If the address belongs to a member.
    """
    require(actor, Permission.MANAGE_TEAM)
    require_owner_for(actor, role)
    email = email.lower()
    if User.objects.filter(email=email).exists():
        raise ValidationError(_("This person is a member already."))
    now = timezone.now()
    _open(now).filter(email=email).update(revoked_at=now)
    secret = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        email=email,
        role=role,
        secret_hash=hash_secret(secret),
        invited_by=actor,
        created_at=now,
        expires_at=now + VALID_FOR,
    )
    record_audit(actor, "invite", invitation, role=str(role))
    return invitation, secret


@transaction.atomic
def revoke_invitation(actor: User, invitation_id: int) -> None:
    """Take an invitation back.

    Raises
    ------
    Invitation.DoesNotExist
        If there is none of this key that is still open.
    PermissionDenied
        As :func:`invite`.
    """
    require(actor, Permission.MANAGE_TEAM)
    now = timezone.now()
    invitation = _open(now).select_for_update().get(pk=invitation_id)
    require_owner_for(actor, invitation.role)
    invitation.revoked_at = now
    invitation.save(update_fields=["revoked_at"])
    record_audit(actor, "revoke_invitation", invitation)


def find_invitation(secret: str) -> Invitation | None:
    """Return the open invitation that a link's secret belongs to."""
    return _open(timezone.now()).filter(secret_hash=hash_secret(secret)).first()


@transaction.atomic
def accept_invitation(secret: str, name: str, password: str) -> User:
    """Make the invited person a member.

    Raises
    ------
    Invitation.DoesNotExist
        If the invitation is used, revoked, expired, or never was.
    """
    now = timezone.now()
    invitation = _open(now).select_for_update().get(secret_hash=hash_secret(secret))
    if User.objects.filter(email=invitation.email).exists():
        raise Invitation.DoesNotExist
    member = User(email=invitation.email, name=name, role=invitation.role)
    member.set_password(password)
    member.save()
    invitation.accepted_at = now
    invitation.save(update_fields=["accepted_at"])
    record_audit(member, "accept_invitation", invitation)
    return member


def _open(now: datetime) -> QuerySet[Invitation]:
    return Invitation.objects.filter(accepted_at=None, revoked_at=None, expires_at__gt=now)

"""The secret address at which a calendar program reads a user's activities."""

from __future__ import annotations

import secrets

from django.db import transaction
from django.utils import timezone

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.accounts.services.tokens import hash_secret
from suppilo.apps.activities.models import CalendarFeed


@transaction.atomic
def make_feed(user: User) -> str:
    """Return a new secret for the user's calendar; the one before works no longer.

    It can't be shown again: a hash of it is kept.
    """
    require(user, Permission.SEE_DEALS)
    _revoke(user)
    secret = secrets.token_urlsafe(32)
    feed = CalendarFeed.objects.create(user=user, secret_hash=hash_secret(secret))
    record_audit(user, "make_calendar", feed)
    return secret


@transaction.atomic
def revoke_feed(user: User) -> None:
    """Let the user's calendar be read no longer."""
    if _revoke(user):
        record_audit(user, "revoke_calendar")


def _revoke(user: User) -> int:
    found = CalendarFeed.objects.filter(user=user, revoked_at=None)
    return found.update(revoked_at=timezone.now())

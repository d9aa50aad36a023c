"""Keys for programs: ``sup_<prefix>_<secret>``, shown once; only a hash is kept."""

from __future__ import annotations

import hashlib
import secrets
from contextlib import suppress
from datetime import timedelta
from hmac import compare_digest

from django.db import OperationalError, transaction
from django.utils import timezone

from suppilo.apps.accounts.models import ApiToken, User
from suppilo.apps.accounts.services.audit import record_audit

_MARK = "sup"
_USED_EVERY = timedelta(minutes=1)


@transaction.atomic
def make_token(user: User, name: str) -> tuple[ApiToken, str]:
    """Make a key that acts as its user; return it, and its text, which can't be shown again."""
    prefix = secrets.token_hex(4)
    text = f"{_MARK}_{prefix}_{secrets.token_urlsafe(32)}"
    token = ApiToken.objects.create(
        user=user, name=name, prefix=prefix, secret_hash=hash_secret(text)
    )
    record_audit(user, "make_token", token, prefix=prefix)
    return token, text


@transaction.atomic
def revoke_token(user: User, token_id: int) -> None:
    """Let one of a user's own keys work no longer.

    Raises
    ------
    ApiToken.DoesNotExist
        If the user has no such key.
    """
    token = user.api_tokens.select_for_update().get(pk=token_id, revoked_at=None)
    token.revoked_at = timezone.now()
    token.save(update_fields=["revoked_at"])
    record_audit(user, "revoke_token", token, prefix=token.prefix)


def find_token_user(text: str) -> User | None:
    """Return the user whom a key acts as; None if it is unknown, revoked, or its user left."""
    mark, _, rest = text.partition("_")
    prefix, _, _ = rest.partition("_")
    if mark != _MARK or not prefix.isalnum():
        return None
    found = ApiToken.objects.select_related("user").filter(prefix=prefix, revoked_at=None).first()
    hashed = hash_secret(text)
    if not compare_digest(hashed, found.secret_hash if found else "0" * len(hashed)):
        return None
    if found is None or not found.user.is_active:
        return None
    _note_use(found)
    return found.user


def _note_use(token: ApiToken) -> None:
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at > _USED_EVERY:
        # Whoever only reads can do so while nothing can be written: on a full disk, say.
        with suppress(OperationalError):
            ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)


def hash_secret(text: str) -> str:
    """Return what is kept of a secret; it has 256 bits of its own, so no salt is needed."""
    return hashlib.sha256(text.encode()).hexdigest()

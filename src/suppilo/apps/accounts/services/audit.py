"""The log of who did what."""

from __future__ import annotations

from typing import Any

from django.db.models import Model

from suppilo.apps.accounts.models import AuditEntry, User


def record_audit(
    actor: User | None, verb: str, target: Model | None = None, **detail: Any
) -> AuditEntry:
    """Write down that somebody did something; call it in the transaction of the deed.

    Parameters
    ----------
    actor
        Who did it; None for the server itself, or for somebody not known.
    verb
        What was done, such as ``change_role``.
    target
        What it was done to; its kind, key and name are kept, so they outlive it.
    detail
        What else should be known, as JSON values. No secrets.
    """
    return AuditEntry.objects.create(
        actor=actor,
        verb=verb,
        target_kind=target._meta.model_name or "" if target is not None else "",
        target_id=str(target.pk) if target is not None else "",
        target_name=str(target)[:200] if target is not None else "",
        detail=detail,
    )

"""Acknowledge alerts."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.watch.models import Alert
from suppilo.apps.watch.selectors import AlertFilter, list_alerts

LONGEST_NOTE = 500


@transaction.atomic
def acknowledge_alert(actor: User, alert_id: int, note: str = "") -> Alert:
    """Say that an alert was seen, and what of it.

    Raises
    ------
    PermissionDenied
        If the role may not save reports.
    Http404
        If the actor sees no such alert.
    ValidationError
        If the note is too long.
    """
    alert = _find(actor, alert_id)
    note = " ".join(note.split())
    if len(note) > LONGEST_NOTE:
        text = _("A note has at most %(n)s characters.") % {"n": LONGEST_NOTE}
        raise ValidationError({"note": text})
    alert.acknowledged_by, alert.acknowledged_at, alert.note = actor, timezone.now(), note
    alert.save(update_fields=["acknowledged_by", "acknowledged_at", "note"])
    record_audit(actor, "acknowledge_alert", alert, figure=str(alert.figure), note=note)
    return alert


@transaction.atomic
def reopen_alert(actor: User, alert_id: int) -> Alert:
    """Say that an alert is to be looked at again; its note stays.

    Raises
    ------
    PermissionDenied
        If the role may not save reports.
    Http404
        If the actor sees no such alert.
    """
    alert = _find(actor, alert_id)
    alert.acknowledged_by, alert.acknowledged_at = None, None
    alert.save(update_fields=["acknowledged_by", "acknowledged_at"])
    record_audit(actor, "reopen_alert", alert, figure=str(alert.figure))
    return alert


def _find(actor: User, alert_id: int) -> Alert:
    require(actor, Permission.SAVE_REPORTS)
    alert = list_alerts(actor, AlertFilter()).filter(pk=alert_id).first()
    if alert is None:
        raise Http404
    return alert

"""Leaving a deal alone until a day."""

from __future__ import annotations

from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.activities.days import zone_of
from suppilo.apps.attention.models import Snooze
from suppilo.apps.deals.selectors import visible_deals

LONGEST = timedelta(days=366)
LONGEST_REASON = 300


@transaction.atomic
def snooze_deal(actor: User, deal_id: int, until: date, reason: str) -> Snooze:
    """Leave a deal alone until a day, for everybody; a former snooze of it ends.

    Raises
    ------
    PermissionDenied
        If the actor's role may not edit deals.
    Deal.DoesNotExist
        If the deal is not the actor's to see.
    ValidationError
        By field: if the day is not ahead, or is more than a year away, or no reason is given.
    """
    require(actor, Permission.EDIT_DEALS)
    deal = visible_deals(actor).get(pk=deal_id)
    reason = reason.strip()
    today = timezone.localdate(timezone=zone_of(actor))
    if not today < until <= today + LONGEST:
        raise ValidationError({"until": _("Choose a day ahead, within a year.")})
    if not reason or len(reason) > LONGEST_REASON:
        raise ValidationError({"reason": _("Say why, in 300 characters at most.")})
    now = timezone.now()
    Snooze.objects.filter(deal=deal, ended_at=None).update(ended_at=now)
    snooze = Snooze.objects.create(deal=deal, until=until, reason=reason, by=actor, at=now)
    record_audit(actor, "snooze_deal", deal, until=until.isoformat(), reason=reason)
    return snooze


@transaction.atomic
def wake_deal(actor: User, deal_id: int) -> None:
    """End a deal's snooze before its day.

    Raises
    ------
    PermissionDenied, Deal.DoesNotExist
        As :func:`snooze_deal` does.
    """
    require(actor, Permission.EDIT_DEALS)
    deal = visible_deals(actor).get(pk=deal_id)
    if Snooze.objects.filter(deal=deal, ended_at=None).update(ended_at=timezone.now()):
        record_audit(actor, "wake_deal", deal)

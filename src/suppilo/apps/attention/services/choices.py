"""What a team counts as needing attention, and what a user wants to be mailed."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.attention.models import DigestChoice, Reason, StageNorm, Thresholds
from suppilo.apps.attention.rules import read_thresholds

BOUNDS: dict[str, tuple[int, int]] = {
    "stale_days": (1, 365),
    "stuck_percent": (50, 99),
    "stuck_least": (5, 10_000),
    "gate_days": (0, 365),
    "change_days": (1, 90),
}
"""The least and the largest value of each threshold that is a whole number."""
LARGEST_AMOUNT = Decimal(10) ** 12


@transaction.atomic
def change_thresholds(actor: User, values: Mapping[str, Any]) -> Thresholds:
    """Change when deals need attention, for everybody.

    Raises
    ------
    PermissionDenied
        If the actor's role may not manage pipelines.
    ValidationError
        By field: if a value is out of bounds.
    """
    require(actor, Permission.MANAGE_PIPELINES)
    errors = {name: text for name, value in values.items() if (text := _fault(name, value))}
    if errors:
        raise ValidationError(errors)
    thresholds = read_thresholds()
    stuck = (thresholds.stuck_percent, thresholds.stuck_least)
    for name, value in values.items():
        setattr(thresholds, name, value)
    thresholds.save()
    if stuck != (thresholds.stuck_percent, thresholds.stuck_least):
        StageNorm.objects.all().delete()  # The worker reckons them anew at its next step.
    record_audit(actor, "change_thresholds", thresholds, fields=sorted(values))
    return thresholds


def _fault(name: str, value: Any) -> str:
    if name in BOUNDS:
        low, high = BOUNDS[name]
        if low <= value <= high:
            return ""
        return _("From %(low)d to %(high)d.") % {"low": low, "high": high}
    if name == "change_amount":
        return "" if 0 < value <= LARGEST_AMOUNT else _("An amount above zero.")
    if name == "switched_off":
        return "" if set(value) <= set(Reason.values) else _("There is no such reason.")
    return _("There is no such threshold.")


def choose_digest(user: User, *, is_on: bool, hour: int) -> DigestChoice:
    """Say whether a user gets the daily mail, and from which hour of their day on.

    Raises
    ------
    ValidationError
        If the hour is none of a day's.
    """
    require(user, Permission.SEE_DEALS)
    if not 0 <= hour <= 23:
        raise ValidationError({"hour": _("From 0 to 23.")})
    choice, _made = DigestChoice.objects.update_or_create(
        user=user, defaults={"is_on": is_on, "hour": hour}
    )
    return choice

"""Leave out days that tell nothing, such as holidays."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.watch.models import LeftOutDay

MOST_DAYS = 1000


@transaction.atomic
def leave_out_day(actor: User, day: date, reason: str = "") -> LeftOutDay:
    """Leave a day out of all watched figures from the next reading on.

    Raises
    ------
    PermissionDenied
        If the role may not save reports.
    ValidationError
        If too many are left out.
    """
    require(actor, Permission.SAVE_REPORTS)
    if LeftOutDay.objects.count() >= MOST_DAYS:
        raise ValidationError(_("%(n)s days are left out already.") % {"n": MOST_DAYS})
    made, _is_new = LeftOutDay.objects.update_or_create(
        day=day, defaults={"reason": " ".join(reason.split())[:100], "created_by": actor}
    )
    record_audit(actor, "leave_out_day", made, reason=made.reason)
    return made


@transaction.atomic
def take_day_back(actor: User, day: date) -> None:
    """Count a day again that was left out.

    Raises
    ------
    PermissionDenied
        If the role may not save reports.
    """
    require(actor, Permission.SAVE_REPORTS)
    for found in LeftOutDay.objects.filter(day=day):
        record_audit(actor, "take_day_back", found)
        found.delete()

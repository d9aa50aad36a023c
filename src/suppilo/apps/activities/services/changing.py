"""Changing, putting off and cancelling an activity."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.activities.models import Activity
from suppilo.apps.activities.services import checking
from suppilo.apps.activities.services.steps import end_step, is_step, move_step

_CLEAN: dict[str, Callable[[Any], Any]] = {
    "kind": checking.check_kind,
    "subject": checking.clean_subject,
    "note": checking.clean_note,
    "duration_min": checking.check_duration,
    "is_high": bool,
    "tags": checking.clean_tags,
}
"""What can be changed by name, beside the owner and the deal."""


@transaction.atomic
def change_activity(actor: User | None, activity_id: int, changes: Mapping[str, Any]) -> Activity:
    """Change an activity's fields by name.

    Parameters
    ----------
    changes
        Any of kind, subject, note, duration_min, is_high, tags, owner_id, deal_id.

    Raises
    ------
    Activity.DoesNotExist
        If it is not the actor's to see.
    ValidationError
        If a field can't be changed, or not to that; by field.
    """
    activity = checking.take_activity(actor, activity_id)
    was_step = is_step(activity)
    for name, value in changes.items():
        _set(activity, name, value)
    checking.check_deal(actor, activity.deal_id, activity.owner)
    activity.save()
    if was_step:
        move_step(actor, activity)
    record_audit(actor, "change_activity", activity, fields=sorted(changes))
    return activity


def _set(activity: Activity, name: str, value: Any) -> None:
    if name in _CLEAN:
        setattr(activity, name, _CLEAN[name](value))
    elif name == "owner_id":
        activity.owner = checking.check_owner(value)
    elif name == "deal_id":
        activity.deal_id = value
    else:
        raise ValidationError({name: _("An activity has no such field.")})


@transaction.atomic
def reschedule_activity(
    actor: User | None, activity_id: int, due_at: datetime, has_time: bool
) -> Activity:
    """Put an activity on another day or time; a deal's next step goes with it.

    Raises
    ------
    Activity.DoesNotExist
        If it is not the actor's to see.
    ValidationError
        If it was done or cancelled already.
    """
    activity = checking.take_activity(actor, activity_id)
    _require_open(activity)
    was_step, before = is_step(activity), activity.due_at
    activity.due_at, activity.has_time = checking.check_moment(due_at), has_time
    activity.save(update_fields=["due_at", "has_time", "updated_at"])
    if was_step:
        move_step(actor, activity)
    record_audit(
        actor, "reschedule_activity", activity,
        before=before.isoformat() if before else "", after=due_at.isoformat(),
    )  # fmt: skip
    return activity


@transaction.atomic
def cancel_activity(actor: User | None, activity_id: int) -> Activity:
    """Cancel an activity; calendars that read the feed strike it out.

    Raises
    ------
    Activity.DoesNotExist
        If it is not the actor's to see.
    ValidationError
        If it was done or cancelled already.
    """
    activity = checking.take_activity(actor, activity_id)
    _require_open(activity)
    was_step = is_step(activity)
    activity.cancelled_at = timezone.now()
    activity.save(update_fields=["cancelled_at", "updated_at"])
    if was_step and activity.deal_id is not None:
        end_step(actor, activity.deal_id)
    record_audit(actor, "cancel_activity", activity)
    return activity


def _require_open(activity: Activity) -> None:
    if not activity.is_open:
        raise ValidationError(_("It is done or cancelled already. Reload the page."))

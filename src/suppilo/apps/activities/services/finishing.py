"""Finishing what was to be done, and saying what comes next."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.activities.models import Activity, ActivityKind, Outcome
from suppilo.apps.activities.services import checking
from suppilo.apps.activities.services.adding import NewActivity, add_activity
from suppilo.apps.activities.services.steps import end_step, is_step
from suppilo.apps.activities.services.telling import tell_done
from suppilo.apps.deals.models import Deal, MoveSource
from suppilo.apps.deals.selectors import visible_deals
from suppilo.apps.deals.services import change_deal


@transaction.atomic
def finish_activity(
    actor: User | None,
    activity_id: int,
    *,
    outcome: str = "",
    note: str | None = None,
    at: datetime | None = None,
) -> Activity:
    """Write down that an activity was done, and how it went.

    Parameters
    ----------
    outcome
        One of :class:`~suppilo.apps.activities.models.Outcome`; done, where nothing is said.
    note
        What is added to the note; what stands there stays.
    at
        When it was done; now, and never later than that.

    Raises
    ------
    Activity.DoesNotExist
        If it is not the actor's to see.
    ValidationError
        If it was done or cancelled already.
    """
    activity = checking.take_activity(actor, activity_id)
    if not activity.is_open:
        raise ValidationError(_("It is done or cancelled already. Reload the page."))
    ends_step, now = is_step(activity), timezone.now()
    activity.outcome = checking.check_outcome(outcome) or Outcome.DONE
    activity.note = checking.clean_note("\n\n".join(filter(None, (activity.note, note))))
    activity.done_at = min(checking.check_moment(at, "done_at") or now, now)
    activity.save(update_fields=["outcome", "note", "done_at", "updated_at"])
    record_audit(actor, "finish_activity", activity, outcome=activity.outcome)
    if ends_step and activity.deal_id is not None:
        end_step(actor, activity.deal_id)
    tell_done(activity)
    return activity


@transaction.atomic
def finish_step(
    actor: User, deal_id: int, *, kind: str = "", outcome: str = "", note: str = ""
) -> Activity:
    """Write a deal's next step down as done; the deal then waits for another one.

    Raises
    ------
    Deal.DoesNotExist
        If the deal is not the actor's to see.
    ValidationError
        If the deal has no next step.
    """
    deal = visible_deals(actor).get(pk=deal_id)
    planned = _planned_for(deal)
    if planned is not None:
        return finish_activity(actor, planned.pk, outcome=outcome, note=note)
    new = NewActivity(
        kind=kind or ActivityKind.TASK, subject=deal.next_step, note=note, deal_id=deal_id,
        outcome=outcome or Outcome.DONE, done_at=timezone.now(),
    )  # fmt: skip
    done = add_activity(actor, new)
    end_step(actor, deal_id)
    return done


def _planned_for(deal: Deal) -> Activity | None:
    """Return the open activity that is the deal's next step, if there is one."""
    return Activity.objects.filter(
        deal=deal, subject=deal.next_step, due_at=deal.next_step_at,
        done_at=None, cancelled_at=None,
    ).first()  # fmt: skip


def set_next_step(
    actor: User, deal_id: int, text: str, at: datetime | None, has_time: bool
) -> Deal:
    """Say what is done next for a deal, and by when.

    Raises
    ------
    Deal.DoesNotExist
        If the deal is not the actor's to see.
    ValidationError
        If either is missing.
    """
    step = checking.clean_subject(text)
    if checking.check_moment(at, "next_step_at") is None:
        raise ValidationError({"next_step_at": _("Say by when.")})
    changes = {"next_step": step, "next_step_at": at, "next_step_has_time": has_time}
    return change_deal(actor, deal_id, changes, source=MoveSource.PAGE)

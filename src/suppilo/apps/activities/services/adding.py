"""Adding an activity: something to do, or something that was done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.activities.models import Activity
from suppilo.apps.activities.services import checking
from suppilo.apps.activities.services.steps import plan_step
from suppilo.apps.activities.services.telling import tell_done
from suppilo.apps.people.models import Company, Identifier


@dataclass(frozen=True, slots=True)
class NewActivity:
    """What an activity is made of.

    Attributes
    ----------
    contact_id
        An identifier's id of the person it is with.
    owner_id
        Who is to do it, or did it; the actor where it is left out.
    due_at, has_time
        When; only the day counts where it has no time.
    done_at
        Set for something that was done already.
    is_next_step
        It is also the deal's next step.
    """

    kind: str
    subject: str
    note: str = ""
    deal_id: int | None = None
    contact_id: int | None = None
    company_id: int | None = None
    owner_id: int | None = None
    due_at: datetime | None = None
    has_time: bool = False
    duration_min: int | None = None
    is_high: bool = False
    tags: tuple[str, ...] = ()
    outcome: str = ""
    done_at: datetime | None = None
    is_next_step: bool = False


@transaction.atomic
def add_activity(actor: User | None, new: NewActivity) -> Activity:
    """Add an activity; one that was done already counts for its deal at once.

    Raises
    ------
    PermissionDenied
        If the actor's role may not edit deals.
    Deal.DoesNotExist
        If the actor doesn't see the deal.
    ValidationError
        If a value is wrong; by field.
    """
    if actor is not None:
        require(actor, Permission.EDIT_DEALS)
    activity = _build(actor, new)
    activity.save()
    record_audit(actor, "add_activity", activity, deal=new.deal_id, kind=new.kind)
    if activity.done_at is not None:
        tell_done(activity)
    elif new.is_next_step:
        plan_step(actor, activity)
    return activity


def _build(actor: User | None, new: NewActivity) -> Activity:
    owner = checking.check_owner(new.owner_id or (actor.pk if actor else 0))
    checking.check_deal(actor, new.deal_id, owner)
    _check_about(new)
    done_at = checking.check_moment(new.done_at, "done_at")
    if done_at is None and new.due_at is None:
        raise ValidationError({"due_at": _("Say when: a day, or today.")})
    return Activity(
        kind=checking.check_kind(new.kind),
        subject=checking.clean_subject(new.subject),
        note=checking.clean_note(new.note),
        deal_id=new.deal_id,
        contact_id=new.contact_id,
        company_id=new.company_id,
        owner=owner,
        due_at=checking.check_moment(new.due_at),
        has_time=new.has_time and new.due_at is not None,
        duration_min=checking.check_duration(new.duration_min),
        is_high=new.is_high,
        tags=checking.clean_tags(new.tags),
        outcome=checking.check_outcome(new.outcome) if done_at else "",
        done_at=min(done_at, timezone.now()) if done_at else None,
        created_by=actor,
    )


def _check_about(new: NewActivity) -> None:
    """Make sure that the person and the company are there."""
    if new.contact_id and not Identifier.objects.filter(pk=new.contact_id).exists():
        raise ValidationError({"contact": _("This person is no longer there.")})
    if new.company_id and not Company.objects.filter(pk=new.company_id).exists():
        raise ValidationError({"company": _("This company is no longer there.")})

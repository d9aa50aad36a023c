"""Make a goal, give it another target from now on, end it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.goals.models import Cadence, Goal, GoalTarget, Measure
from suppilo.apps.goals.periods import period_of
from suppilo.apps.goals.services.checks import check_goal, check_target

_LONGEST_NAME = 120
_YEARS = 10
"""A goal's days are all read: so many years of them, and not a century by a slip of the finger."""


@dataclass(frozen=True, slots=True)
class NewGoal:
    """A goal as somebody wants it; :class:`Goal` says what each part means.

    ``starts_on`` is any day of the first period (today's where it is left out), ``ends_on`` any
    day of the last.
    """

    measure: str
    cadence: str
    target: Decimal
    name: str = ""
    event: str = ""
    funnel_id: int | None = None
    step: int | None = None
    to_step: int | None = None
    pipeline_id: int | None = None
    stage_key: str = ""
    user_id: int | None = None
    team_id: int | None = None
    channel: str = ""
    currency: str = ""
    starts_on: date | None = None
    ends_on: date | None = None
    segment_id: int | None = None


@dataclass(frozen=True, slots=True)
class GoalChange:
    """What of a goal is to be another: its name, its target from this period on, its last day."""

    name: str
    target: Decimal
    ends_on: date | None


@transaction.atomic
def make_goal(actor: User, new: NewGoal, *, today: date | None = None) -> Goal:
    """Make a goal.

    Raises
    ------
    PermissionDenied
        If the role may not manage goals, or of a person's or team's not quotas.
    ValidationError
        If it can't be, or is a quota: the message says what to do.
    """
    _require(actor, new.user_id, new.team_id)
    check_goal(actor, new)
    cadence = Cadence(new.cadence)
    first = period_of(cadence, _in_calendar(new.starts_on or today or timezone.localdate()))
    given = asdict(new)
    target = given.pop("target")
    given |= {"name": _clean(new.name), "event": new.event.strip(), "starts_on": first.starts_on}
    given["ends_on"] = _last_day(cadence, first.starts_on, new.ends_on)
    goal = Goal.objects.create(**given, created_by=actor)
    GoalTarget.objects.create(goal=goal, starts_on=first.starts_on, target=target)
    record_audit(actor, "make_goal", goal, measure=new.measure, plan=str(target))
    return goal


@transaction.atomic
def change_goal(actor: User, goal: Goal, change: GoalChange, *, today: date | None = None) -> None:
    """Give a goal another name, another last day, and another target from this period on.

    What periods that are over were to reach stays as it was.

    Raises
    ------
    PermissionDenied
        If the goal is not the actor's to change.
    ValidationError
        If the target or the last day can't be.
    """
    _require(actor, goal.user_id, goal.team_id)
    check_target(Measure(goal.measure), change.target)
    goal.name = _clean(change.name)
    goal.ends_on = _last_day(Cadence(goal.cadence), goal.starts_on, change.ends_on)
    goal.updated_at = timezone.now()
    goal.save(update_fields=["name", "ends_on", "updated_at"])
    old, changed = _set_target(goal, change.target, today or timezone.localdate())
    detail: dict[str, Any] = {"ends_on": str(goal.ends_on or "")}
    if changed:
        detail |= {"old_plan": str(old), "plan": str(change.target)}
    record_audit(actor, "change_goal", goal, **detail)


@transaction.atomic
def end_goal(actor: User, goal: Goal, *, today: date | None = None) -> None:
    """End a goal with the period before this one; one that has just begun, with this period.

    Raises
    ------
    PermissionDenied
        If the goal is not the actor's to change.
    """
    _require(actor, goal.user_id, goal.team_id)
    period = period_of(Cadence(goal.cadence), today or timezone.localdate())
    first = period_of(period.cadence, goal.starts_on)
    last = max(period.starts_on - timedelta(days=1), first.last_day)
    goal.ends_on = last if goal.ends_on is None else min(goal.ends_on, last)
    goal.updated_at = timezone.now()
    goal.save(update_fields=["ends_on", "updated_at"])
    record_audit(actor, "end_goal", goal, ends_on=str(goal.ends_on))


@transaction.atomic
def delete_goal(actor: User, goal: Goal) -> None:
    """Remove a goal with its past.

    Raises
    ------
    PermissionDenied
        If the goal is not the actor's to change.
    """
    _require(actor, goal.user_id, goal.team_id)
    record_audit(actor, "delete_goal", goal, measure=goal.measure)
    goal.delete()


def _require(actor: User, user_id: int | None, team_id: int | None) -> None:
    require(actor, Permission.MANAGE_GOALS)
    if user_id is not None or team_id is not None:
        require(actor, Permission.MANAGE_QUOTAS)


def _set_target(goal: Goal, target: Decimal, today: date) -> tuple[Decimal | None, bool]:
    start = max(period_of(Cadence(goal.cadence), today).starts_on, goal.starts_on)
    rows = list(goal.targets.order_by("starts_on"))
    old = next((row.target for row in reversed(rows) if row.starts_on <= start), None)
    if old == target:
        return old, False
    # A target that was planned for later would undo this one.
    goal.targets.filter(starts_on__gte=start).delete()
    GoalTarget.objects.create(goal=goal, starts_on=start, target=target)
    return old, True


def _clean(name: str) -> str:
    plain = " ".join(name.split())
    if len(plain) > _LONGEST_NAME:
        raise ValidationError(_("Write a name of at most 120 characters."))
    return plain


def _last_day(cadence: Cadence, starts_on: date, day: date | None) -> date | None:
    if day is None:
        return None
    last = period_of(cadence, _in_calendar(day)).last_day
    if last < starts_on:
        raise ValidationError(_("The last day lies before the first. Take a later one."))
    return last


def _in_calendar(day: date) -> date:
    if abs(day.year - timezone.localdate().year) > _YEARS:
        raise ValidationError(_("Take a day within ten years of today."))
    return day

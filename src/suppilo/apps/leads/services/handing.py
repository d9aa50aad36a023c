"""Qualify leads and hand them over to sales."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.leads.calendars import CalendarBook, first_team
from suppilo.apps.leads.models import (
    ChangeKind,
    HandOver,
    HandOverEnd,
    Lead,
    LeadState,
    ReturnReason,
)
from suppilo.apps.leads.routing import Choice, choose_owner
from suppilo.apps.leads.services.ledger import require_state, take_lead, write_change

_BEFORE_SALES = (LeadState.NEW, LeadState.RETURNED)
_TO_HAND_OVER = (*_BEFORE_SALES, LeadState.QUALIFIED, LeadState.HANDED_OVER, LeadState.ACCEPTED)


@transaction.atomic
def qualify_lead(
    actor: User, lead_id: int, *, reason: str = "", now: datetime | None = None
) -> Lead:
    """Say that a lead is worth sales' while (MQL).

    Raises
    ------
    PermissionDenied, Lead.DoesNotExist
        If it is not the actor's to do.
    ValidationError
        If it is neither new nor returned.
    """
    lead = take_lead(actor, lead_id)
    require_state(lead, *_BEFORE_SALES)
    qualify(lead, actor, now or timezone.now(), reason)
    return lead


def qualify(lead: Lead, actor: User | None, at: datetime, reason: str = "") -> None:
    """Qualify a lead that the caller holds."""
    lead.qualified_at = at
    write_change(lead, ChangeKind.QUALIFY, LeadState.QUALIFIED, actor=actor, at=at, reason=reason)


@transaction.atomic
def hand_over_lead(
    actor: User,
    lead_id: int,
    *,
    owner_id: int | None = None,
    reason: str = "",
    now: datetime | None = None,
) -> Lead:
    """Hand a lead over to sales (SQL); one that is new or returned is qualified with it.

    Parameters
    ----------
    owner_id
        Who gets it. Left out, the routing rules choose; where nobody is free the lead waits
        (``route_since``) and goes to the first who is.

    Raises
    ------
    PermissionDenied, Lead.DoesNotExist
        If it is not the actor's to do.
    ValidationError
        If it is closed, or the owner named is nobody who works on leads.
    """
    at = now or timezone.now()
    lead = take_lead(actor, lead_id)
    require_state(lead, *_TO_HAND_OVER)
    if lead.state in _BEFORE_SALES:
        qualify(lead, actor, at)
    if owner_id is None:
        route(lead, actor, at, CalendarBook(), reason)
        return lead
    owner = _find_worker(owner_id)
    if lead.hand_over is not None and lead.hand_over.ended_at is None and lead.owner == owner:
        raise ValidationError(_("%(name)s has this lead already.") % {"name": owner})
    give(lead, Choice(owner), actor, at, CalendarBook(), reason)
    return lead


def route(
    lead: Lead, actor: User | None, at: datetime, book: CalendarBook, reason: str = ""
) -> bool:
    """Give a lead that the caller holds to whom the rules choose; return whether there was one."""
    choice = choose_owner(lead, book, at, but=[lead.owner_id] if lead.owner_id else [])
    if choice.user is not None:
        give(lead, choice, actor, at, book, reason)
        return True
    if lead.route_since is None and lead.state == LeadState.QUALIFIED:
        lead.route_since = at
        write_change(
            lead, ChangeKind.WAIT, LeadState.QUALIFIED, actor=actor, at=at, reason=reason,
            evidence=choice.evidence(),
        )  # fmt: skip
    return False


def give(
    lead: Lead,
    choice: Choice,
    actor: User | None,
    at: datetime,
    book: CalendarBook,
    reason: str = "",
    kind: ChangeKind = ChangeKind.HAND_OVER,
) -> HandOver:
    """Begin a hand-over of a lead that the caller holds; one that goes on ends with it."""
    owner, rule = choice.user, choice.rule
    if owner is None:
        raise ValueError("a lead is given to somebody")
    waited_since = _waited_since(lead, at)
    end_hand_over(lead, HandOverEnd.PASSED_ON, at, book)
    team = rule.team if rule is not None and rule.team is not None else first_team(owner)
    calendar = book.of_team(team.pk if team else None)
    answer_min = calendar.answer_min if rule is None else rule.answer_min or calendar.answer_min
    on_overdue = calendar.on_overdue if rule is None else rule.on_overdue or calendar.on_overdue
    hand_over = HandOver.objects.create(
        lead=lead, to=owner, team=team, by=actor, rule=rule, waited_since=waited_since, at=at,
        due_at=calendar.worktime.add(at, answer_min), answer_min=answer_min, on_overdue=on_overdue,
    )  # fmt: skip
    lead.hand_over, lead.owner, lead.team, lead.route_since = hand_over, owner, team, None
    write_change(
        lead, kind, LeadState.HANDED_OVER, actor=actor, at=at, reason=reason,
        evidence={"owner": owner.pk, **choice.evidence()},
    )  # fmt: skip
    return hand_over


def end_hand_over(
    lead: Lead,
    end: HandOverEnd,
    at: datetime,
    book: CalendarBook,
    *,
    reason: ReturnReason | None = None,
    is_answer: bool = False,
) -> None:
    """End the hand-over that goes on, if one does.

    Parameters
    ----------
    is_answer
        Whether the end is the first answer where there was none before: an acceptance is.
    """
    found = lead.hand_over
    if found is None or found.ended_at is not None:
        return
    if found.answered_at is None:
        worktime = book.of_team(found.team_id).worktime
        waited_s = int(worktime.between(found.at, at).total_seconds())
        if is_answer:
            found.answered_at, found.answer_s = at, waited_s
        else:
            found.watched_s = waited_s
    found.ended_at, found.end, found.reason = at, end, reason
    found.save()


def _waited_since(lead: Lead, at: datetime) -> datetime:
    """Return since when a lead has been waiting for this hand-over."""
    if lead.state == LeadState.QUALIFIED and lead.qualified_at is not None:
        return lead.qualified_at
    return at


def _find_worker(user_id: int) -> User:
    user = User.objects.filter(pk=user_id, is_active=True).prefetch_related("teams").first()
    if user is None or not allows(user, Permission.WORK_LEADS):
        raise ValidationError(_("Choose somebody who works on leads."))
    return user

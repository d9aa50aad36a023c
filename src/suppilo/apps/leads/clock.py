"""What time does to leads: answers are noticed, overdue ones told, waiting ones handed over."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery

from suppilo.apps.activities.models import Activity, ActivityKind
from suppilo.apps.leads.calendars import CalendarBook
from suppilo.apps.leads.models import ChangeKind, HandOver, Lead, LeadState, OnOverdue
from suppilo.apps.leads.routing import (
    Choice,
    choose_owner,
    former_owners,
    head_of_sales,
    is_anybody_free,
)
from suppilo.apps.leads.services.handing import give, route
from suppilo.apps.leads.services.ledger import lock_lead, write_change

AT_ONCE = 200
"""So many leads are moved on in one step."""


def step_clock(now: datetime) -> int:
    """Do what is due by now, a little of it, and return how many leads that was."""
    book = CalendarBook()
    return note_answers(now, book) + tell_overdue(now, book) + route_waiting(now, book)


def note_answers(now: datetime, book: CalendarBook) -> int:
    """Note the first answers that activities are: a finished one with the person, but no task."""
    answered = list(_with_answer().values_list("pk", "team", "at", "first_done_at")[:AT_ONCE])
    for number, team_id, handed_at, done_at in answered:
        at = min(done_at, now)
        answer_s = int(book.of_team(team_id).worktime.between(handed_at, at).total_seconds())
        waiting = HandOver.objects.filter(pk=number, answered_at=None, ended_at=None)
        waiting.update(answered_at=at, answer_s=answer_s)
    return len(answered)


def _with_answer() -> QuerySet[Any]:
    done = Activity.objects.filter(
        contact__person=OuterRef("lead__contact__person"), done_at__gte=OuterRef("at")
    )
    first = done.exclude(kind=ActivityKind.TASK).order_by("done_at").values("done_at")[:1]
    waiting = HandOver.objects.filter(answered_at=None, ended_at=None)
    return waiting.annotate(first_done_at=Subquery(first)).exclude(first_done_at=None)


def tell_overdue(now: datetime, book: CalendarBook) -> int:
    """Escalate what nobody answered in time, each hand-over once."""
    late = HandOver.objects.filter(
        due_at__lte=now, answered_at=None, ended_at=None, escalated_at=None
    ).exclude(on_overdue=OnOverdue.NOTHING)
    numbers = list(late.order_by("due_at").values_list("pk", "lead_id")[:AT_ONCE])
    for number, lead_id in numbers:
        with transaction.atomic():
            lead = lock_lead(lead_id)
            if lead.hand_over_id == number and lead.state == LeadState.HANDED_OVER:
                _escalate(lead, now, book)
            HandOver.objects.filter(pk=number).update(escalated_at=now)
    return len(numbers)


def _escalate(lead: Lead, now: datetime, book: CalendarBook) -> None:
    hand_over = lead.hand_over
    if hand_over is None:
        return
    missed = {"due_at": hand_over.due_at.isoformat() if hand_over.due_at else None,
              "owner_before": hand_over.to_id}  # fmt: skip
    choice = _somebody_else(lead, hand_over, book, now)
    if choice.user is None:
        write_change(
            lead, ChangeKind.ESCALATE, LeadState.HANDED_OVER, actor=None, at=now, evidence=missed
        )
        return
    given = give(lead, choice, None, now, book, kind=ChangeKind.ESCALATE)
    # Once: whoever gets it now has it, however long they take.
    HandOver.objects.filter(pk=given.pk).update(on_overdue=OnOverdue.NOTHING)


def _somebody_else(lead: Lead, hand_over: HandOver, book: CalendarBook, now: datetime) -> Choice:
    had = former_owners(lead)
    if hand_over.on_overdue == OnOverdue.REROUTE:
        choice = choose_owner(lead, book, now, but=had)
        if choice.user is not None:
            return choice
    return Choice(head_of_sales(lead, but=had))


def route_waiting(now: datetime, book: CalendarBook) -> int:
    """Hand over the leads that nobody was free for, the longest waiting first."""
    waiting = Lead.objects.exclude(route_since=None).order_by("route_since")
    numbers = list(waiting.values_list("pk", flat=True)[:AT_ONCE])
    if not numbers or not is_anybody_free(book, now):
        return 0
    routed = 0
    for number in numbers:
        with transaction.atomic():
            lead = lock_lead(number)
            if lead.route_since is not None and lead.state == LeadState.QUALIFIED:
                routed += route(lead, None, now, book)
    return routed

"""How much working time a hand-over has left for its first answer, or is late by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from suppilo.apps.leads.calendars import CalendarBook
from suppilo.apps.leads.models import HandOver, Lead, LeadState


@dataclass(frozen=True, slots=True)
class Clock:
    """A service level's clock, in working time.

    Attributes
    ----------
    due_at
        When the answer is due; None where nobody ever works.
    left
        Until then; none once it is late.
    late_by
        Since then; none before.
    is_running
        Whether it is working time now.
    """

    due_at: datetime | None
    left: timedelta
    late_by: timedelta
    is_running: bool

    @property
    def is_late(self) -> bool:
        """Whether the answer is overdue."""
        return self.late_by > timedelta() or (self.due_at is not None and not self.left)


def clocks_of(leads: Iterable[Lead], now: datetime) -> dict[int, Clock]:
    """Return the clocks of the leads that wait for an answer, by the lead's id."""
    waiting = [
        (lead.pk, lead.hand_over)
        for lead in leads
        if lead.state == LeadState.HANDED_OVER and lead.hand_over is not None
    ]
    unanswered = [(number, one) for number, one in waiting if one.answered_at is None]
    if not unanswered:
        return {}
    book = CalendarBook()
    return {number: _clock(one, book, now) for number, one in unanswered}


def _clock(hand_over: HandOver, book: CalendarBook, now: datetime) -> Clock:
    worktime = book.of_team(hand_over.team_id).worktime
    due_at = hand_over.due_at
    if due_at is None:
        return Clock(None, timedelta(), timedelta(), is_running=False)
    return Clock(
        due_at,
        worktime.between(now, due_at),
        worktime.between(due_at, now),
        worktime.is_working(now),
    )

"""Facts for a page: those of the database at once, those of events when they are counted."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import partial

from django.http import Http404

from suppilo.apps.accounts.models import User
from suppilo.apps.goals.models import Goal
from suppilo.apps.goals.selectors import (
    PREVIOUS,
    Asked,
    Progress,
    ask_goals,
    days_for,
    needs_events,
    read_stored,
    start_events,
    visible_goals,
    weigh,
)
from suppilo.web.views.insights.waiting import find_answer


def find_progress(
    asked: Collection[Asked], now: datetime, wait_s: float
) -> tuple[list[Progress], dict[str, str]]:
    """Return where goals stand, and ``ready``, or why those of events stand nowhere yet."""
    days = days_for(asked, now)
    facts, state = read_stored(asked, days), {"state": "ready"}
    if needs_events(asked):
        found, state = find_answer(partial(start_events, asked, days), wait_s)
        facts |= found or {}
    return weigh(asked, facts, days), state


def find_goal(user: User, pk: int) -> Goal:
    """Return a goal that a user sees.

    Raises
    ------
    Http404
        If there is none of this number, or it is not theirs to see.
    """
    found = visible_goals(user).prefetch_related("targets").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def find_one(
    goal: Goal, now: datetime, wait_s: float, previous: int = PREVIOUS
) -> tuple[Progress, dict[str, str]]:
    """Return where one goal stands."""
    found, state = find_progress(ask_goals([goal], now, previous), now, wait_s)
    return found[0], state

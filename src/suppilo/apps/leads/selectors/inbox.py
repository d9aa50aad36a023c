"""The inbox: which leads, how many of each, in what order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.leads.models import CLOSED_STATES, Lead, LeadState
from suppilo.apps.leads.selectors.visible import SHOWN_WITH, visible_leads
from suppilo.apps.people.values import after_prefix, search_key
from suppilo.apps.scores.selectors import points_of


class Tray(StrEnum):
    """A part of the inbox."""

    NEW = "new"
    RETURNED = "returned"
    QUALIFIED = "qualified"
    ANSWER = "answer"
    LATE = "late"
    SALES = "sales"
    CLOSED = "closed"
    ALL = "all"


OF_MARKETING = tuple(Tray)
OF_SALES = (Tray.ANSWER, Tray.LATE, Tray.SALES, Tray.CLOSED, Tray.ALL)
_BY_CLOCK = {Tray.ANSWER, Tray.LATE, Tray.SALES}


@dataclass(frozen=True, slots=True)
class LeadFilter:
    """Which leads a list shows.

    Attributes
    ----------
    search
        The beginning of a name, a last name, an e-mail address or the lead's identifier.
    owner
        A user's id; 0 for leads that nobody in sales has.
    interest
        The whole of it, in any case.
    among
        Only leads of these people: their ids.
    by_score
        Those with the most points first, rather than those due first or the newest.
    """

    tray: Tray = Tray.ALL
    search: str = ""
    owner: int | None = None
    team: int | None = None
    channel: str = ""
    interest: str = ""
    by_score: bool = False
    among: QuerySet[Any, Any] | None = None


def trays_of(user: User) -> tuple[Tray, ...]:
    """Return the parts of the inbox that are a user's business, the first one shown first."""
    return OF_MARKETING if allows(user, Permission.MANAGE_LEADS) else OF_SALES


def list_leads(user: User, asked: LeadFilter, now: datetime) -> QuerySet[Lead]:
    """Return leads with what lists show of them: with sales, those due first; else the newest."""
    found = visible_leads(user).filter(tray_condition(asked.tray, now), _narrowed(asked))
    found = found.select_related(*SHOWN_WITH)
    if asked.by_score:
        points = F("points").desc(nulls_last=True)
        scored = found.annotate(points=points_of("contact__person_id"))
        return scored.order_by(points, "-came_at", "-id")
    if asked.tray in _BY_CLOCK:
        answered = F("hand_over__answered_at").asc(nulls_first=True)
        return found.order_by(answered, F("hand_over__due_at").asc(nulls_last=True), "id")
    return found.order_by("-came_at", "-id")


def count_trays(user: User, now: datetime) -> dict[Tray, int]:
    """Return how many leads lie in each part, in one query."""
    counts = {str(tray): Count("pk", filter=tray_condition(tray, now)) for tray in Tray}
    found = visible_leads(user).order_by().aggregate(**counts)
    return {tray: found[str(tray)] for tray in Tray}


def tray_condition(tray: Tray, now: datetime) -> Q:
    """Return which leads lie in a part of the inbox."""
    with_sales = Q(state__in=[LeadState.HANDED_OVER, LeadState.ACCEPTED])
    to_answer = Q(state=LeadState.HANDED_OVER, hand_over__answered_at=None)
    return {
        Tray.NEW: Q(state=LeadState.NEW),
        Tray.RETURNED: Q(state=LeadState.RETURNED),
        Tray.QUALIFIED: Q(state=LeadState.QUALIFIED),
        Tray.ANSWER: to_answer,
        Tray.LATE: to_answer & Q(hand_over__due_at__lte=now),
        Tray.SALES: with_sales,
        Tray.CLOSED: Q(state__in=CLOSED_STATES),
        Tray.ALL: Q(pk__isnull=False),
    }[tray]


def _narrowed(asked: LeadFilter) -> Q:
    wanted = Q()
    if asked.owner is not None:
        wanted &= Q(owner=asked.owner) if asked.owner else Q(owner=None)
    if asked.team is not None:
        wanted &= Q(team=asked.team)
    if asked.channel:
        wanted &= Q(channel=asked.channel)
    if asked.interest.strip():
        wanted &= Q(interest__iexact=asked.interest.strip())
    if asked.among is not None:
        wanted &= Q(contact__person__in=asked.among)
    if asked.search.strip():
        wanted &= _searched(asked.search)
    return wanted


def _searched(text: str) -> Q:
    prefix = search_key(text)
    until = after_prefix(prefix)
    columns = (
        "contact__person__name_key", "contact__person__surname_key",
        "contact__person__email_key", "contact__search_key",
    )  # fmt: skip
    found = Q()
    for column in columns:
        found |= Q(**{f"{column}__gte": prefix, f"{column}__lt": until})
    return found


def list_person_leads(user: User, person_id: int) -> QuerySet[Lead]:
    """Return a person's leads, the newest first."""
    found = visible_leads(user).filter(contact__person=person_id)
    return found.select_related(*SHOWN_WITH).order_by("-came_at", "-id")

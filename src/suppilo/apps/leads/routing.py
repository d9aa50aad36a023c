"""Whom a lead goes to: the routing rules, in order, the first with somebody free."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet

from suppilo.apps.accounts.models import Role, User
from suppilo.apps.accounts.permissions import GRANTS, Permission
from suppilo.apps.deals.models import Deal, DealState
from suppilo.apps.leads.calendars import CalendarBook
from suppilo.apps.leads.models import (
    Absence,
    HandOver,
    Lead,
    LeadState,
    PropertyOf,
    RoutingMethod,
    RoutingRule,
)
from suppilo.apps.people.models import CompanyTrait, TraitValue

SELLERS = (Role.SALESPERSON, Role.HEAD_OF_SALES)
"""Who of a team gets leads; others only where a rule names them."""
_WORKERS = [role for role, grants in GRANTS.items() if Permission.WORK_LEADS in grants]


@dataclass(frozen=True, slots=True)
class Choice:
    """Whom the rules chose, by which, and whom they passed over.

    ``passed_over`` has names with a reason: ``absent``, ``after_hours``.
    """

    user: User | None = None
    rule: RoutingRule | None = None
    passed_over: dict[str, str] = field(default_factory=dict)

    def evidence(self) -> dict[str, Any]:
        """Return what the ledger keeps of it."""
        return {
            **({"rule": self.rule.name} if self.rule else {}),
            **({"passed_over": self.passed_over} if self.passed_over else {}),
        }


def choose_owner(
    lead: Lead, book: CalendarBook, now: datetime, but: Collection[int] = ()
) -> Choice:
    """Return who gets a lead; nobody where no rule fits, or nobody is free.

    Call it in a transaction: the rule's turn is moved on.

    Parameters
    ----------
    but
        Users who are not to get it: who did not answer it.
    """
    passed_over: dict[str, str] = {}
    for rule in RoutingRule.objects.filter(is_enabled=True).select_for_update(of=("self",)):
        if not matches(rule, lead):
            continue
        free = _free(rule, _candidates(rule, but), book, now, passed_over)
        if free:
            chosen = _next_in_turn(rule, free)
            RoutingRule.objects.filter(pk=rule.pk).update(last_user=chosen)
            return Choice(chosen, rule, passed_over)
    return Choice(passed_over=passed_over)


def is_anybody_free(book: CalendarBook, now: datetime) -> bool:
    """Return whether any rule has somebody who may get a lead now."""
    rules = RoutingRule.objects.filter(is_enabled=True)
    return any(_free(rule, _candidates(rule, ()), book, now, {}) for rule in rules)


def matches(rule: RoutingRule, lead: Lead) -> bool:
    """Return whether a lead is one that a rule is for."""
    if rule.interests and _plain(lead.interest) not in map(_plain, rule.interests):
        return False
    if not rule.property:
        return True
    wanted = set(map(_plain, rule.values))
    return any(_plain(value) in wanted for value in _territory(rule, lead))


def _plain(value: Any) -> str:
    return str(value).strip().casefold()


def _territory(rule: RoutingRule, lead: Lead) -> list[Any]:
    person = lead.contact.person
    if rule.property_of == PropertyOf.PERSON:
        traits = TraitValue.objects.filter(identifier__person=person, is_current=True)
        return list(traits.filter(name=rule.property).values_list("value", flat=True))
    said = CompanyTrait.objects.filter(company=person.company_id, name=rule.property)
    return list(said.order_by("-at_us", "-id").values_list("value", flat=True)[:1])


def _candidates(rule: RoutingRule, but: Collection[int]) -> list[User]:
    """Return whom a rule names, in the order of its turn."""
    named = Q(pk__in=rule.users.values("pk"), role__in=_WORKERS)
    if rule.team_id is not None:
        named |= Q(pk__in=User.objects.filter(teams=rule.team_id).values("pk"), role__in=SELLERS)
    found = User.objects.filter(named, is_active=True).exclude(pk__in=but)
    users = list(found.order_by("pk").prefetch_related("teams"))
    last = rule.last_user_id or 0
    return sorted(users, key=lambda user: (user.pk <= last, user.pk))


def _free(
    rule: RoutingRule,
    users: Sequence[User],
    book: CalendarBook,
    now: datetime,
    passed_over: dict[str, str],
) -> list[User]:
    """Return those who are at work, and note the others."""
    away = _away(users, book, now)
    free = []
    for user in users:
        if user.pk in away and not rule.takes_absent:
            passed_over[str(user)] = "absent"
        elif not rule.takes_after_hours and not _calendar(rule, user, book).is_working(now):
            passed_over[str(user)] = "after_hours"
        else:
            free.append(user)
    return free


def _calendar(rule: RoutingRule, user: User, book: CalendarBook) -> Any:
    if rule.team_id is not None:
        return book.of_team(rule.team_id).worktime
    return book.of_user(user.teams.all()).worktime


def _away(users: Sequence[User], book: CalendarBook, now: datetime) -> set[int]:
    """Return who is away today, by the date where they are."""
    spans = Absence.objects.filter(user__in=users).values_list("user", "first_day", "last_day")
    by_id = {user.pk: user for user in users}
    away = set()
    for number, first, last in spans:
        zone = book.of_user(by_id[number].teams.all()).worktime.zone
        if first <= now.astimezone(zone).date() <= last:
            away.add(number)
    return away


def _next_in_turn(rule: RoutingRule, free: Sequence[User]) -> User:
    if rule.method != RoutingMethod.LOAD:
        return free[0]
    load = count_load(free)
    return min(free, key=lambda user: load[user.pk])


def count_load(users: Sequence[User]) -> dict[int, int]:
    """Return how many open leads and deals each user has."""
    ids = [user.pk for user in users]
    held = [LeadState.HANDED_OVER, LeadState.ACCEPTED]
    leads = _count_by_owner(Lead.objects.filter(owner__in=ids, state__in=held))
    deals = _count_by_owner(Deal.objects.filter(owner__in=ids, state=DealState.OPEN))
    return {number: leads.get(number, 0) + deals.get(number, 0) for number in ids}


def _count_by_owner(found: QuerySet[Any]) -> dict[int, int]:
    return dict(found.order_by().values_list("owner").annotate(n=Count("pk")))


def head_of_sales(lead: Lead, but: Collection[int] = ()) -> User | None:
    """Return who is told of leads that nobody answers: of the lead's team if it has one."""
    heads = User.objects.filter(role=Role.HEAD_OF_SALES, is_active=True).exclude(pk__in=but)
    own = heads.filter(teams=lead.team_id).order_by("pk").first() if lead.team_id else None
    return own or heads.order_by("pk").first()


def former_owners(lead: Lead) -> set[int]:
    """Return who has had a lead already."""
    return set(HandOver.objects.filter(lead=lead).values_list("to", flat=True))

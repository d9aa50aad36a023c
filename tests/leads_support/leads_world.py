"""A team that sells, its rules, and people who come."""

from datetime import UTC, datetime

from people_support.people_world import SOURCE, evidence, seen, user
from suppilo.apps.accounts.models import Role, Team, User
from suppilo.apps.activities.models import Activity
from suppilo.apps.leads.models import (
    Lead,
    ReturnReason,
    RoutingRule,
    WorkingHours,
)
from suppilo.apps.leads.services import add_lead, hand_over_lead, qualify_lead
from suppilo.apps.leads.services.intake import NewLead
from suppilo.apps.people.evidence import Trait
from suppilo.apps.people.models import Person
from suppilo.apps.people.services import record_evidence
from web_support.accounts import make_user

MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
"""Ten in the morning in Riga."""


def make_team(name: str = "North", sellers: int = 2) -> tuple[Team, list[User]]:
    """Make a team with salespeople."""
    team = Team.objects.create(name=name)
    users = [make_user(Role.SALESPERSON, name=f"{name} {n}") for n in range(1, sellers + 1)]
    team.members.set(users)
    return team, users


def make_hours(team: Team | None = None, **given) -> WorkingHours:
    """Make hours: nine to five in Riga on weekdays, an answer within an hour."""
    week = {str(day): [["09:00", "17:00"]] for day in range(5)}
    said = {"time_zone": "Europe/Riga", "week": week, "answer_min": 60}
    return WorkingHours.objects.create(team=team, **(said | given))


def make_rule(name: str = "All", users: list[User] | None = None, **given) -> RoutingRule:
    """Make a routing rule, after those there are."""
    said = {"name": name, "position": RoutingRule.objects.count()}
    rule = RoutingRule.objects.create(**(said | given))
    rule.users.set(users or [])
    return rule


def make_reason(name: str = "Not reached") -> ReturnReason:
    return ReturnReason.objects.get_or_create(name=name)[0]


def make_person(identifier: str, at: int = 0, **traits: object) -> Person:
    """Make a known person with properties."""
    said = [Trait(identifier, name, value, at) for name, value in traits.items()]
    record_evidence(SOURCE, evidence(user(identifier, at, channel="paid_search"), *said))
    return Person.objects.get(identifiers__value=identifier)


def make_visitor(identifier: str) -> Person:
    record_evidence(SOURCE, evidence(seen(identifier, channel="email")))
    return Person.objects.get(identifiers__value=identifier)


def make_lead(actor: User, who: str = "anna", now: datetime = MONDAY, **given) -> Lead:
    return add_lead(actor, NewLead(f"{who}@example.com", **given), now=now)


def hand_over(actor: User, lead: Lead, owner: User | None = None, now: datetime = MONDAY) -> Lead:
    """Qualify a lead where need be and hand it over."""
    if lead.state == "new":
        qualify_lead(actor, lead.pk, now=now)
    return hand_over_lead(actor, lead.pk, owner_id=owner.pk if owner else None, now=now)


def make_activity(owner: User, person: Person, done_at: datetime | None, kind: str = "call"):
    return Activity.objects.create(
        kind=kind, subject="Call", owner=owner, contact_id=person.pk, done_at=done_at
    )

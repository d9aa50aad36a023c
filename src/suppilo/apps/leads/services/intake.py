"""How people become leads: one by one, many at once, always at most one open lead each."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.leads.models import (
    OPEN_STATES,
    ChangeKind,
    IntakeRule,
    Lead,
    LeadChange,
    LeadOrigin,
    LeadState,
)
from suppilo.apps.leads.services.ledger import EVENT_NAMES, describe
from suppilo.apps.outbox.services import NewEvent, record_events
from suppilo.apps.people.blocked import is_blocked, is_usable
from suppilo.apps.people.evidence import Evidence, Grouping, Sighting, Trait
from suppilo.apps.people.models import Identifier, Person
from suppilo.apps.people.models.identity import MANUAL
from suppilo.apps.people.selectors.first_touch import FirstTouch, find_first_touches
from suppilo.apps.people.services import record_evidence
from suppilo.apps.people.services.state import writing_identities
from suppilo.apps.people.values import as_us, search_key

MOST_AT_ONCE = 10_000
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class NewLead:
    """Somebody as they are typed in.

    Attributes
    ----------
    identifier
        Their e-mail address, or a user id that events come with.
    company
        The company's key or name.
    """

    identifier: str
    name: str = ""
    company: str = ""
    phone: str = ""
    interest: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A person who becomes a lead, and why.

    ``came_at`` is when: the event's time, or now.
    """

    person_id: int
    came_at: datetime
    interest: str = ""
    note: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Added:
    """The leads that were made, and how many people had an open lead already."""

    leads: list[Lead]
    had_one: int


def add_lead(
    actor: User,
    new: NewLead,
    *,
    origin: LeadOrigin = LeadOrigin.HAND,
    now: datetime | None = None,
) -> Lead:
    """Put somebody into the inbox; a person whom nobody knew is made.

    Raises
    ------
    PermissionDenied
        If the role may not work on leads.
    ValidationError
        If nothing says who it is, or the person has an open lead.
    """
    require(actor, Permission.WORK_LEADS)
    at = now or timezone.now()
    identifier = _clean_identifier(new.identifier)
    with writing_identities():
        person = _find_person(identifier)
        known = person is not None
        if person is None or new.name or new.company or new.phone:
            _describe_person(person.identifier if person else identifier, new, at, known)
            person = _find_person(identifier)
        if person is None:
            raise ValidationError(_("This can't be somebody's identifier: %s") % identifier)
        entry = Entry(person.pk, at, new.interest.strip()[:_LONGEST], new.note.strip()[:5_000])
        added = enter([entry], origin, at, actor=actor)
        if not added.leads:
            raise ValidationError(_("%(name)s is an open lead already.") % {"name": person})
        record_audit(actor, "add_lead", added.leads[0])
    return added.leads[0]


def add_leads(
    actor: User,
    person_ids: Collection[int],
    *,
    origin: LeadOrigin = LeadOrigin.BULK,
    now: datetime | None = None,
) -> Added:
    """Put people into the inbox, in a few statements; who has an open lead keeps that.

    Raises
    ------
    PermissionDenied
        If the role may not work on leads.
    ValidationError
        If there are none, or too many.
    """
    require(actor, Permission.WORK_LEADS)
    if not 1 <= len(person_ids) <= MOST_AT_ONCE:
        raise ValidationError(_("Choose between 1 and 10,000 people."))
    at = now or timezone.now()
    with writing_identities():
        added = enter([Entry(number, at) for number in person_ids], origin, at, actor=actor)
        record_audit(actor, "add_leads", None, leads=len(added.leads))
    return added


def enter(
    entries: Sequence[Entry],
    origin: LeadOrigin,
    now: datetime,
    *,
    actor: User | None = None,
    rule: IntakeRule | None = None,
) -> Added:
    """Make leads of people; call it while writing identities, so that each is whom they are.

    A person who is listed twice, who is not there, or who has an open lead makes no new one.
    """
    by_person = {entry.person_id: entry for entry in reversed(entries)}
    people = Person.objects.in_bulk(by_person, field_name="pk")
    taken = people_with_open_leads(people)
    touches = find_first_touches(people)
    leads = [
        _lead(people[number], entry, touches.get(number), origin, now, actor, rule)
        for number, entry in by_person.items()
        if number in people and people[number].is_visible and number not in taken
    ]
    Lead.objects.bulk_create(leads)
    _write_first_changes(leads, by_person, now, actor)
    return Added(leads, len(taken))


def people_with_open_leads(person_ids: Collection[int]) -> set[int]:
    """Return who of these people has an open lead."""
    found = Lead.objects.filter(state__in=OPEN_STATES, contact__person__in=list(person_ids))
    return set(found.values_list("contact__person", flat=True))


def _lead(
    person: Person,
    entry: Entry,
    touch: FirstTouch | None,
    origin: LeadOrigin,
    now: datetime,
    actor: User | None,
    rule: IntakeRule | None,
) -> Lead:
    # A person's own identifier has the person's id, and every person has it.
    return Lead(
        contact_id=person.pk,
        origin=origin,
        rule=rule,
        interest=entry.interest,
        note=entry.note,
        source=touch.source if touch else "",
        channel=touch.channel if touch else person.first_channel[:60],
        campaign=touch.campaign if touch else "",
        came_at=entry.came_at,
        created_by=actor,
        created_at=now,
        updated_at=now,
    )


def _write_first_changes(
    leads: Sequence[Lead], entries: Mapping[int, Entry], now: datetime, actor: User | None
) -> None:
    LeadChange.objects.bulk_create(
        LeadChange(
            lead=lead, number=1, kind=ChangeKind.CAME, to_state=LeadState.NEW, at=now,
            actor=actor, evidence=dict(entries[lead.contact_id].evidence),
        )
        for lead in leads
    )  # fmt: skip
    values = dict(
        Identifier.objects.filter(pk__in=[lead.contact_id for lead in leads]).values_list(
            "pk", "value"
        )
    )
    name = EVENT_NAMES[ChangeKind.CAME]
    record_events(
        NewEvent(name, values[lead.contact_id], lead.came_at, describe(lead)) for lead in leads
    )


def _clean_identifier(text: str) -> str:
    found = text.strip()
    if "@" in found:
        try:
            validate_email(found)
        except ValidationError:
            raise ValidationError(_("“%s” is no e-mail address.") % found) from None
        found = found.lower()
    if not is_usable(found) or is_blocked(found):
        raise ValidationError(_("Say who it is: an e-mail address, or a user's id."))
    return found


def _find_person(identifier: str) -> Person | None:
    """Return whom an identifier belongs to, or who has the address."""
    found = Identifier.objects.select_related("person").filter(value=identifier).first()
    if found is not None:
        return found.person
    key = search_key(identifier)
    having = Person.objects.filter(is_visible=True, has_email=True, email_key=key)
    return having.filter(email__iexact=identifier).order_by("pk").first()


def _describe_person(identifier: str, new: NewLead, at: datetime, known: bool) -> None:
    """Write down what was typed in about somebody."""
    at_us = as_us(at)
    given = {"name": new.name, "phone": new.phone}
    if not known and "@" in identifier:
        given["email"] = identifier
    traits = [
        Trait(identifier, name, value.strip()[:_LONGEST], at_us)
        for name, value in given.items()
        if value.strip()
    ]
    company = new.company.strip()[:_LONGEST]
    groupings = [Grouping(identifier, company, at_us, {"name": company})] if company else []
    seen = [] if known else [Sighting(identifier, True, at_us, at_us, 0)]
    record_evidence(MANUAL, Evidence(seen, (), traits, groupings))

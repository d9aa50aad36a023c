"""Intake rules at work: captured events that make leads, in small steps with a cursor."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import OperationalError, transaction

from suppilo.apps.capture.flush import PROJECTED, READER
from suppilo.apps.capture.models import Cursor, Inbox
from suppilo.apps.capture.prepare import read_payload
from suppilo.apps.deals.models import DealState, Participant
from suppilo.apps.leads.calendars import CalendarBook
from suppilo.apps.leads.models import IntakeRule, Lead, LeadOrigin, LeadState
from suppilo.apps.leads.services.handing import qualify, route
from suppilo.apps.leads.services.intake import Entry, enter, people_with_open_leads
from suppilo.apps.leads.services.ledger import lock_lead
from suppilo.apps.people.models import Identifier
from suppilo.apps.people.services.state import writing_identities
from suppilo.apps.people.values import as_datetime

CURSOR = f"{READER}leads"
STEP_ROWS = 5_000
"""So many events are looked through at once; only those that a rule names are read whole."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An event that a rule may be about."""

    event_id: str
    name: str
    path: str
    at_us: int
    received_us: int
    properties: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Comer:
    """Whom an event belongs to."""

    person_id: int
    has_email: bool


def step_rules(now: datetime, rows: int = STEP_ROWS) -> int:
    """Look through the next events that identities are known of, and return how many.

    The events and the cursor are one transaction: a crash has none of it or all of it.
    """
    cursor, _made = Cursor.objects.get_or_create(name=CURSOR)
    projected = Cursor.objects.filter(name=PROJECTED).values_list("value", flat=True).first() or 0
    if projected <= cursor.value:
        return 0
    rules = list(IntakeRule.objects.filter(is_enabled=True))
    up_to = _step_end(cursor.value, projected, rows) if rules else projected
    with writing_identities():
        _advance(cursor.value, up_to)
        if rules:
            apply_rules(rules, _read(rules, cursor.value, up_to), now)
    return up_to - cursor.value


def skip_rules() -> int:
    """Pass over the next event, and return its number in the inbox."""
    cursor = Cursor.objects.get(name=CURSOR)
    projected = Cursor.objects.get(name=PROJECTED)
    passed_over = _step_end(cursor.value, projected.value, 1)
    _advance(cursor.value, passed_over)
    return passed_over


def _step_end(after: int, projected: int, rows: int) -> int:
    found = Inbox.objects.filter(seq__gt=after, seq__lte=projected).order_by("seq")
    last = found.values_list("seq", flat=True)[rows - 1 : rows].first()
    return last or projected


def _advance(done: int, to: int) -> None:
    """Move the cursor on from where it was read: two workers can't take the same events."""
    if not Cursor.objects.filter(name=CURSOR, value=done).update(value=to):
        raise OperationalError("another worker has moved the leads' rules on")


def _read(rules: Sequence[IntakeRule], after: int, up_to: int) -> list[Seen]:
    names = {name for rule in rules for name in rule.events}
    rows = Inbox.objects.filter(seq__gt=after, seq__lte=up_to, name__in=names).order_by("seq")
    columns = ("name", "path", "at_us", "received_us", "session_id", "payload")
    found = []
    for name, path, at_us, received_us, session_id, payload in rows.values_list(*columns):
        event = read_payload(payload, session_id)
        found.append(Seen(event.id, name, path, at_us, received_us, event.properties))
    return found


def apply_rules(rules: Sequence[IntakeRule], events: Sequence[Seen], now: datetime) -> int:
    """Make leads of those whom rules are about, and return how many.

    Call it while writing identities. A person whom several rules name comes in by the first;
    who has an open lead or takes part in an open deal does not come in.
    """
    people = _people_of({event.path for event in events})
    taken = people_with_open_leads({comer.person_id for comer in people.values()})
    taken |= _in_open_deals({comer.person_id for comer in people.values()})
    made = 0
    for rule in rules:
        entries = [
            Entry(people[event.path].person_id, as_datetime(event.at_us), _interest(rule, event),
                  evidence={"event": event.name, "event_id": event.event_id, "rule": rule.name})
            for event in events
            if event.path in people and is_for(rule, event, people[event.path])
        ]  # fmt: skip
        free = [entry for entry in entries if entry.person_id not in taken]
        free = _not_refused_lately(rule, free, now)
        leads = enter(free, LeadOrigin.RULE, now, rule=rule).leads
        taken |= {lead.contact_id for lead in leads}
        _send_on(rule, leads, now)
        made += len(leads)
    return made


def is_for(rule: IntakeRule, event: Seen, comer: Comer) -> bool:
    """Return whether a rule makes a lead of somebody with this event."""
    if event.name not in rule.events or event.received_us < rule.after_us:
        return False
    if rule.needs_email and not comer.has_email:
        return False
    if not rule.property:
        return True
    wanted = {str(value).strip().casefold() for value in rule.values}
    return str(_look_up(event.properties, rule.property)).strip().casefold() in wanted


def _look_up(properties: Mapping[str, Any], name: str) -> Any:
    """Return a property, also one within another: ``form.name``; an empty text where none is."""
    if name in properties:
        return properties[name]
    first, _dot, rest = name.partition(".")
    within = properties.get(first)
    return _look_up(within, rest) if rest and isinstance(within, Mapping) else ""


def _interest(rule: IntakeRule, event: Seen) -> str:
    if not rule.interest_property:
        return ""
    return str(_look_up(event.properties, rule.interest_property)).strip()[:200]


def _people_of(paths: Collection[str]) -> dict[str, Comer]:
    found = Identifier.objects.filter(value__in=paths)
    rows = found.values_list("value", "person_id", "person__has_email")
    return {value: Comer(person_id, has_email) for value, person_id, has_email in rows}


def _in_open_deals(person_ids: Collection[int]) -> set[int]:
    found = Participant.objects.filter(contact__person__in=person_ids, deal__state=DealState.OPEN)
    return set(found.values_list("contact__person", flat=True))


def _not_refused_lately(rule: IntakeRule, entries: Iterable[Entry], now: datetime) -> list[Entry]:
    entries = list(entries)
    since = now - timedelta(days=rule.again_after_days)
    refused = Lead.objects.filter(
        contact__person__in=[entry.person_id for entry in entries],
        state=LeadState.DISQUALIFIED, closed_at__gte=since,
    )  # fmt: skip
    lately = set(refused.values_list("contact__person", flat=True))
    return [entry for entry in entries if entry.person_id not in lately]


def _send_on(rule: IntakeRule, leads: Sequence[Lead], now: datetime) -> None:
    """Qualify leads and hand them over, as far as the rule says so."""
    if not rule.is_qualified:
        return
    book = CalendarBook()
    with transaction.atomic():
        for made in leads:
            lead = lock_lead(made.pk)
            qualify(lead, None, now)
            if rule.is_handed_over:
                route(lead, None, now, book)

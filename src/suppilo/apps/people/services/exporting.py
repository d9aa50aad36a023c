"""People as rows of a file."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import Any

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.people.bulk import read_rows
from suppilo.apps.people.models import Identifier, Person, TraitValue
from suppilo.apps.people.selectors.listing import PeopleFilter, each_person

COLUMNS = (
    "identifier", "name", "email", "company", "known", "first_seen", "last_seen", "events",
    "first_channel", "last_channel", "identifiers", "properties",
)  # fmt: skip
_AT_ONCE = 1_000
MOST_CHOSEN = 10_000


def export_people(
    actor: User, kind: str, asked: PeopleFilter, chosen: Collection[int] = ()
) -> Iterator[dict[str, Any]]:
    """Return people as rows with :data:`COLUMNS`, read part by part as they are taken.

    Parameters
    ----------
    kind
        The kind of file, for the log.
    asked
        Whom, unless some are chosen.
    chosen
        The ids of the people wanted, at most 10,000.
    """
    require(actor, Permission.EXPORT_PEOPLE)
    record_audit(actor, "export_people", kind=kind, chosen=len(chosen), search=asked.search)
    if chosen:
        wanted = sorted(chosen)[:MOST_CHOSEN]
        people: Iterable[Person] = Person.objects.filter(
            pk__in=wanted, is_visible=True
        ).select_related("company")
    else:
        people = each_person(asked)
    return _rows(iter(people))


def _rows(people: Iterator[Person]) -> Iterator[dict[str, Any]]:
    while part := list(islice(people, _AT_ONCE)):
        identifiers = _identifiers(part)
        properties = _properties(identifiers)
        for person in part:
            mine = identifiers[person.pk]
            yield _row(person, list(mine.values()), properties.get(person.pk, {}))


def _identifiers(people: list[Person]) -> dict[int, dict[int, str]]:
    found: dict[int, dict[int, str]] = {person.pk: {} for person in people}
    columns = ("person_id", "id", "value")
    for person, number, value in read_rows(Identifier, "person_id", list(found), columns):
        found[person][number] = value
    return found


def _properties(identifiers: dict[int, dict[int, str]]) -> dict[int, dict[str, Any]]:
    whose = {number: person for person, mine in identifiers.items() for number in mine}
    found: dict[int, dict[str, Any]] = {}
    columns = ("identifier_id", "name", "value", "is_current")
    for number, name, value, current in read_rows(
        TraitValue, "identifier_id", list(whose), columns
    ):
        if current and value != "null":
            found.setdefault(whose[number], {})[name] = json.loads(value)
    return found


def _row(person: Person, identifiers: list[str], properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "identifier": person.identifier,
        "name": person.name,
        "email": person.email,
        "company": person.company.name if person.company else "",
        "known": person.is_known,
        "first_seen": person.first_seen_at.isoformat(),
        "last_seen": person.last_seen_at.isoformat(),
        "events": person.events,
        "first_channel": person.first_channel,
        "last_channel": person.last_channel,
        "identifiers": json.dumps(sorted(identifiers), ensure_ascii=False),
        "properties": json.dumps(properties, ensure_ascii=False, sort_keys=True),
    }

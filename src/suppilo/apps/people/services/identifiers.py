"""Identifiers as evidence names them: found, made, and brought up to date."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain

from suppilo.apps.people.bulk import read_rows, update_rows, write_rows
from suppilo.apps.people.evidence import Evidence, Grouping, Trait
from suppilo.apps.people.models import Identifier, IdentityState, Sighting
from suppilo.apps.people.services import seen as accounts
from suppilo.apps.people.services.seen import Seen
from suppilo.apps.people.services.state import take_ids
from suppilo.apps.people.values import search_key
from suppilo.lake.keys import path_key


@dataclass(slots=True)
class Register:
    """The identifiers of one batch.

    Attributes
    ----------
    ids
        Each text's id.
    persons
        The person of each id, as it was before.
    made
        The ids that are new.
    grown
        The ids that are a user's now and were a device's before.
    """

    ids: dict[str, int] = field(default_factory=dict)
    persons: dict[int, int] = field(default_factory=dict)
    made: set[int] = field(default_factory=set)
    grown: set[int] = field(default_factory=set)


def register(state: IdentityState, origin: str, evidence: Evidence) -> Register:
    """Make and update every identifier that the evidence names, and the origin's sightings."""
    sightings = ((one.identifier, accounts.seen_in(one)) for one in evidence.sightings)
    named = _combined(chain(sightings, _mentions(evidence)))
    found = Register()
    stored = _read_stored(found, list(named))
    fresh = [text for text in named if text not in stored]
    for text, number in zip(fresh, take_ids(state, len(fresh)), strict=True):
        found.ids[text], found.persons[number] = number, number
        found.made.add(number)
    _write_identifiers(found, stored, named)
    _write_sightings(found, origin, named)
    return found


def _combined(pairs: Iterable[tuple[str, Seen]]) -> dict[str, Seen]:
    result: dict[str, Seen] = {}
    for text, seen in pairs:
        result[text] = accounts.combine(result[text], seen) if text in result else seen
    return result


def _mentions(evidence: Evidence) -> Iterator[tuple[str, Seen]]:
    for link in evidence.links:
        yield link.source, accounts.mentioned_at(link.at_us)
        yield link.target, accounts.mentioned_at(link.at_us)
    said: list[Trait | Grouping] = [*evidence.traits, *evidence.groupings]
    for one in said:
        yield one.identifier, accounts.mentioned_at(one.at_us)


def _read_stored(found: Register, texts: list[str]) -> dict[str, Seen]:
    stored = {}
    columns = ("id", "value", "person_id", *accounts.COLUMNS)
    for number, text, person, *rest in read_rows(Identifier, "value", texts, columns):
        found.ids[text], found.persons[number] = number, person
        stored[text] = accounts.from_row(rest)
    return stored


def _write_identifiers(found: Register, stored: dict[str, Seen], named: dict[str, Seen]) -> None:
    fresh, changed = [], []
    for text, seen in named.items():
        number = found.ids[text]
        before = stored.get(text)
        if before is None:
            naming = (text, path_key(text), search_key(text), found.persons[number])
            fresh.append((number, *naming, *accounts.to_row(seen)))
            continue
        after = accounts.combine(before, seen)
        if after.is_known != before.is_known:
            found.grown.add(number)
        if after != before:
            changed.append((number, *accounts.to_row(after)))
    naming_columns = ("id", "value", "key", "search_key", "person_id")
    write_rows(Identifier, (*naming_columns, *accounts.COLUMNS), fresh)
    update_rows(Identifier, "id", accounts.COLUMNS, changed)


def _write_sightings(found: Register, origin: str, named: dict[str, Seen]) -> None:
    seen = {found.ids[text]: seen for text, seen in named.items()}
    old = [number for number in seen if number not in found.made]
    of_origin = ("id", "origin", "identifier_id", *accounts.COLUMNS)
    changed = []
    for row, whose, number, *rest in read_rows(Sighting, "identifier_id", old, of_origin):
        if whose == origin:
            after = accounts.combine(accounts.from_row(rest), seen.pop(number))
            changed.append((row, *accounts.to_row(after)))
    update_rows(Sighting, "id", accounts.COLUMNS, changed)
    fresh = [(number, origin, *accounts.to_row(account)) for number, account in seen.items()]
    write_rows(Sighting, ("identifier_id", "origin", *accounts.COLUMNS), fresh)

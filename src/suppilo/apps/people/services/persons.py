"""What lists show of persons, made again from their identifiers."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from suppilo.apps.people.bulk import read_rows, update_rows, write_rows
from suppilo.apps.people.models import Identifier, Person
from suppilo.apps.people.names import find_email, find_name, find_surname
from suppilo.apps.people.services import seen as accounts
from suppilo.apps.people.services.current import mark_companies, mark_traits
from suppilo.apps.people.services.seen import Seen, Touch
from suppilo.apps.people.values import search_key

COLUMNS = (
    "id", "is_visible", "is_known", "has_email", "identifier", "name", "email", "company_id",
    "first_seen_us", "first_channel", "last_seen_us", "events", "last_channel",
)  # fmt: skip
MOVING = COLUMNS[-3:]
"""What each visit changes; all else is the same for most persons that events name."""
KEYS = ("name_key", "surname_key", "email_key")
"""Made of the columns before."""

Row = tuple[Any, ...]


class Part(NamedTuple):
    """An identifier of a person."""

    id: int
    value: str
    seen: Seen


def refresh_persons(persons: Collection[int]) -> None:
    """Bring the list's columns of these persons up to date, and what is current of theirs."""
    parts = _read_parts(persons)
    whose = {part.id: person for person, found in parts.items() for part in found}
    texts = {part.id: part.value for found in parts.values() for part in found}
    traits = mark_traits(whose, texts)
    companies = mark_companies(whose, texts)
    rows = [
        _row(person, found, traits.get(person, {}), companies.get(person))
        for person, found in parts.items()
    ]
    _write([*rows, *_hidden(sorted(set(persons) - parts.keys()))])


def _write(rows: Sequence[Row]) -> None:
    """Write what is new in the rows: a column that is set has its indexes written, too."""
    there = read_rows(Person, "id", [row[0] for row in rows], COLUMNS)
    stored: dict[int, Row] = {row[0]: row for row in there}
    changed = [row for row in rows if row != stored.get(row[0])]
    steady = len(COLUMNS) - len(MOVING)
    moved = [row for row in changed if row[:steady] == stored.get(row[0], ())[:steady]]
    update_rows(Person, "id", MOVING, [(row[0], *row[steady:]) for row in moved])
    only_moved = {row[0] for row in moved}
    write_rows(
        Person,
        (*COLUMNS, *KEYS),
        [(*row, *_keys(row)) for row in changed if row[0] not in only_moved],
        unique=("id",),
        on_conflict=dict.fromkeys((*COLUMNS[1:], *KEYS), "replace"),
    )


def _keys(row: Row) -> tuple[bytes, bytes, bytes]:
    """Return what a person is found and sorted by; nothing for one that is not shown."""
    _id, is_visible, _known, _has_email, root, name, email, *_seen = row
    if not is_visible:
        return (b"", b"", b"")
    return search_key(name or email or root), search_key(find_surname(name)), search_key(email)


def _read_parts(persons: Collection[int]) -> dict[int, list[Part]]:
    parts: dict[int, list[Part]] = defaultdict(list)
    columns = ("person_id", "id", "value", *accounts.COLUMNS)
    for person, number, value, *rest in read_rows(
        Identifier, "person_id", sorted(persons), columns
    ):
        parts[person].append(Part(number, value, accounts.from_row(rest)))
    return parts


def _row(person: int, parts: list[Part], traits: dict[str, object], company: int | None) -> Row:
    seen = parts[0].seen
    for part in parts[1:]:
        seen = accounts.combine(seen, part.seen)
    root = next(part.value for part in parts if part.id == person)
    name, email = find_name(traits), find_email(traits, root)
    return (
        person, True, seen.is_known, bool(email), root, name, email, company,
        seen.first_us, _channel(seen.first_touch),
        seen.last_us, seen.events, _channel(seen.last_touch),
    )  # fmt: skip


def _channel(touch: Touch | None) -> str:
    return _channel_in(touch[1]) if touch else ""


@lru_cache(maxsize=65_536)
def _channel_in(touch: str) -> str:
    return str(json.loads(touch).get("channel", ""))


def _hidden(persons: Collection[int]) -> Iterable[Row]:
    """Return the rows of persons whose identifiers all belong to others: nothing but the id."""
    for number, value in read_rows(Identifier, "id", list(persons), ("id", "value")):
        yield (number, False, False, False, value, "", "", None, 0, "", 0, 0, "")

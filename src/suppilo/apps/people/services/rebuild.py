"""Who is who, computed again from all evidence: to prove what is stored, or to put it right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from django.db.models import F
from django.utils import timezone

from suppilo.apps.people.bulk import update_rows, write_rows
from suppilo.apps.people.evidence import Link
from suppilo.apps.people.models import Identifier, LinkRow, Override
from suppilo.apps.people.resolve import resolve
from suppilo.apps.people.services.partition import divide_again
from suppilo.apps.people.services.persons import refresh_persons
from suppilo.apps.people.services.state import next_version, writing_identities

_AT_ONCE = 10_000


class Place(NamedTuple):
    """Where an identifier belongs: its root, and the keys of both."""

    id: int
    root_id: int
    key: int
    root_key: int


def find_misplaced() -> list[Place]:
    """Return where identifiers belong whose stored person, or place in the map, is another.

    It holds all links and the identifiers that they name in memory.
    """
    roots = _compute_roots()
    mapped = dict(Override.objects.exclude(key=F("root_key")).values_list("key", "root_key"))
    stored = Identifier.objects.order_by("id").values_list("id", "key", "person_id")
    found = []
    for number, key, person in stored.iterator(_AT_ONCE):
        root, root_key = roots.get(number, (number, key))
        if person != root or mapped.get(key, key) != root_key:
            found.append(Place(number, root, key, root_key))
    return found


def rebuild_people() -> int:
    """Put identifiers that are with the wrong person right, and return how many these were."""
    with writing_identities() as state:
        misplaced = find_misplaced()
        if not misplaced:
            return 0
        wrong = [place.id for place in misplaced]
        left = Identifier.objects.filter(pk__in=wrong).values_list("person_id", flat=True)
        persons = {*left, *wrong, *(place.root_id for place in misplaced)}
        _put_right(misplaced, next_version(state))
        refresh_persons(divide_again(state, wrong, timezone.now()) | persons)
    return len(misplaced)


def _put_right(misplaced: Sequence[Place], version: int) -> None:
    update_rows(Identifier, "id", ["person_id"], [place[:2] for place in misplaced])
    write_rows(
        Override,
        ("key", "root_key", "version"),
        [(*place[2:], version) for place in misplaced],
        unique=("key",),
        on_conflict={"root_key": "replace", "version": "replace"},
    )


def _compute_roots() -> dict[int, tuple[int, int]]:
    """Return the root's id and key of each identifier that a link names, by its id."""
    places: dict[str, tuple[int, int]] = {}
    known: set[str] = set()
    for end in ("links_out", "links_in"):
        named = Identifier.objects.filter(**{f"{end}__isnull": False}).distinct()
        for number, key, value, is_known in named.values_list("id", "key", "value", "is_known"):
            places[value] = number, key
            known.update([value] if is_known else [])
    found = resolve(_read_active_links(), known).roots
    return {places[value][0]: places[root] for value, root in found.items()}


def _read_active_links() -> Iterator[Link]:
    off = LinkRow.objects.exclude(kind="manual").exclude(switched_off_at=None)
    apart = {frozenset(pair) for pair in off.values_list("source_id", "target_id")}
    columns = ("source__value", "target__value", "at_us", "event_id", "kind")
    active = LinkRow.objects.filter(switched_off_at=None)
    rows = active.values_list("source_id", "target_id", *columns)
    for source, target, *said in rows.iterator(_AT_ONCE):
        if said[-1] == "manual" or frozenset((source, target)) not in apart:
            yield Link(*said)

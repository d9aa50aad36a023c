"""Who is who, computed again for the identifiers that new evidence touches."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from suppilo.apps.people.bulk import read_rows, update_rows, write_rows
from suppilo.apps.people.evidence import Link, LinkKind
from suppilo.apps.people.models import Identifier, IdentityState, LinkRow, MergeEntry, Override
from suppilo.apps.people.resolve import resolve
from suppilo.apps.people.services.state import next_version

if TYPE_CHECKING:
    from suppilo.apps.accounts.models import User

Pair = tuple[int, int, str]


class Member(NamedTuple):
    """An identifier that links connect with those that were touched."""

    id: int
    value: str
    key: int
    is_known: bool
    person_id: int


class Said(NamedTuple):
    """A stored link."""

    id: int
    source_id: int
    target_id: int
    kind: LinkKind
    origin: str
    at_us: int
    event_id: str
    switched_off_at: datetime | None


@dataclass(frozen=True, slots=True)
class Component:
    """Everything that links connect with what was touched."""

    members: dict[int, Member]
    links: dict[int, Said]

    def active_links(self) -> list[tuple[Link, Said]]:
        """Return what counts: nothing switched off, no pair that people took apart.

        Of a pair that people took apart only a link by hand may count.
        """
        apart = {
            frozenset(row[1:3])
            for row in self.links.values()
            if row.switched_off_at and row.kind != "manual"
        }
        return [
            (self._as_link(row), row)
            for row in self.links.values()
            if not row.switched_off_at
            and (row.kind == "manual" or frozenset(row[1:3]) not in apart)
        ]

    def _as_link(self, row: Said) -> Link:
        source, target = self.members[row.source_id], self.members[row.target_id]
        return Link(source.value, target.value, row.at_us, row.event_id, row.kind)


def read_component(touched: Collection[int]) -> Component:
    """Return what links connect with these identifiers, and the rest of their persons."""
    members: dict[int, Member] = {}
    links: dict[int, Said] = {}
    frontier = set(touched)
    while frontier:
        fresh = _with_their_persons(frontier, members)
        frontier = set()
        for by in ("source_id", "target_id"):
            for row in read_rows(LinkRow, by, sorted(fresh), Said._fields):
                said = Said._make(row)
                links[said.id] = said
                frontier.update(end for end in said[1:3] if end not in members)
    return Component(members, links)


def _with_their_persons(numbers: Collection[int], members: dict[int, Member]) -> set[int]:
    """Add these identifiers and all of the same persons; return those that are new."""
    given = [Member._make(row)
             for row in read_rows(Identifier, "id", sorted(numbers), Member._fields)]  # fmt: skip
    whose = sorted({member.person_id for member in given})
    same = map(Member._make, read_rows(Identifier, "person_id", whose, Member._fields))
    fresh = {member.id: member for member in (*given, *same) if member.id not in members}
    members.update(fresh)
    return set(fresh)


def divide_again(
    state: IdentityState,
    touched: Collection[int],
    now: datetime,
    actor: User | None = None,
) -> set[int]:
    """Compute the persons of what was touched again; return the persons that changed.

    The log of merges gets what is new in it, and who did it where somebody did.
    """
    if not touched:
        return set()
    component = read_component(touched)
    active = component.active_links()
    known = {member.value for member in component.members.values() if member.is_known}
    partition = resolve((link for link, _row in active), known)
    _log_merges(component, _earliest(partition.joins, active), now, actor)
    ids = {member.value: member.id for member in component.members.values()}
    moved = {
        member: ids[partition.roots.get(member.value, member.value)]
        for member in component.members.values()
    }
    return _move(state, component, {m: root for m, root in moved.items() if m.person_id != root})


def _earliest(joins: Iterable[Link], active: list[tuple[Link, Said]]) -> dict[Pair, Said]:
    rows = dict(sorted(active, key=lambda pair: pair[1].id, reverse=True))
    return {(row.source_id, row.target_id, row.kind): row for row in map(rows.__getitem__, joins)}


def _move(state: IdentityState, component: Component, moved: dict[Member, int]) -> set[int]:
    if not moved:
        return set()
    version = next_version(state)
    update_rows(Identifier, "id", ["person_id"], [(m.id, root) for m, root in moved.items()])
    write_rows(
        Override,
        ("key", "root_key", "version"),
        [(m.key, component.members[root].key, version) for m, root in moved.items()],
        unique=("key",),
        on_conflict={"root_key": "replace", "version": "replace"},
    )
    return {person for member, root in moved.items() for person in (member.person_id, root)}


def _log_merges(
    component: Component, joins: dict[Pair, Said], now: datetime, actor: User | None
) -> None:
    columns = ("id", "source_id", "target_id", "kind", "undone_at")
    entries = read_rows(MergeEntry, "source_id", sorted(component.members), columns)
    logged = {(row[1], row[2], row[3]): row[0] for row in entries if row[4] is None}
    actor_id = actor.pk if actor else None
    ended = [entry for pair, entry in logged.items() if pair not in joins]
    update_rows(
        MergeEntry, "id", ["undone_at", "undone_by_id"], [(e, now, actor_id) for e in ended]
    )
    write_rows(
        MergeEntry,
        ("source_id", "target_id", "kind", "origin", "at_us", "event_id",
         "merged_at", "merged_by_id"),
        [(*row[1:7], now, actor_id if row.kind == "manual" else None)
         for pair, row in joins.items() if pair not in logged],
    )  # fmt: skip

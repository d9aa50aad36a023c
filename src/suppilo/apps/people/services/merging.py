"""What people at work say about who is who: merge, take a merge back, split."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.people.bulk import write_rows
from suppilo.apps.people.models import Identifier, IdentityState, LinkRow, MergeEntry, Person
from suppilo.apps.people.models.identity import MANUAL
from suppilo.apps.people.resolve import resolve
from suppilo.apps.people.services.partition import Component, divide_again, read_component
from suppilo.apps.people.services.persons import refresh_persons
from suppilo.apps.people.services.state import writing_identities
from suppilo.apps.people.values import as_us

MOST_AT_ONCE = 100
"""So many people may be merged in one go."""


def merge_people(actor: User, keep: int, others: Sequence[int]) -> Person:
    """Make several people one, and return that one.

    It is the person to keep, unless only another one has a known identifier.

    Parameters
    ----------
    keep, others
        Persons' ids.

    Raises
    ------
    Person.DoesNotExist
        If one of them does not exist, or is merged into another already.
    ValidationError
        If there is nobody to merge, or there are too many.
    """
    require(actor, Permission.EDIT_PEOPLE)
    wanted = [number for number in dict.fromkeys(others) if number != keep]
    if not 1 <= len(wanted) <= MOST_AT_ONCE:
        raise ValidationError(_("Choose at least two people, and at most %d.") % MOST_AT_ONCE)
    now = timezone.now()
    with writing_identities() as state:
        names = [str(Person.objects.get(pk=number, is_visible=True)) for number in (keep, *wanted)]
        _write_manual_links(keep, wanted, actor, now)
        _divide(state, [keep, *wanted], now, actor)
        merged = Person.objects.get(identifiers=keep)
        record_audit(actor, "merge_people", merged, people=names)
    return merged


def _write_manual_links(keep: int, others: Iterable[int], actor: User, now: datetime) -> None:
    write_rows(
        LinkRow,
        ("source_id", "target_id", "kind", "origin", "at_us", "event_id",
         "switched_off_at", "switched_off_by_id"),
        [(other, keep, MANUAL, MANUAL, as_us(now), f"user:{actor.pk}", None, None)
         for other in others],
        unique=("source_id", "target_id", "kind", "origin"),
        on_conflict={"at_us": "replace", "event_id": "replace",
                     "switched_off_at": "replace", "switched_off_by_id": "replace"},
    )  # fmt: skip


def undo_merge(actor: User, merge_id: int) -> MergeEntry:
    """Take a merge back: all is as if its link had never been, for the past as well.

    Raises
    ------
    MergeEntry.DoesNotExist
        If there is no such merge, or it was undone already.
    """
    require(actor, Permission.EDIT_PEOPLE)
    now = timezone.now()
    with writing_identities() as state:
        entry = MergeEntry.objects.select_related("source", "target").get(
            pk=merge_id, undone_at=None
        )
        side = _side_of(read_component([entry.source_id]), entry)
        said = LinkRow.objects.filter(
            source=entry.source_id, target=entry.target_id, kind=entry.kind
        )
        _switch_off(said.values_list("id", flat=True), actor, now)
        ends = [entry.source_id, entry.target_id]
        _divide(state, ends, now, actor)
        if Identifier.objects.filter(pk__in=ends).values("person_id").distinct().count() == 1:
            # Others say the same of the two sides; they are meant as well.
            _switch_off(_crossing(read_component(ends), side), actor, now)
            _divide(state, [*side, *ends], now, actor)
        merged = Person.objects.get(identifiers=entry.target_id)
        record_audit(actor, "undo_merge", merged, apart=[str(entry.source), str(entry.target)])
    entry.refresh_from_db()
    return entry


def split_person(actor: User, person_id: int, identifiers: Collection[int]) -> None:
    """Take identifiers out of a person; they become people of their own.

    Every link between these and the rest is switched off and stays so.

    Raises
    ------
    Person.DoesNotExist
        If there is no such person.
    ValidationError
        If none of the identifiers is the person's, or all are.
    """
    require(actor, Permission.EDIT_PEOPLE)
    now = timezone.now()
    with writing_identities() as state:
        person = Person.objects.get(pk=person_id, is_visible=True)
        whole = dict(person.identifiers.values_list("id", "value"))
        taken = set(identifiers) & whole.keys()
        if not taken or len(taken) == len(whole):
            raise ValidationError(_("Choose some of the person's identifiers, and not all."))
        _switch_off(_crossing(read_component([person_id]), taken, whole), actor, now)
        _divide(state, whole, now, actor)
        record_audit(actor, "split_person", person, taken=[whole[one] for one in sorted(taken)])


def _divide(state: IdentityState, touched: Collection[int], now: datetime, actor: User) -> None:
    refresh_persons(divide_again(state, touched, now, actor))


def _switch_off(links: Iterable[int], actor: User, now: datetime) -> None:
    LinkRow.objects.filter(pk__in=list(links)).update(switched_off_at=now, switched_off_by=actor)


def _side_of(component: Component, entry: MergeEntry) -> set[int]:
    """Return the identifiers that hang on the source of a merge, were it not for the merge."""
    active = component.active_links()
    members = component.members.values()
    known = {member.value for member in members if member.is_known}
    tree = resolve((link for link, _row in active), known).joins
    ids = {member.value: member.id for member in members}
    merged = (entry.source.value, entry.target.value, entry.kind)
    edges = [(ids[link.source], ids[link.target]) for link in tree
             if (link.source, link.target, link.kind) != merged]  # fmt: skip
    return _reachable(entry.source_id, edges)


def _reachable(start: int, edges: Sequence[tuple[int, int]]) -> set[int]:
    neighbours: dict[int, list[int]] = {}
    for one, other in edges:
        neighbours.setdefault(one, []).append(other)
        neighbours.setdefault(other, []).append(one)
    found, waiting = {start}, [start]
    while waiting:
        fresh = [end for end in neighbours.get(waiting.pop(), ()) if end not in found]
        found.update(fresh)
        waiting += fresh
    return found


def _crossing(
    component: Component, side: Collection[int], whole: Collection[int] | None = None
) -> list[int]:
    """Return the links that count and have one end on this side only, within the whole."""
    return [
        row.id
        for _link, row in component.active_links()
        if (row.source_id in side) != (row.target_id in side)
        and (whole is None or (row.source_id in whole and row.target_id in whole))
    ]

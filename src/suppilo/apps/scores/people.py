"""Who is scored, and what is known of them: the database's side of a score sheet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from django.db.models import F, Min

from suppilo.analytics.events import Int64, PropertyValues
from suppilo.analytics.scores import Eligible, PropertyCondition, ScoreRules, UnitProperties
from suppilo.analytics.scores.points import find_places
from suppilo.apps.people.models import Identifier, Person, TraitValue

OWN = ("first_channel", "last_channel")
"""What the server itself keeps of a person; rules may ask for it like any property."""


@dataclass(frozen=True, eq=False)
class KnownPeople:
    """People who are known by name: nobody can call a visitor.

    Attributes
    ----------
    keys, ids
        The path keys by which events are theirs, ascending, and the persons' numbers.
    """

    keys: Int64 = field(repr=False)
    ids: Int64 = field(repr=False)

    def ids_of(self, keys: Int64) -> Int64:
        """Return the persons' numbers of keys that are among these."""
        return self.ids[np.searchsorted(self.keys, keys)]


def read_known_people() -> KnownPeople:
    """Return all known people with the keys of their events."""
    roots = Identifier.objects.filter(
        pk=F("person_id"), person__is_visible=True, person__is_known=True
    )
    table = np.array(list(roots.values_list("key", "pk")), np.int64).reshape(-1, 2)
    keys, first = np.unique(table[:, 0], return_index=True)
    return KnownPeople(keys, np.ascontiguousarray(table[first, 1]))


def read_eligible(people: KnownPeople) -> Eligible:
    """Return since when each of the people is known by name.

    Somebody is from the first event that came with a known identifier, such as an address.
    """
    since = np.full(len(people.ids), np.iinfo(np.int64).max)
    order = np.argsort(people.ids, kind="stable")
    found = Identifier.objects.filter(
        is_known=True, person__is_visible=True, person__is_known=True
    ).values_list("person").annotate(Min("first_seen_us")).order_by()  # fmt: skip
    table = np.array(list(found), np.int64).reshape(-1, 2)
    place = find_places(people.ids[order], table[:, 0])
    since[order[place[place >= 0]]] = table[place >= 0, 1]
    return Eligible(people.keys, since)


def read_properties(people: KnownPeople, names: Iterable[str]) -> UnitProperties:
    """Return what is known of people now, of the properties named."""
    order = np.argsort(people.ids, kind="stable")
    ids = people.ids[order]
    columns = {}
    for name in sorted(set(names)):
        codes, labels = _read_column(name, ids)
        by_key = np.full(len(ids), -1, np.int32)
        by_key[order] = codes
        columns[name] = PropertyValues(by_key, labels)
    return UnitProperties(people.keys, columns)


def property_names() -> list[str]:
    """Return the names of all properties that people have, those of the server first."""
    found = TraitValue.objects.filter(is_current=True).order_by("name").values_list("name")
    return [*OWN, *(name for (name,) in found.distinct() if name not in OWN)]


def asked_properties(rules: ScoreRules) -> set[str]:
    """Return the names of the properties that a sheet asks for."""
    conditions = (rule.condition for rule in rules.rules)
    return {one.name for one in conditions if isinstance(one, PropertyCondition)}


def _read_column(name: str, ids: Int64) -> tuple[Any, list[Any]]:
    """Return a property's codes by the persons' ascending numbers, and its labels."""
    codes = np.full(len(ids), -1, np.int32)
    labels: list[Any] = []
    places: dict[Any, int] = {}
    for person, value in _values(name):
        place = int(np.searchsorted(ids, person))
        if value in (None, "") or place == len(ids) or ids[place] != person:
            continue
        label = value if isinstance(value, str | int | float) else str(value)
        if label not in places:
            places[label] = len(labels)
            labels.append(label)
        codes[place] = places[label]
    return codes, labels


def _values(name: str) -> Iterable[tuple[int, Any]]:
    if name in OWN:
        people = Person.objects.filter(is_visible=True, is_known=True)
        return people.values_list("pk", name).iterator()
    traits = TraitValue.objects.filter(
        is_current=True, name=name, identifier__person__is_visible=True,
        identifier__person__is_known=True,
    )  # fmt: skip
    return traits.values_list("identifier__person_id", "value").iterator()

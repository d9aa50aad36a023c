"""One person: identifiers, properties, merges, companies."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from suppilo.apps.people.bulk import read_rows
from suppilo.apps.people.models import (
    Company,
    Identifier,
    LinkRow,
    Membership,
    MergeEntry,
    Person,
    TraitValue,
)


@dataclass(frozen=True, slots=True)
class PropertyHistory:
    """A property: what it is now, and every value that it was ever given, the latest first."""

    name: str
    current: TraitValue
    values: list[TraitValue]

    @property
    def has_history(self) -> bool:
        """Whether there ever was another value."""
        return len({value.digest for value in self.values}) > 1


@dataclass(frozen=True, slots=True)
class PersonName:
    """What to call a person, and where they are found."""

    id: int
    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Touches:
    """The first and the last visit that came from somewhere: channel, campaign and the like."""

    first: dict[str, str]
    first_us: int | None
    last: dict[str, str]
    last_us: int | None


def get_person(person_id: int) -> Person:
    """Return a person; of one who was merged, the one that they are now.

    Raises
    ------
    Person.DoesNotExist
        If there is no such person.
    """
    person = Person.objects.select_related("company").get(pk=person_id)
    if person.is_visible:
        return person
    return Person.objects.select_related("company").get(identifiers=person_id)


def list_identifiers(person: Person) -> list[Identifier]:
    """Return a person's identifiers with their sightings, the root first."""
    found = list(person.identifiers.prefetch_related("sightings"))
    return sorted(found, key=lambda one: (one.pk != person.pk, not one.is_known, one.value))


def list_properties(identifiers: Collection[Identifier]) -> list[PropertyHistory]:
    """Return the properties of a person, by name."""
    rows = TraitValue.objects.filter(identifier__in=identifiers).order_by("-last_us", "-id")
    by_name: dict[str, list[TraitValue]] = {}
    for row in rows:
        by_name.setdefault(row.name, []).append(row)
    return [
        PropertyHistory(name, current, values)
        for name, values in sorted(by_name.items())
        if (current := next((row for row in values if row.is_current), None))
        and current.value is not None
    ]


def list_merges(identifiers: Collection[Identifier]) -> QuerySet[MergeEntry]:
    """Return the log of a person's merges, the latest first."""
    touching = Q(source__in=identifiers) | Q(target__in=identifiers)
    return MergeEntry.objects.filter(touching).select_related(
        "source", "target", "merged_by", "undone_by"
    )


def list_companies_of(identifiers: Collection[Identifier]) -> QuerySet[Company]:
    """Return the companies that a person belongs to."""
    current = Membership.objects.filter(identifier__in=identifiers, is_current=True)
    return Company.objects.filter(memberships__in=current).order_by("name_key").distinct()


def count_refused_links(identifiers: Collection[Identifier]) -> int:
    """Return how many links lead to other people, where a rule or somebody kept them apart."""
    mine = Q(source__in=identifiers) ^ Q(target__in=identifiers)
    return LinkRow.objects.filter(mine).values("source", "target").distinct().count()


def touches_of(identifiers: Collection[Identifier]) -> Touches:
    """Return a person's first and last touch."""
    firsts = [one for one in identifiers if one.first_touch_us is not None]
    lasts = [one for one in identifiers if one.last_touch_us is not None]
    first = min(firsts, key=lambda one: one.first_touch_us or 0, default=None)
    last = max(lasts, key=lambda one: one.last_touch_us or 0, default=None)
    return Touches(
        first.first_touch if first else {},
        first.first_touch_us if first else None,
        last.last_touch if last else {},
        last.last_touch_us if last else None,
    )


def person_of(keys: Sequence[int]) -> dict[int, int]:
    """Return the person's id of each path key (:func:`suppilo.lake.keys.path_key`) known."""
    found: dict[int, int] = dict(read_rows(Identifier, "key", list(keys), ("key", "person_id")))
    return found


def people_of_paths(paths: Sequence[str]) -> dict[str, PersonName]:
    """Return the persons whom identifiers belong to, as far as these are known."""
    found = read_rows(Identifier, "value", list(paths), ("value", "person_id"))
    persons: dict[str, int] = dict(found)
    wanted = sorted(set(persons.values()))
    rows = read_rows(Person, "id", wanted, ("id", "name", "email", "identifier"))
    names = {number: next(filter(None, called)) for number, *called in rows}
    urls = {number: Person(pk=number).get_absolute_url() for number in wanted}
    return {path: PersonName(one, names[one], urls[one]) for path, one in persons.items()}

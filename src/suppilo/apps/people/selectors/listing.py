"""Lists of people: filtered, searched, sorted, page by page, at a million as fast as at ten."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.functions import Concat

from suppilo.apps.people.models import Identifier, Membership, Person, TraitValue
from suppilo.apps.people.values import after_prefix, json_text, search_key
from suppilo.lake.keys import path_key

COUNT_LIMIT = 10_000
_FEW = 2_000
"""So many matches of one filter are looked up first, and the list is made of them."""

ORDERS: dict[str, tuple[str, bool]] = {
    "seen": ("last_seen_us", True),
    "new": ("first_seen_us", True),
    "name": ("name_key", False),
    "events": ("events", True),
}
"""Each order's column, and whether the largest comes first."""


@dataclass(frozen=True, slots=True)
class PeopleFilter:
    """Which people a list shows, and in which order.

    Attributes
    ----------
    search
        The beginning of a name, a last name, an e-mail address or any identifier.
    is_known, has_email
        None for both.
    channel
        Of the first touch.
    company
        A company's id.
    seen_since_us
        Last seen then or later.
    property, value
        The present value of a property, as text; numbers and truth as JSON writes them.
    among
        Ids; only these people. None for all.
    order
        One of :data:`ORDERS`.
    """

    search: str = ""
    is_known: bool | None = None
    has_email: bool | None = None
    channel: str = ""
    company: int | None = None
    seen_since_us: int | None = None
    property: str = ""
    value: str = ""
    among: QuerySet[Any, Any] | None = None
    order: str = "seen"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins: after (or before) a row's sort value and id."""

    value: int | str
    id: int
    backward: bool = False


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """One page of people; the places of the pages beside it, or None where there is none."""

    people: list[Person]
    previous: Place | None
    next: Place | None


def find_people(asked: PeopleFilter) -> QuerySet[Person]:
    """Return the people whom a filter lets through, in no order."""
    found = Person.objects.filter(is_visible=True)
    if asked.is_known is not None:
        found = found.filter(is_known=asked.is_known)
    if asked.has_email is not None:
        found = found.filter(has_email=asked.has_email)
    if asked.channel:
        found = _in_channel(found, asked)
    if asked.seen_since_us is not None:
        found = _since(found, asked.seen_since_us, asked.order)
    if asked.company is not None:
        found = _narrow(found, Membership.objects.filter(company=asked.company, is_current=True))
    if asked.property:
        found = _narrow(found, _having(asked.property, asked.value))
    if asked.among is not None:
        found = _keep(found, asked.among)
    if asked.search.strip():
        found = found.filter(pk__in=_searched(asked.search))
    return found


def list_people(asked: PeopleFilter, size: int, place: Place | None = None) -> PeoplePage:
    """Return one page of people."""
    column, falling = ORDERS[asked.order]
    backward = place is not None and place.backward
    found = find_people(asked).select_related("company")
    if place is not None:
        found = _after(found, column, place, falling=falling != backward)
    sign = "-" if falling != backward else ""
    rows = list(found.order_by(f"{sign}{column}", f"{sign}id")[: size + 1])
    more, rows = len(rows) > size, rows[:size]
    if backward:
        rows.reverse()
    has_previous = bool(rows) and (more if backward else place is not None)
    has_next = bool(rows) and (backward or more)
    return PeoplePage(
        rows,
        _place(rows[0], column, backward=True) if has_previous else None,
        _place(rows[-1], column, backward=False) if has_next else None,
    )


def count_people(asked: PeopleFilter) -> int:
    """Return how many people a filter lets through; 10,001 for more than 10,000."""
    return find_people(asked).order_by()[: COUNT_LIMIT + 1].count()


def each_person(asked: PeopleFilter, size: int = 2_000) -> Iterator[Person]:
    """Yield everybody whom a filter lets through, in its order, reading part by part."""
    place = None
    while True:
        page = list_people(asked, size, place)
        yield from page.people
        place = page.next
        if place is None:
            return


def _after(
    found: QuerySet[Person], column: str, place: Place, *, falling: bool
) -> QuerySet[Person]:
    # The first condition is a range of the index, which an OR of both would not be.
    value = bytes.fromhex(place.value) if isinstance(place.value, str) else place.value
    side, beyond = ("lte", "gte") if falling else ("gte", "lte")
    return found.filter(**{f"{column}__{side}": value}).exclude(
        **{column: value, f"id__{beyond}": place.id}
    )


def _place(person: Person, column: str, *, backward: bool) -> Place:
    value: Any = getattr(person, column)
    return Place(value if isinstance(value, int) else bytes(value).hex(), person.pk, backward)


def _narrow(found: QuerySet[Person], matches: QuerySet[Any]) -> QuerySet[Person]:
    """Keep the people who have a match, by the matches if they are few, else one by one."""
    few = list(matches.values_list("identifier__person_id", flat=True)[: _FEW + 1])
    if len(few) <= _FEW:
        return found.filter(pk__in=set(few))
    # From the person over the identifiers to the match: both steps are look-ups in an index.
    matching = Exists(matches.filter(identifier=OuterRef("pk")))
    return found.filter(Exists(Identifier.objects.filter(matching, person=OuterRef("pk"))))


def _keep(found: QuerySet[Person], ids: QuerySet[Any, Any]) -> QuerySet[Person]:
    """Keep the people of these ids: looked up if they are few, else met along the list's order."""
    few = list(ids[: _FEW + 1])
    return found.filter(pk__in=set(few) if len(few) <= _FEW else ids)


def _since(found: QuerySet[Person], seen_us: int, order: str) -> QuerySet[Person]:
    """Keep the people seen since then; in another order, few of them are looked up first."""
    seen = Person.objects.filter(is_visible=True, last_seen_us__gte=seen_us)
    if order != "seen":
        few = list(seen.order_by("-last_seen_us", "-id").values_list("pk", flat=True)[: _FEW + 1])
        if len(few) <= _FEW:
            return found.filter(pk__in=few)
    return found.filter(last_seen_us__gte=seen_us)


def _in_channel(found: QuerySet[Person], asked: PeopleFilter) -> QuerySet[Person]:
    """Keep the people of a channel.

    There is an index of channels by the time last seen. In another order a large channel is
    found soonest along that order's index; the expression keeps the database from sorting all.
    """
    of_channel = found.filter(first_channel=asked.channel)
    if asked.order == "seen" or len(of_channel.values_list("pk")[: _FEW + 1]) <= _FEW:
        return of_channel
    channel = Concat("first_channel", Value(""), output_field=TextField())
    return found.alias(channel=channel).filter(channel=asked.channel)


def _having(name: str, value: str) -> QuerySet[TraitValue]:
    texts = {json_text(value)}
    try:
        given = json.loads(value)
    except ValueError:
        given = None
    if isinstance(given, bool | int | float):
        texts.add(json_text(given))
    digests = [path_key(text) for text in texts]
    return TraitValue.objects.filter(name=name, digest__in=digests, is_current=True)


def _searched(text: str) -> set[int]:
    """Return people of whom something begins with the text; the first ones of very many."""
    prefix = search_key(text)
    until = after_prefix(prefix)
    people = Person.objects.filter(is_visible=True)
    queries: list[QuerySet[Any]] = [
        people.filter(name_key__gte=prefix, name_key__lt=until).order_by("name_key"),
        people.filter(surname_key__gte=prefix, surname_key__lt=until).order_by("surname_key"),
        people.filter(has_email=True, email_key__gte=prefix, email_key__lt=until).order_by(
            "email_key"
        ),
    ]
    found = {number for query in queries for number in query.values_list("id", flat=True)[:_FEW]}
    identifiers = Identifier.objects.filter(Q(search_key__gte=prefix), Q(search_key__lt=until))
    named = identifiers.order_by("search_key").values_list("person_id", flat=True)
    return found.union(named[:_FEW])

"""Which path counts for which person, company or deal: the maps that reports apply to events.

An event is stored under the identifier that it came with, for ever. Whom that stands for is asked
when a report is made, so a merge of people, another company or another main participant changes
all history at once. docs/explanation/units.md says in words what these maps do.

Each map is made in a few statements over whole tables, kept, and made again only when one of the
figures that tell its state has changed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from django.db.models import Count, F, Max, QuerySet, Sum

from suppilo.analytics.events import EventSource, Int64
from suppilo.apps.deals.models import Deal, Participant
from suppilo.apps.outbox.paths import RESERVED, deal_path
from suppilo.apps.people.models import Company, Identifier, Person
from suppilo.apps.people.selectors import read_overrides
from suppilo.sources.overrides import Overrides

if TYPE_CHECKING:
    from suppilo.analytics.funnel.definition import Unit

Map = TypeVar("Map")

_PRIME = 4_294_967_291
_FACTORS = (2_654_435_761, 97_531, 40_503)


@dataclass(frozen=True, eq=False)
class UnitMap:
    """What a path counts for, and which company or deal a key is.

    Attributes
    ----------
    keys, ids
        The key of each company or deal, ascending, and its number in the database.
    """

    overrides: Overrides
    keys: Int64 = field(repr=False)
    ids: Int64 = field(repr=False)

    def find_ids(self, keys: Int64) -> Int64:
        """Return the number of the company or deal of each key; -1 where there is none."""
        if not len(self.keys):
            return np.full(len(keys), -1, np.int64)
        place = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[place] == keys, self.ids[place], -1)


class _Kept:
    """The last map of each unit, with the state that it was made of."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[Hashable, Any]] = {}

    def get(self, unit: str, state: Hashable, make: Callable[[], Map]) -> Map:
        """Return a unit's map, made anew only where its state is another."""
        with self._lock:
            known = self._kept.get(unit)
            if known is None or known[0] != state:
                known = self._kept[unit] = (state, make())
        found: Map = known[1]
        return found


_KEPT = _Kept()


def company_path(company_id: int) -> str:
    """Return what a company is called as a path; no event comes with it."""
    return f"{RESERVED}company:{company_id}"


def regroup(source: EventSource, unit: Unit) -> EventSource:
    """Return the events of a snapshot grouped by company or deal; by person, as they are.

    Parameters
    ----------
    source
        What :func:`suppilo.apps.events.selectors.open_events` returned.
    """
    if unit == "person":
        return source
    from suppilo.sources.joined import JoinedSource
    from suppilo.sources.orders import OrdersOnce, count_orders_once

    whole: Any = source.whole if isinstance(source, OrdersOnce) else source
    parts = whole.parts if isinstance(whole, JoinedSource) else (whole,)
    return count_orders_once(JoinedSource(parts, read_unit_map(unit).overrides))


def read_person_map() -> Overrides:
    """Return which path counts for which person: merged identifiers, and deals.

    A deal counts for its main participant; one without stands for itself, like a visitor whom
    nobody knows.
    """
    people = read_overrides()
    mains = Participant.objects.filter(is_main=True)
    state = (people.version, _state_of_parts(mains))

    def make() -> Overrides:
        deals, contacts = _read_pairs(mains.values_list("deal_id", "contact__key"))
        known = Overrides(people.version, people.from_key, people.to_key)
        if not len(deals):
            return known
        from_key = np.concatenate([people.from_key, _deal_keys(deals)])
        to_key = np.concatenate([people.to_key, known.apply(contacts)])
        order = np.argsort(from_key, kind="stable")
        return Overrides(people.version, from_key[order], to_key[order])

    return _KEPT.get("person", state, make)


def read_unit_map(unit: Unit) -> UnitMap:
    """Return which path counts for which company, or deal; who belongs to none is left out.

    Parameters
    ----------
    unit
        ``company`` or ``deal``.
    """
    return _read_company_map() if unit == "company" else _read_deal_map()


def _read_company_map() -> UnitMap:
    """Return the companies' map: their people's identifiers, and deals.

    A deal without a company counts for its main participant's.
    """
    version = read_overrides().version
    members = Person.objects.filter(company__isnull=False)
    mains = Participant.objects.filter(is_main=True)
    state = (
        version,
        _state_of(members, "id", "company_id"),
        _state_of(Deal.objects.filter(company__isnull=False), "id", "company_id"),
        _state_of_parts(mains),
        Company.objects.aggregate(latest=Max("created_at"))["latest"],
    )

    def make() -> UnitMap:
        people = Identifier.objects.filter(person__company__isnull=False)
        keys, companies = _read_pairs(people.values_list("key", "person__company_id"))
        own = Deal.objects.filter(company__isnull=False).values_list("id", "company_id")
        theirs = mains.filter(deal__company=None, contact__person__company__isnull=False)
        deals, of_deals = _read_pairs(
            [*own, *theirs.values_list("deal_id", "contact__person__company_id")]
        )
        ids = np.unique(np.concatenate([companies, of_deals]))
        return _make_map(
            "company", ids, _keys_of(map(company_path, ids.tolist())),
            np.concatenate([keys, _deal_keys(deals)]), np.concatenate([companies, of_deals]),
        )  # fmt: skip

    return _KEPT.get("company", state, make)


def _read_deal_map() -> UnitMap:
    """Return the deals' map: themselves, and their people's identifiers.

    An identifier can count for one deal only: the one that was opened first.
    """
    version = read_overrides().version
    deals = Deal.objects.aggregate(count=Count("pk"), changes=Sum("revision"))
    parts = _state_of_parts(Participant.objects.all())
    state = (version, parts, deals["count"], deals["changes"])

    def make() -> UnitMap:
        ids = np.array(sorted(Deal.objects.values_list("pk", flat=True)), np.int64)
        taking_part = Participant.objects.order_by(
            "contact__person_id", "deal__opened_at", "deal_id"
        )
        pairs = taking_part.values_list("contact__person_id", "deal_id")
        persons, of_persons = _read_pairs(pairs)
        persons, first = np.unique(persons, return_index=True)
        people = Identifier.objects.filter(
            person__in=Participant.objects.order_by().values("contact__person")
        )
        keys, owners = _read_pairs(people.values_list("key", "person_id"))
        place = np.searchsorted(persons, owners)
        known = place < len(persons)  # somebody may have joined a deal since
        own = _deal_keys(ids)
        return _make_map(
            "deal", ids, own,
            np.concatenate([keys[known], own]),
            np.concatenate([of_persons[first][place[known]], ids]),
        )  # fmt: skip

    return _KEPT.get("deal", state, make)


def _make_map(unit: str, ids: Int64, own: Int64, from_key: Int64, target: Int64) -> UnitMap:
    """Return a map of keys to numbers of companies or deals, whose own keys are ``own``."""
    to_key = own[np.searchsorted(ids, target)] if len(ids) else own
    from_key, first = np.unique(from_key, return_index=True)
    order = np.argsort(own, kind="stable")
    overrides = Overrides(0, from_key, to_key[first], unit, is_whole=True)
    return UnitMap(overrides, own[order], ids[order])


def _state_of(rows: QuerySet[Any], *fields: str, **more: Max) -> tuple[Any, ...]:
    """Return figures that are others as soon as rows come, go or change in these numbers."""
    mixed: Any = sum(
        (F(name) * factor for name, factor in zip(fields, _FACTORS, strict=False)), F("pk") * 0
    )
    found = rows.order_by().aggregate(count=Count("pk"), mix=Sum(mixed % _PRIME), **more)
    return int(found.pop("mix") or 0), *found.values()


def _state_of_parts(rows: QuerySet[Participant]) -> tuple[Any, ...]:
    return _state_of(rows, "id", "deal_id", "contact_id", latest=Max("added_at"))


def _read_pairs(rows: Iterable[tuple[Any, Any]]) -> tuple[Int64, Int64]:
    table = np.array(list(rows), np.int64).reshape(-1, 2)
    return np.ascontiguousarray(table[:, 0]), np.ascontiguousarray(table[:, 1])


def _deal_keys(ids: Int64) -> Int64:
    return _keys_of(map(deal_path, ids.tolist()))


def _keys_of(paths: Iterable[str]) -> Int64:
    import pyarrow as pa

    from suppilo.lake.keys import path_keys

    return path_keys(pa.array(list(paths), pa.string()))

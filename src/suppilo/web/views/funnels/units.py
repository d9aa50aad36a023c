"""What stands behind a figure by name: people, companies or deals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from django.core.exceptions import PermissionDenied
from django.urls import NoReverseMatch, reverse

from suppilo.analytics.events import Int64
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.deals.models import Deal, Participant
from suppilo.apps.deals.selectors import visible_deals
from suppilo.apps.events.units import read_unit_map
from suppilo.apps.outbox.paths import read_deal_path
from suppilo.apps.people.models import Company
from suppilo.apps.people.selectors import people_of_paths

if TYPE_CHECKING:
    from suppilo.analytics.funnel.definition import Unit
    from suppilo.apps.accounts.models import User


@dataclass(frozen=True, slots=True)
class UnitName:
    """What a person, company or deal is called, where its page is (empty: nowhere), its number."""

    name: str
    url: str
    unit: Unit
    id: int


@dataclass(frozen=True, slots=True)
class NamedRow:
    """A row of a list: the identifier that events came with, and whom it belongs to, if known."""

    path: str
    named: UnitName | None

    @property
    def name(self) -> str:
        """What they are called; empty where that is not known."""
        return self.named.name if self.named else ""

    @property
    def url(self) -> str:
        """Where their page is; empty where there is none."""
        return self.named.url if self.named else ""


def find_visible(user: User, unit: Unit, keys: Int64) -> Int64:
    """Return the places of the keys whose names a user may see: of deals, only their own.

    Parameters
    ----------
    keys
        The path key of each person, company or deal.
    """
    if unit != "deal" or allows(user, Permission.SEE_ALL_DEALS):
        return np.arange(len(keys), dtype=np.int64)
    ids = read_unit_map("deal").find_ids(keys)
    return np.flatnonzero(np.isin(ids, _visible_ids(user)))


def name_units(user: User, unit: Unit, keys: Int64, paths: Sequence[str]) -> list[UnitName | None]:
    """Return what each is called, as far as that is known; a few statements for all.

    Parameters
    ----------
    keys, paths
        The path key of each, and the identifier that its first event came with.
    """
    if unit == "person":
        found = name_people(user, paths)
        return [found.get(path) for path in paths]
    ids = read_unit_map(unit).find_ids(keys).tolist()
    names = _name_companies(ids) if unit == "company" else _name_deals(user, ids)
    return [names.get(number) for number in ids]


def name_people(user: User, paths: Sequence[str]) -> Mapping[str, UnitName]:
    """Return the people whom identifiers belong to; for a deal's own path its main participant."""
    deals = {path: number for path in paths if (number := read_deal_path(path)) is not None}
    mains = _main_contacts(list(deals.values())) if deals else {}
    own = {path: mains.get(deals[path], "") if path in deals else path for path in paths}
    people = people_of_paths([value for value in own.values() if value])
    named = {
        path: UnitName(people[value].name, people[value].url, "person", people[value].id)
        for path, value in own.items()
        if value in people
    }
    alone = {path: number for path, number in deals.items() if path not in named}
    names = _name_deals(user, list(alone.values())) if alone else {}
    return named | {path: names[number] for path, number in alone.items() if number in names}


def _visible_ids(user: User) -> Int64:
    try:
        return np.array(list(visible_deals(user).values_list("pk", flat=True)), np.int64)
    except PermissionDenied:
        return np.empty(0, np.int64)


def _main_contacts(deals: Sequence[int]) -> dict[int, str]:
    mains = Participant.objects.filter(is_main=True, deal__in=deals)
    return dict(mains.values_list("deal_id", "contact__value"))


def _name_companies(ids: Sequence[int]) -> dict[int, UnitName]:
    found = Company.objects.filter(pk__in=[number for number in ids if number >= 0])
    return {one.pk: UnitName(one.name, one.get_absolute_url(), "company", one.pk) for one in found}


def _name_deals(user: User, ids: Sequence[int]) -> dict[int, UnitName]:
    try:
        visible = visible_deals(user)
    except PermissionDenied:
        return {}
    found = visible.filter(pk__in=[number for number in ids if number >= 0])
    return {
        deal.pk: UnitName(deal.name, _address(deal), "deal", deal.pk)
        for deal in found.only("pk", "name")
    }


def _address(deal: Deal) -> str:
    try:
        return reverse("deal", args=[deal.pk])
    except NoReverseMatch:
        return ""

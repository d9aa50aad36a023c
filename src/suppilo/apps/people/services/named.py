"""Companies as files name them: by what they are called, or by their number elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from suppilo.apps.people.bulk import read_rows
from suppilo.apps.people.evidence import Grouping
from suppilo.apps.people.models import Company
from suppilo.apps.people.services.companies import (
    find_companies,
    name_companies,
    write_company_traits,
)
from suppilo.apps.people.values import as_us, search_key


@dataclass(frozen=True, slots=True)
class NamedCompany:
    """A company by its name, with what is said of it; ``company_id`` where it is known already."""

    name: str
    traits: Mapping[str, Any] = field(default_factory=dict)
    company_id: int | None = None


def find_by_name(names: Sequence[str]) -> dict[str, int]:
    """Return the ids of companies by their folded names; of namesakes the oldest."""
    keys = {search_key(name) for name in names}
    wanted = {fold_name(name) for name in names}
    rows = Company.objects.filter(name_key__in=list(keys)).order_by("-id")
    return {
        fold_name(name): number
        for number, name in rows.values_list("id", "name")
        if fold_name(name) in wanted
    }


def record_companies(
    origin: str, given: Sequence[NamedCompany], now: datetime
) -> tuple[dict[str, int], set[int]]:
    """Find companies by name, make those that are missing, and write what is said of them.

    Returns
    -------
    tuple
        The id of each by its folded name (:func:`fold_name`), and which of them are new.
    """
    with transaction.atomic():
        found = find_by_name([one.name for one in given])
        found |= {fold_name(one.name): one.company_id for one in given if one.company_id}
        made = _make_missing([one.name for one in given if fold_name(one.name) not in found], now)
        found |= made
        said = [one for one in given if one.traits or fold_name(one.name) in made]
        _say(origin, [(found[fold_name(one.name)], one) for one in said], now)
    return found, set(made.values())


def _make_missing(names: Sequence[str], now: datetime) -> dict[str, int]:
    """Make companies of these names; a key that another name has by now is taken apart."""
    missing = {fold_name(name): " ".join(name.split()) for name in names}
    taken = {row[0] for row in read_rows(Company, "key", list(missing.values()), ["key"])}
    keys = {
        folded: f"{name} ({date_text(now)})" if name in taken else name
        for folded, name in missing.items()
    }
    made = find_companies(keys.values(), now)
    return {folded: made[key] for folded, key in keys.items()}


def _say(origin: str, said: Sequence[tuple[int, NamedCompany]], now: datetime) -> None:
    numbers = sorted({number for number, _one in said})
    keys: dict[int, str] = dict(read_rows(Company, "id", numbers, ("id", "key")))
    groupings = [
        Grouping("", keys[number], as_us(now), {"name": one.name, **one.traits})
        for number, one in said
    ]
    write_company_traits(origin, groupings, {key: number for number, key in keys.items()})
    name_companies(keys)


def date_text(now: datetime) -> str:
    """Return what tells a company's key from that of a company which had the name before."""
    return now.isoformat(timespec="seconds")


def fold_name(name: str) -> str:
    """Return a company's name as it is compared: case and spaces don't count."""
    return " ".join(name.split()).casefold()

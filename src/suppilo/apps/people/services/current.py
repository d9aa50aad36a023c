"""Which of the values that were ever given is a person's now."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NamedTuple

from suppilo.apps.people.bulk import read_rows, update_rows
from suppilo.apps.people.models import Company, Membership, TraitValue
from suppilo.apps.people.names import LISTED_TRAITS


class Given(NamedTuple):
    """A value that was given, without the value."""

    id: int
    identifier_id: int
    name: str
    once: bool
    first_us: int
    last_us: int
    digest: int
    origin: str
    is_current: bool


class Belongs(NamedTuple):
    """A membership."""

    id: int
    identifier_id: int
    company_id: int
    at_us: int
    is_removed: bool
    origin: str
    is_current: bool
    company: str


def mark_traits(whose: Mapping[int, int], texts: Mapping[int, str]) -> dict[int, dict[str, object]]:
    """Mark the values that count now; return each person's that lists show.

    The latest value counts. One that was given for the first time only (``once``) counts where
    there is no other, and then the earliest.

    Parameters
    ----------
    whose, texts
        The person and the text of each identifier.
    """
    rows = list(map(Given._make, read_rows(TraitValue, "identifier_id", list(whose),
                                           Given._fields)))  # fmt: skip
    best: dict[tuple[int, str], Given] = {}
    for row in rows:
        place = (whose[row.identifier_id], row.name)
        if place not in best or _rank(row, texts) > _rank(best[place], texts):
            best[place] = row
    current = {row.id for row in best.values()}
    _flip(TraitValue, rows, current)
    listed = {row.id: place for place, row in best.items() if row.name in LISTED_TRAITS}
    result: dict[int, dict[str, object]] = {}
    for number, value in read_rows(TraitValue, "id", list(listed), ("id", "value")):
        person, name = listed[number]
        result.setdefault(person, {})[name] = json.loads(value)
    return result


def _rank(row: Given, texts: Mapping[int, str]) -> tuple[bool, int, int, str, str]:
    # The last three settle ties, so that the order of arrival never does.
    at_us = -row.first_us if row.once else row.last_us
    return (not row.once, at_us, row.digest, texts[row.identifier_id], row.origin)


def mark_companies(whose: Mapping[int, int], texts: Mapping[int, str]) -> dict[int, int]:
    """Mark the memberships that hold now; return each person's latest company."""
    rows = _read_memberships(whose)
    last: dict[tuple[int, int], Belongs] = {}
    for row in rows:
        place = (whose[row.identifier_id], row.company_id)
        if place not in last or _recency(row, texts) > _recency(last[place], texts):
            last[place] = row
    holding = {place: row for place, row in last.items() if not row.is_removed}
    _flip(Membership, rows, {row.id for row in holding.values()})
    result: dict[int, Belongs] = {}
    for (person, _company), row in holding.items():
        if person not in result or _recency(row, texts) > _recency(result[person], texts):
            result[person] = row
    return {person: row.company_id for person, row in result.items()}


def _read_memberships(whose: Mapping[int, int]) -> list[Belongs]:
    rows = list(read_rows(Membership, "identifier_id", list(whose), Belongs._fields[:-1]))
    companies = sorted({row[2] for row in rows})
    keys: dict[int, str] = dict(read_rows(Company, "id", companies, ("id", "key")))
    return [Belongs._make((*row, keys[row[2]])) for row in rows]


def _recency(row: Belongs, texts: Mapping[int, str]) -> tuple[int, bool, str, str, str]:
    return (row.at_us, row.is_removed, row.origin, texts[row.identifier_id], row.company)


def _flip(
    model: type[TraitValue] | type[Membership],
    rows: list[Given] | list[Belongs],
    current: set[int],
) -> None:
    """Set the mark of the rows whose mark is wrong."""
    wrong = [(row.id, row.id in current) for row in rows
             if bool(row.is_current) != (row.id in current)]  # fmt: skip
    update_rows(model, "id", ["is_current"], wrong)

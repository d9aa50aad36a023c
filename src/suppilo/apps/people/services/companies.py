"""Companies as events name them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from suppilo.apps.people.bulk import read_rows, update_rows, write_rows
from suppilo.apps.people.evidence import Evidence, Grouping
from suppilo.apps.people.models import Company, CompanyTrait, Membership
from suppilo.apps.people.services.identifiers import Register
from suppilo.apps.people.values import clean_text, json_text, same_json, search_key

NAMES = ("name", "$name", "companyName", "company_name")


def write_groupings(found: Register, origin: str, evidence: Evidence, now: datetime) -> None:
    """Write who belongs to which company, and what was said about it."""
    companies = find_companies((said.company for said in evidence.groupings), now)
    members: dict[tuple[int, int], int] = {}
    for said in evidence.groupings:
        pair = (found.ids[said.identifier], companies[said.company])
        members[pair] = max(said.at_us, members.get(pair, said.at_us))
    _write_members(origin, members)
    write_company_traits(origin, evidence.groupings, companies)
    name_companies(companies.values())


def find_companies(keys: Iterable[str], now: datetime) -> dict[str, int]:
    """Return the id of each key's company, made where there was none."""
    wanted = sorted(set(keys))
    rows = [(key, key, search_key(key), False, now) for key in wanted]
    columns = ("key", "name", "name_key", "is_manual", "created_at")
    found = {key: number for number, key in read_rows(Company, "key", wanted, ("id", "key"))}
    write_rows(Company, columns, [row for row in rows if row[0] not in found], unique=("key",))
    if len(found) < len(wanted):
        found = {key: number for number, key in read_rows(Company, "key", wanted, ("id", "key"))}
    return found


def _write_members(origin: str, members: dict[tuple[int, int], int]) -> None:
    write_rows(
        Membership,
        ("identifier_id", "company_id", "origin", "at_us", "is_removed", "is_current"),
        [(*pair, origin, at_us, False, False) for pair, at_us in members.items()],
        unique=("identifier_id", "company_id", "origin"),
        on_conflict={"at_us": "largest"},
    )


def write_company_traits(
    origin: str, given: Sequence[Grouping], companies: Mapping[str, int]
) -> None:
    """Write what was said about companies, whose ids are given by their keys."""
    latest: dict[tuple[int, str], tuple[int, str]] = {}
    for said in given:
        for name, value in said.traits.items():
            place = (companies[said.company], clean_text(name))
            news = (said.at_us, json_text(value))
            latest[place] = max(news, latest.get(place, news))
    columns = ("company_id", "name", "origin", "at_us", "value")
    old = sorted({place[0] for place in latest})
    for company, name, whose, at_us, value in read_rows(CompanyTrait, "company_id", old, columns):
        if whose == origin and (company, name) in latest:
            latest[company, name] = max(latest[company, name], (at_us, same_json(value)))
    write_rows(
        CompanyTrait,
        columns,
        [(company, name, origin, *news) for (company, name), news in latest.items()],
        unique=("company_id", "name", "origin"),
        on_conflict={"at_us": "replace", "value": "replace"},
    )


def name_companies(numbers: Iterable[int]) -> None:
    """Give companies the name that events say last, unless people at work wrote one."""
    said: dict[int, tuple[int, str]] = {}
    columns = ("company_id", "name", "value", "at_us")
    for company, name, value, at_us in read_rows(
        CompanyTrait, "company_id", sorted(numbers), columns
    ):
        text = json.loads(value) if name in NAMES else None
        if isinstance(text, str) and text.strip():
            said[company] = max(said.get(company, (at_us, "")), (at_us, text.strip()[:300]))
    rows = []
    for number, key, name, manual in read_rows(
        Company, "id", sorted(numbers), ("id", "key", "name", "is_manual")
    ):
        right = said[number][1] if number in said else key
        if right != name and not manual:
            rows.append((number, right, search_key(right)))
    update_rows(Company, "id", ["name", "name_key"], rows)

"""Rows of people, brought in: known by their address, else by their number elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from suppilo.apps.imports.models import RecordAction
from suppilo.apps.imports.records.companies import scoped, traits_of
from suppilo.apps.imports.records.report import Problem
from suppilo.apps.imports.records.rows import ParsedRow
from suppilo.apps.imports.records.run import Run, find_news, last_written
from suppilo.apps.people.blocked import is_blocked, is_usable
from suppilo.apps.people.evidence import Evidence, Grouping, Sighting, Trait
from suppilo.apps.people.models import Company, Identifier, TraitValue
from suppilo.apps.people.services import record_companies, record_evidence
from suppilo.apps.people.services.named import NamedCompany, fold_name
from suppilo.apps.people.values import as_us, clean_text

_TRAITS = (
    "email", "name", "first_name", "last_name", "phone", "title", "company", "country", "city",
)  # fmt: skip


class PersonImporter:
    """Makes people, and says of those there are what the file has new."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._seen: dict[str, int] = {}

    def take(self, rows: Sequence[ParsedRow]) -> None:
        """Take some rows in."""
        named = [(row, find_identifier(row, self._run.options.preset))
                 for row in self._run.sift(rows, self._identify)]  # fmt: skip
        good = [(row, name) for row, name in named if self._is_usable(row, name)]
        known = dict(
            Identifier.objects.filter(value__in=[name for _row, name in good])
            .values_list("value", "id")
        )  # fmt: skip
        current = _read_traits(known.values())
        before = last_written("people", known.values())
        news: list[tuple[ParsedRow, str, dict[str, Any]]] = []
        for row, name in good:
            number = known.get(name, 0)
            said = traits_of(row, _TRAITS)
            changed = find_news(said, current.get(number, {}), before.get(number, {}))
            what = "made" if not number else "changed" if changed else "same"
            self._run.report.count(what)
            if what != "same":
                news.append((row, name, changed if number else said))
        if not self._run.is_dry:
            self._write(news, known, current)

    def finish(self) -> None:
        """Nothing is left to do."""

    def _identify(self, row: ParsedRow) -> tuple[str, ...]:
        """Return all that a row's person may be known by, as an address is written and folded."""
        email, number = clean_text(row.text("email")).strip(), row.text("external_id")
        named = scoped(self._run.options.preset or "file", number) if number else ""
        return email, email.lower(), number, named

    def _is_usable(self, row: ParsedRow, name: str) -> bool:
        if not is_usable(name) or is_blocked(name) or not name:
            said = Problem("", name, _("no e-mail address"), _("Give an address or a number."))
            self._run.reject(row, said)
            return False
        first = self._seen.setdefault(name, row.number)
        if first != row.number:
            said = Problem("", name, _("the same person stands in row %d") % first,
                           _("Keep one of the rows."))  # fmt: skip
            self._run.reject(row, said)
        return first == row.number

    def _write(
        self,
        news: Sequence[tuple[ParsedRow, str, dict[str, Any]]],
        known: dict[str, int],
        current: dict[int, dict[str, Any]],
    ) -> None:
        origin, now = self._run.source.origin, self._run.now
        keys = record_company_keys(
            origin, [said["company"] for _row, _name, said in news if said.get("company")], now
        )
        record_evidence(origin, _evidence(news, keys, now))
        names = [name for _row, name, _said in news]
        found = dict(Identifier.objects.filter(value__in=names).values_list("value", "id"))
        for row, name, said in news:
            number = found[name]
            action = RecordAction.CHANGED if name in known else RecordAction.MADE
            old = {key: current.get(number, {}).get(key) for key in said}
            self._run.remember(action, number, row, said, old)
        self._run.flush()


def find_identifier(row: ParsedRow, preset: str) -> str:
    """Return what a row's person is known by; empty where it says neither address nor number."""
    email = clean_text(row.text("email")).strip().lower()
    if "@" in email:
        return email
    number = row.text("external_id")
    return scoped(preset or "file", number) if number else ""


def record_company_keys(origin: str, names: Sequence[str], now: datetime) -> dict[str, str]:
    """Make the companies that are missing; return the key of each by its folded name."""
    given = [NamedCompany(name) for name in dict.fromkeys(names)]
    found, _made = record_companies(origin, given, now)
    keys = dict(Company.objects.filter(pk__in=found.values()).values_list("id", "key"))
    return {folded: keys[number] for folded, number in found.items()}


def _evidence(
    news: Sequence[tuple[ParsedRow, str, dict[str, Any]]], keys: dict[str, str], now: datetime
) -> Evidence:
    at_us = as_us(now)
    sightings, traits, groupings = [], [], []
    for row, name, said in news:
        since = row.values.get("created_at")
        first = min(as_us(since), at_us) if since else at_us
        sightings.append(Sighting(name, True, first, first, 0))
        traits += [Trait(name, key, value, at_us) for key, value in said.items()]
        if said.get("company"):
            groupings.append(Grouping(name, keys[fold_name(said["company"])], at_us))
    return Evidence(sightings, (), traits, groupings)


def _read_traits(numbers: Any) -> dict[int, dict[str, Any]]:
    """Return each identifier's present properties: its person's."""
    whose = dict(Identifier.objects.filter(pk__in=list(numbers)).values_list("id", "person_id"))
    rows = TraitValue.objects.filter(identifier__person__in=set(whose.values()), is_current=True)
    by_person: dict[int, dict[str, Any]] = {}
    for person, name, value in rows.values_list("identifier__person_id", "name", "value"):
        by_person.setdefault(person, {})[name] = value
    return {number: by_person.get(person, {}) for number, person in whose.items()}

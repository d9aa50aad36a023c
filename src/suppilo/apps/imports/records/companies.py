"""Rows of companies, brought in."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from suppilo.apps.imports.models import RecordAction
from suppilo.apps.imports.records.fields import PROPERTY_PREFIX
from suppilo.apps.imports.records.report import Problem
from suppilo.apps.imports.records.rows import ParsedRow
from suppilo.apps.imports.records.run import Run, find_news, last_written
from suppilo.apps.people.models import CompanyTrait
from suppilo.apps.people.services import record_companies
from suppilo.apps.people.services.named import NamedCompany, find_by_name, fold_name

_TRAITS = (
    "domain", "industry", "employees", "revenue", "phone", "country", "city", "address", "parent",
)  # fmt: skip


class CompanyImporter:
    """Makes companies, and says of those there are what the file has new."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._seen: dict[str, int] = {}

    def take(self, rows: Sequence[ParsedRow]) -> None:
        """Take some rows in."""
        good = [row for row in self._run.sift(rows) if self._is_first(row)]
        known = self._find(good)
        current = _read_traits(known.values())
        before = last_written("companies", known.values())
        news: dict[int, dict[str, Any]] = {}
        for row in good:
            number = known.get(fold_name(row.text("name")), 0)
            said = {**traits_of(row, _TRAITS), **self._external(row)}
            changed = find_news(said, current.get(number, {}), before.get(number, {}))
            if number and not changed:
                self._run.report.count("same")
                continue
            news[row.number] = changed if number else said
            self._run.report.count("changed" if number else "made")
        if not self._run.is_dry:
            self._write([row for row in good if row.number in news], known, current, news)

    def finish(self) -> None:
        """Nothing is left to do."""

    def _is_first(self, row: ParsedRow) -> bool:
        name = fold_name(row.text("name"))
        if not name:
            self._run.reject(row, Problem("", "", _("no name"), _("Give the company a name.")))
            return False
        first = self._seen.setdefault(name, row.number)
        if first != row.number:
            said = _("the same company stands in row %d") % first
            self._run.reject(row, Problem("", row.text("name"), said, _("Keep one of the rows.")))
        return first == row.number

    def _find(self, rows: Sequence[ParsedRow]) -> dict[str, int]:
        """Return the ids of the companies there are: by number elsewhere, else by name."""
        found = find_by_name([row.text("name") for row in rows])
        numbers = [self._external(row)["external_id"] for row in rows if self._external(row)]
        traits = CompanyTrait.objects.filter(name="external_id", value__in=numbers)
        by_number = {trait.value: trait.company_id for trait in traits}
        for row in rows:
            number = by_number.get(self._external(row).get("external_id"))
            if number is not None:
                found[fold_name(row.text("name"))] = number
        return found

    def _external(self, row: ParsedRow) -> dict[str, str]:
        number = row.text("external_id")
        return {"external_id": scoped(self._run.options.preset, number)} if number else {}

    def _write(
        self,
        rows: Sequence[ParsedRow],
        known: dict[str, int],
        current: dict[int, dict[str, Any]],
        news: dict[int, dict[str, Any]],
    ) -> None:
        given = [
            NamedCompany(row.text("name"), news[row.number],
                         known.get(fold_name(row.text("name"))))
            for row in rows
        ]  # fmt: skip
        found, made = record_companies(self._run.source.origin, given, self._run.now)
        for row in rows:
            number = found[fold_name(row.text("name"))]
            action = RecordAction.MADE if number in made else RecordAction.CHANGED
            old = {name: current.get(number, {}).get(name) for name in news[row.number]}
            self._run.remember(action, number, row, news[row.number], old)
        self._run.flush()


def traits_of(row: ParsedRow, names: Sequence[str]) -> dict[str, Any]:
    """Return what a row says of a company or a person, as properties are kept."""
    kept = {name: row.values[name] for name in names if row.values.get(name) not in (None, "")}
    kept |= {
        name.removeprefix(PROPERTY_PREFIX): value
        for name, value in row.values.items()
        if name.startswith(PROPERTY_PREFIX)
    }
    return {name: _json(value) for name, value in kept.items()}


def _json(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral() else float(value)
    return value


def scoped(preset: str, number: str) -> str:
    """Return a record's number elsewhere with the name of that system, which may be another's."""
    return f"{preset}:{number}" if preset else number


def _read_traits(numbers: Any) -> dict[int, dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    rows = CompanyTrait.objects.filter(company_id__in=list(numbers)).order_by("at_us", "id")
    for company, name, value in rows.values_list("company_id", "name", "value"):
        found.setdefault(company, {})[name] = value
    return found

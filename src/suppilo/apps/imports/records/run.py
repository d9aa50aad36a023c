"""What all importers share: who imports, what is said of rows, what is remembered of records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from suppilo.apps.capture.suppression import read_suppressed
from suppilo.apps.imports.models import Import, ImportedRecord, MadeBeside, RecordAction
from suppilo.apps.imports.records.making import Makings
from suppilo.apps.imports.records.values import plain_value
from suppilo.apps.imports.suppressed import is_suppressed
from suppilo.apps.people.bulk import write_objects

if TYPE_CHECKING:
    from suppilo.apps.accounts.models import User
    from suppilo.apps.imports.records.options import RecordOptions
    from suppilo.apps.imports.records.report import Problem, Report
    from suppilo.apps.imports.records.rows import ParsedRow

AT_ONCE = 500
"""Rows of one transaction."""


@dataclass(slots=True)
class Run:
    """One check (``is_dry``) or import of a file."""

    source: Import
    options: RecordOptions
    report: Report
    actor: User
    now: datetime
    is_dry: bool
    makings: Makings = field(init=False)
    _suppressed: frozenset[bytes] = field(default_factory=read_suppressed)
    _made: list[ImportedRecord] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.makings = Makings(self)

    def reject(self, row: ParsedRow, problem: Problem) -> None:
        """Leave a row out."""
        self.report.reject(row.number, row.cells, problem, name_of(row))

    def note(self, row: ParsedRow, problem: Problem) -> None:
        """Use a row, and list it all the same."""
        self.report.note(row.number, row.cells, problem, name_of(row))

    def sift(
        self,
        rows: Iterable[ParsedRow],
        identify: Callable[[ParsedRow], tuple[str, ...]] = lambda _row: (),
    ) -> list[ParsedRow]:
        """Return the rows that can be read; the others are listed, and so are notes on these.

        Rows about people of whom nothing is kept are counted, and nothing else.

        Parameters
        ----------
        identify
            Returns what the person whom a row is about may be known by.
        """
        good = []
        for row in rows:
            if self.is_suppressed(*identify(row)):
                self.report.count("suppressed")
                continue
            if row.problem is not None:
                self.reject(row, row.problem)
                continue
            for note in row.notes:
                self.note(row, note)
            good.append(row)
        return good

    def is_suppressed(self, *identifiers: str) -> bool:
        """Return whether nothing may be kept of one of these; empty ones are nobody's."""
        return any(is_suppressed(one, self._suppressed) for one in identifiers if one)

    def remember(
        self,
        action: RecordAction,
        record_id: int,
        row: ParsedRow,
        after: Mapping[str, Any],
        before: Mapping[str, Any] | None = None,
        revision: int | None = None,
    ) -> None:
        """Keep what was written to a record, for the undo and for the next import of it."""
        self._made.append(
            ImportedRecord(
                brought_by=self.source,
                kind="deals" if self.options.kind == "stages" else self.options.kind,
                action=action,
                record_id=record_id,
                row=row.number,
                before=_plain(before or {}),
                after=_plain(after),
                revision=revision,
            )
        )

    def remember_beside(
        self, kind: MadeBeside, record_id: int, row: ParsedRow, after: Mapping[str, Any]
    ) -> None:
        """Keep what was made beside the records of the file's own kind."""
        self._made.append(
            ImportedRecord(
                brought_by=self.source, kind=kind, action=RecordAction.MADE, record_id=record_id,
                row=row.number, after=_plain(after),
            )
        )  # fmt: skip

    @property
    def probability_reason(self) -> str:
        """Why a deal's probability is another than its stage's: the file says so."""
        return _("From the file “%s”") % self.source.name

    def flush(self) -> None:
        """Write down what is remembered; in the transaction of what it is about."""
        write_objects(self._made)
        self._made = []


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: plain_value(value) for name, value in values.items()}


def name_of(row: ParsedRow) -> str:
    """Return what a row is called in lists."""
    names = ("name", "subject", "email", "deal", "company", "external_id")
    return next(filter(None, map(row.text, names)), "")


def last_written(kind: str, numbers: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Return what imports last wrote into records' fields, by the records' ids."""
    found: dict[int, dict[str, Any]] = {}
    rows = ImportedRecord.objects.filter(kind=kind, record_id__in=list(numbers)).order_by("id")
    for record_id, after in rows.values_list("record_id", "after"):
        found.setdefault(record_id, {}).update(after)
    return found


def find_news(
    said: Mapping[str, Any], current: Mapping[str, Any], before: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the fields of a file that are to be written.

    They differ from what there is, and from what the last import said: whoever changed a field
    since then knows better.
    """
    news = {}
    for name, value in said.items():
        plain = plain_value(value)
        if plain != plain_value(current.get(name)) and plain != before.get(name, _NOTHING):
            news[name] = value
    return news


_NOTHING = object()

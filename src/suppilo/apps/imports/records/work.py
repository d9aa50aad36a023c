"""Going through a whole file: reading its rows, and handing them to the importer of their kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Protocol

from django.utils import timezone
from django.utils.translation import gettext as _

from suppilo.apps.imports.records.activities import ActivityImporter
from suppilo.apps.imports.records.companies import CompanyImporter
from suppilo.apps.imports.records.deals import DealImporter
from suppilo.apps.imports.records.fields import RecordKind
from suppilo.apps.imports.records.names import make_matchers
from suppilo.apps.imports.records.options import RecordOptions
from suppilo.apps.imports.records.people import PersonImporter
from suppilo.apps.imports.records.report import Problem, Report
from suppilo.apps.imports.records.rows import ParsedRow, RowReader
from suppilo.apps.imports.records.run import AT_ONCE, Run
from suppilo.apps.imports.records.stages import StageImporter
from suppilo.apps.imports.records.table import find_writing, read_blocks, read_sample_rows

if TYPE_CHECKING:
    from suppilo.apps.accounts.models import User
    from suppilo.apps.imports.models import Import

Guard = Callable[[], AbstractContextManager[None]]
_IMPORTERS: dict[str, Callable[[Run], Importer]] = {
    RecordKind.DEALS: DealImporter,
    RecordKind.COMPANIES: CompanyImporter,
    RecordKind.PEOPLE: PersonImporter,
    RecordKind.ACTIVITIES: ActivityImporter,
    RecordKind.STAGES: StageImporter,
}


class Importer(Protocol):
    """Takes rows of one kind in, some hundreds at a time."""

    def take(self, rows: Sequence[ParsedRow]) -> None:
        """Say what would become of rows, or write them."""

    def finish(self) -> None:
        """Do what needs all rows."""


def go_through(
    found: Import,
    actor: User,
    *,
    is_dry: bool,
    guard: Guard,
    on_progress: Callable[[int], None],
) -> dict[str, Any]:
    """Read a whole file and have its rows checked, or taken in; return the counts as JSON.

    Parameters
    ----------
    guard
        What each piece of some hundreds of rows is written in: a transaction.
    on_progress
        Called with the number of rows done.

    Raises
    ------
    InputError
        If the file can't be read at all.
    """
    from suppilo.io.rejects import RejectLog

    options = RecordOptions.read(found.kind, found.options)
    reader = RowReader(options, find_writing(found.path, options), make_matchers(options))
    columns = read_sample_rows(found.path, options.sheet).columns
    done = 0
    with Report(columns, found.rejects, found.notes) as report:
        run = Run(found, options, report, actor, timezone.now(), is_dry)
        importer, log = _IMPORTERS[found.kind](run), RejectLog()
        for block in read_blocks(found.path, options, log):
            for rows in _pieces(reader.read(block)):
                on_progress(done)
                with guard():
                    importer.take(rows)
                done += len(rows)
            _list_broken(report, log)
        _list_broken(report, log)
        with guard():
            importer.finish()
        counts = report.to_dict() | {"new_named": run.makings.to_dict()}
    unmatched = {name: matcher.offers() for name, matcher in reader.matchers.items()}
    return counts | {
        "rows": done,
        "unmatched": {
            name: [asdict(text) for text in texts] for name, texts in unmatched.items() if texts
        },
    }


def _pieces(rows: Sequence[ParsedRow]) -> Iterator[Sequence[ParsedRow]]:
    for first in range(0, len(rows), AT_ONCE):
        yield rows[first : first + AT_ONCE]


def _list_broken(report: Report, log: Any) -> None:
    """List the rows that are no rows of the table at all."""
    for row in log.take().rows:
        remedy = _("Mend the row in the file.")
        report.reject(row.row, {}, Problem(row.column, row.value, _(row.reason), remedy))

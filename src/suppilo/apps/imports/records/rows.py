"""Rows of a file as values of fields; what can't be read is said of each row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from suppilo.apps.imports.records.fields import Field, ValueKind, find_field
from suppilo.apps.imports.records.report import Problem
from suppilo.apps.imports.records.values import (
    Cell,
    OutOfBoundsError,
    UnreadableError,
    as_text,
    is_empty,
    read_list,
    read_number,
    read_share,
    read_yes,
)

if TYPE_CHECKING:
    from suppilo.apps.imports.records.names import Matcher
    from suppilo.apps.imports.records.options import RecordOptions
    from suppilo.apps.imports.records.table import Written

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NEEDED_NAMES = frozenset({"stage", "state", "pipeline"})
"""Fields whose texts must stand for something; of others the text is left out, and noted."""
_LONGEST = {"name": 200, "external_id": 80, "next_step": 300, "source": 200, "channel": 60,
            "campaign": 200, "subject": 300, "email": 300, "contact_email": 300}  # fmt: skip


@dataclass(slots=True)
class ParsedRow:
    """A row: its number in the file, its cells as text, and the values of its fields.

    ``problem`` says why it can't be used; ``notes`` what was left out of it.
    """

    number: int
    cells: Mapping[str, str]
    values: dict[str, Any] = field(default_factory=dict)
    problem: Problem | None = None
    notes: list[Problem] = field(default_factory=list)

    def text(self, name: str) -> str:
        """Return a field's text; empty where it has none."""
        return str(self.values.get(name) or "")


class RowReader:
    """Turns blocks of cells into rows of values."""

    def __init__(
        self, options: RecordOptions, written: Written, matchers: Mapping[str, Matcher]
    ) -> None:
        self._options, self._written, self.matchers = options, written, matchers
        self._zone = ZoneInfo(options.timezone)

    def read(self, block: Any) -> list[ParsedRow]:
        """Return the rows of one block (:class:`suppilo.io.blocks.RawBlock`)."""
        names = block.table.column_names
        columns = {name: block.table.column(name).to_pylist() for name in names}
        rows = [
            ParsedRow(number, {name: as_text(columns[name][place]) for name in names})
            for place, number in enumerate(block.rows.tolist())
        ]
        for column, name in self._options.columns.items():
            if column in columns and (found := find_field(self._options.kind, name)):
                self._fill(rows, column, columns[column], found, block.table.column(column))
        self._fill_constants(rows)
        return rows

    def _fill_constants(self, rows: list[ParsedRow]) -> None:
        for name, text in self._options.constants.items():
            wanted = find_field(self._options.kind, name)
            if wanted is None:
                continue
            empty = [row for row in rows if name not in row.values and row.problem is None]
            self._fill(empty, "", [text] * len(empty), wanted, None)

    def _fill(
        self, rows: list[ParsedRow], column: str, cells: list[Cell], wanted: Field, array: Any
    ) -> None:
        if wanted.kind in (ValueKind.TIME, ValueKind.DATE):
            self._fill_times(rows, column, cells, wanted, array)
            return
        read = self._reader(wanted)
        for row, cell in zip(rows, cells, strict=True):
            if is_empty(cell) or row.problem is not None:
                continue
            if wanted.kind is ValueKind.NAMED:
                row.values[f"{wanted.name}_text"] = as_text(cell)
            try:
                row.values[wanted.name] = read(cell)
            except OutOfBoundsError:
                row.problem = _out_of_bounds(column, cell, wanted)
            except UnreadableError:
                row.problem = _unreadable(column, cell, wanted)
            except _UnknownNameError:
                self._note_name(row, column, cell, wanted)

    def _reader(self, wanted: Field) -> Callable[[Cell], Any]:
        decimal, is_percent = self._written.decimal, self._written.is_percent
        return {
            ValueKind.MONEY: lambda cell: read_number(cell, decimal),
            ValueKind.NUMBER: lambda cell: read_number(cell, decimal),
            ValueKind.SHARE: lambda cell: read_share(cell, is_percent=is_percent),
            ValueKind.YES_NO: read_yes,
            ValueKind.LIST: read_list,
            ValueKind.NAMED: lambda cell: self._named(wanted.name, cell),
        }.get(wanted.kind, lambda cell: _text(wanted.name, cell))

    def _named(self, name: str, cell: Cell) -> str:
        value = self.matchers[name].find(as_text(cell))
        if value is None:
            raise _UnknownNameError
        return value

    def _note_name(self, row: ParsedRow, column: str, cell: Cell, wanted: Field) -> None:
        said = Problem(
            column or str(wanted.label), as_text(cell),
            _("unknown: %(field)s") % {"field": wanted.label},
            _("Say below what “%(text)s” stands for.") % {"text": as_text(cell)[:80]},
        )  # fmt: skip
        if wanted.name in _NEEDED_NAMES:
            row.problem = said
        else:
            row.notes.append(said)

    def _fill_times(
        self, rows: list[ParsedRow], column: str, cells: list[Cell], wanted: Field, array: Any
    ) -> None:
        times = self._parse(cells, array)
        for row, cell, at in zip(rows, cells, times, strict=True):
            if is_empty(cell) or row.problem is not None:
                continue
            if at is None:
                row.problem = _unreadable(column, cell, wanted)
            elif wanted.kind is ValueKind.DATE:
                row.values[wanted.name] = at.astimezone(self._zone).date()
            else:
                row.values[wanted.name] = at
                row.values[f"{wanted.name}_has_time"] = bool(
                    at.astimezone(self._zone).time().replace(microsecond=0).isoformat("minutes")
                    != "00:00"
                )

    def _parse(self, cells: list[Cell], array: Any) -> Iterator[datetime | None]:
        import pyarrow as pa

        from suppilo.io.times import TimeRule, parse_times

        if array is None or pa.types.is_string(array.type):
            texts = [None if is_empty(cell) else as_text(cell) for cell in cells]
            array = pa.array(texts, pa.string())
        elif isinstance(array, pa.ChunkedArray):
            array = array.combine_chunks()
        found = parse_times(array, TimeRule(self._zone, self._written.dayfirst))
        for us, valid in zip(found.us.tolist(), found.valid.tolist(), strict=True):
            yield _EPOCH + timedelta(microseconds=us) if valid else None


class _UnknownNameError(Exception):
    """A text stands for nothing that we know."""


def _text(name: str, cell: Cell) -> str:
    return as_text(cell)[: _LONGEST.get(name, 2_000)]


def _out_of_bounds(column: str, cell: Cell, wanted: Field) -> Problem:
    return Problem(
        column or str(wanted.label),
        as_text(cell),
        _("not between 0 and 100 %%: %(field)s") % {"field": wanted.label},
        _("Write a share between 0 and 100 %, or say below how the file writes it."),
    )


def _unreadable(column: str, cell: Cell, wanted: Field) -> Problem:
    remedies = {
        ValueKind.MONEY: _("Write an amount such as 1234.56, or say below which sign is decimal."),
        ValueKind.NUMBER: _("Write a number such as 12.5."),
        ValueKind.SHARE: _("Write a share such as 40 % or 0.4."),
        ValueKind.DATE: _("Write a date such as 2026-03-31."),
        ValueKind.TIME: _("Write a time such as 2026-03-31 14:00."),
    }
    return Problem(
        column or str(wanted.label),
        as_text(cell),
        _("can't be read: %(field)s") % {"field": wanted.label},
        remedies.get(wanted.kind, ""),
    )

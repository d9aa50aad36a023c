"""A file as rows of cells, in blocks; and what can be known of how its cells are written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from suppilo.apps.imports.records.fields import ValueKind, find_field
from suppilo.apps.imports.records.presets import PERCENT_PRESETS
from suppilo.apps.imports.records.values import as_text, find_decimal, says_percent
from suppilo.apps.imports.wording import name_fields

if TYPE_CHECKING:
    from suppilo.apps.imports.records.options import RecordOptions
    from suppilo.io.rejects import RejectLog

PREVIEW_ROWS = 12
_CELL = 80
_BLOCK_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Sample:
    """A file's first rows as text; ``problem`` says why it can't be read."""

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """How cells are written: the decimal sign, whether 03/04/2025 is 3 April, and 40 is 40 %."""

    decimal: str = "."
    dayfirst: bool | None = None
    is_percent: bool = False


def read_sample_rows(path: Path, sheet: str = "") -> Sample:
    """Return a file's columns and first rows."""
    from suppilo.io.errors import InputError
    from suppilo.io.formats import find_files
    from suppilo.io.readers import read_sample
    from suppilo.io.rejects import RejectLog

    try:
        table = read_sample(find_files([path])[0], _mapping(sheet), RejectLog())
    except InputError as error:
        return Sample(problem=name_fields(str(error).replace(str(path), "the file")))
    cells = [
        [_short(as_text(cell)) for cell in column.slice(0, PREVIEW_ROWS).to_pylist()]
        for column in table.columns
    ]
    return Sample(tuple(table.column_names), tuple(zip(*cells, strict=True)))


def _short(text: str) -> str:
    return text if len(text) <= _CELL else f"{text[:_CELL]}…"


def read_blocks(path: Path, options: RecordOptions, log: RejectLog) -> Iterator[Any]:
    """Yield a file's rows in blocks (:class:`suppilo.io.blocks.RawBlock`).

    Raises
    ------
    InputError
        If the file can't be read.
    """
    from suppilo.io.formats import find_files
    from suppilo.io.readers import read_blocks as read

    return read(find_files([path])[0], _mapping(options.sheet), log, _BLOCK_BYTES)


def _mapping(sheet: str) -> Any:
    from suppilo.io.mapping import Mapping

    return Mapping(sheet=sheet or None)


def find_writing(path: Path, options: RecordOptions) -> Written:
    """Return how a file's amounts, shares and dates are written: as said, else as cells show.

    Raises
    ------
    InputError
        If the file can't be read, or nothing shows which part of its dates is the day.
    """
    decimal = options.decimal or _find_decimal(path, options) or "."
    return Written(decimal, _find_dayfirst(path, options), _find_percent(path, options))


def _columns_of(options: RecordOptions, *kinds: ValueKind) -> list[str]:
    found = []
    for column, name in options.columns.items():
        field = find_field(options.kind, name)
        if field is not None and field.kind in kinds:
            found.append(column)
    return found


def _find_decimal(path: Path, options: RecordOptions) -> str | None:
    from suppilo.io.rejects import RejectLog

    wanted = _columns_of(options, ValueKind.MONEY, ValueKind.NUMBER)
    for block in read_blocks(path, options, RejectLog()):
        names = [name for name in wanted if name in block.table.column_names]
        cells = [cell for name in names for cell in block.table.column(name).to_pylist()]
        if sign := find_decimal(cells):
            return sign
    return None


def _find_percent(path: Path, options: RecordOptions) -> bool:
    """Return whether shares are written as 40 for 40 %, rather than as 0.4."""
    from suppilo.io.rejects import RejectLog

    columns = _columns_of(options, ValueKind.SHARE)
    if options.shares or not columns:
        return options.shares == "percent"
    if options.preset in PERCENT_PRESETS or any("%" in column for column in columns):
        return True
    for block in read_blocks(path, options, RejectLog()):
        names = [name for name in columns if name in block.table.column_names]
        if any(says_percent(block.table.column(name).to_pylist()) for name in names):
            return True
    return False


def _find_dayfirst(path: Path, options: RecordOptions) -> bool | None:
    from suppilo.io.dates import settle_dayfirst
    from suppilo.io.formats import find_files
    from suppilo.io.mapping import GuessedMapping, Mapping

    columns = _columns_of(options, ValueKind.DATE, ValueKind.TIME)
    if options.dayfirst is not None or not columns:
        return options.dayfirst
    stages = tuple((column, column) for column in columns)
    guessed = GuessedMapping(Mapping(sheet=options.sheet or None, wide=stages))
    return settle_dayfirst(find_files([path]), guessed).mapping.dayfirst

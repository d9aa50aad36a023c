"""Excel workbooks, guarded: they are zip archives, and a small one can hold a very large one."""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from suppilo.io import rejects
from suppilo.io.blocks import CELL_LIMIT, RawBlock, table_of
from suppilo.io.errors import InputError, place
from suppilo.io.formats import SourceFile, find_files
from suppilo.io.mapping import Mapping
from suppilo.io.rejects import RejectLog

UNPACKED_LIMIT = 512 << 20
RATIO_LIMIT = 200
CELLS_LIMIT = 50_000_000
_SMALL = 1 << 20  # Below this a high ratio harms nobody: empty sheets compress well.
_BLOCK_ROWS = 100_000
_REFERENCE = re.compile(rb"""\br\s*=\s*["']([A-Z]{0,3})(\d{1,7})["']""")


def read_excel(source: SourceFile, mapping: Mapping, log: RejectLog) -> Iterator[RawBlock]:
    """Yield the rows of one sheet (the first, or ``mapping.sheet``); the header is its first row.

    Raises
    ------
    InputError
        If the workbook is damaged, has no such sheet, or would unpack to over 512 MiB, to over
        200 times its size, or to over 50 million cells.
    """
    check_workbook(source)
    rows = _sheet_rows(source, mapping)
    names = mapping.columns or _header(source, rows)
    while batch := list(islice(rows, _BLOCK_ROWS)):
        block = _block(source, log, names, batch)
        if len(block.rows):
            yield block


def read_sheet(path: Path) -> Iterator[tuple[int, list[Any]]]:
    """Yield the rows of a workbook's first sheet that are not blank, with their numbers.

    Raises
    ------
    InputError
        As :func:`read_excel`, and if the file is no workbook.
    """
    (source,) = find_files([path])
    check_workbook(source)
    yield from _sheet_rows(source, Mapping())


def check_workbook(source: SourceFile) -> None:
    """Refuse a workbook that is too large once unpacked, by what it says and by what it is."""
    try:
        with zipfile.ZipFile(source.path) as archive:
            parts = archive.infolist()
            # A part can be listed many times over the same bytes: the sum counts, not the file.
            _check_size(source, sum(part.file_size for part in parts))
            unpacked = 0
            for part in parts:
                unpacked = _count_part(source, archive, part, unpacked)
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise _damaged(source) from error
    except Exception as error:  # zlib and lzma each have their own
        if isinstance(error, InputError) or type(error).__module__ not in {"zlib", "_lzma"}:
            raise
        raise _damaged(source) from error


def _damaged(source: SourceFile) -> InputError:
    return InputError(f"{source.path} is a damaged Excel file or has a password; save it again")


def _check_size(source: SourceFile, unpacked: int) -> None:
    limit = max(_SMALL, RATIO_LIMIT * source.size)
    if unpacked > UNPACKED_LIMIT or unpacked > limit:
        raise InputError(
            f"{source.path} unpacks to more than {min(UNPACKED_LIMIT, limit) >> 20} MiB from "
            f"{source.size / (1 << 20):.1f} MiB; such a workbook is refused, save it as CSV"
        )


def _count_part(
    source: SourceFile, archive: zipfile.ZipFile, part: zipfile.ZipInfo, unpacked: int
) -> int:
    widest = lowest = 0
    rest = b""
    with archive.open(part) as stream:
        while chunk := stream.read(1 << 20):
            unpacked += len(chunk)
            _check_size(source, unpacked)
            if part.filename.startswith("xl/worksheets/"):
                for letters, digits in _REFERENCE.findall(rest + chunk):
                    widest, lowest = max(widest, _column(letters)), max(lowest, int(digits))
                rest = chunk[-32:]
    if widest * lowest > CELLS_LIMIT:
        raise InputError(
            f"{source.path}: {part.filename} spans {lowest} rows and {widest} columns; "
            "delete what stands far off the table, or save it as CSV"
        )
    return unpacked


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _sheet_rows(source: SourceFile, mapping: Mapping) -> Iterator[tuple[int, list[Any]]]:
    """Yield each row that is not blank, with its number in the sheet."""
    import python_calamine as calamine

    try:
        with calamine.CalamineWorkbook.from_path(str(source.path)) as book:
            name = mapping.sheet or next(iter(book.sheet_names), "")
            if name not in book.sheet_names:
                raise InputError(
                    f"{source.path} has no sheet {name!r}; its sheets are "
                    f"{', '.join(book.sheet_names)}"
                )
            sheet = book.get_sheet_by_name(name)
            table = sheet.to_python(skip_empty_area=False)
    except calamine.CalamineError as error:
        raise _damaged(source) from error
    for number, cells in enumerate(table, 1):
        if any(cell != "" for cell in cells):
            yield number, cells


def _header(source: SourceFile, rows: Iterator[tuple[int, list[Any]]]) -> tuple[str, ...]:
    number, cells = next(rows, (0, []))
    if not cells:
        raise InputError(f"{source.path}: the sheet is empty; name another with --sheet")
    names = [str(cell).strip() or f"column {at}" for at, cell in enumerate(cells, 1)]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise InputError(
            f"{place(source.path, number)}: the header names {', '.join(twice[:5])} more than "
            "once; rename the columns"
        )
    return tuple(names)


def _block(
    source: SourceFile, log: RejectLog, names: tuple[str, ...], batch: list[tuple[int, list[Any]]]
) -> RawBlock:
    records, numbers = [], []
    for number, cells in batch:
        if len(cells) != len(names):
            counts = f"{len(cells)} instead of {len(names)}"
            log.add(source.name, number, "", rejects.WRONG_WIDTH, counts)
            continue
        huge = [at for at, cell in enumerate(cells) if _is_huge(cell)]
        if huge:
            text = cells[huge[0]][:200]
            log.add(source.name, number, names[huge[0]], rejects.HUGE_CELL, text)
            continue
        record = dict(zip(names, map(_clean, cells), strict=True))
        records.append(record)
        numbers.append(number)
    return RawBlock(table_of(records, names), np.array(numbers, np.int64), typed=True)


def _is_huge(cell: Any) -> bool:
    return isinstance(cell, str) and len(cell.encode()) > CELL_LIMIT


def _clean(cell: Any) -> Any:
    """Return a cell as one of few kinds; Excel keeps every number as a float."""
    if cell == "" and isinstance(cell, str):
        return None
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return int(cell)
    if type(cell).__name__ == "date":
        return datetime(cell.year, cell.month, cell.day)  # noqa: DTZ001  (Excel knows no zones)
    return cell

"""CSV and TSV: rows in blocks, by Arrow where all is well and row by row where it is not."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv

from suppilo.io import rejects
from suppilo.io.blocks import CELL_LIMIT, RawBlock
from suppilo.io.dialect import Dialect, find_dialect, utf8_chunks
from suppilo.io.errors import InputError, place
from suppilo.io.formats import SourceFile
from suppilo.io.mapping import Mapping
from suppilo.io.rejects import RejectLog

ROW_LIMIT = 64 << 20
_MAX_OPEN_QUOTES = 100


def read_delimited(
    source: SourceFile, mapping: Mapping, log: RejectLog, block_bytes: int
) -> Iterator[RawBlock]:
    """Yield the rows of a CSV or TSV as text columns, about ``block_bytes`` of file at a time.

    Rows with the wrong number of cells, with bytes that are no text, with NUL bytes or a cell
    over 1 MiB go to ``log``.
    """
    dialect = find_dialect(source, mapping)
    commas = mapping.decimal == "," or (mapping.decimal is None and dialect.delimiter != ",")
    next_row = 1
    chunks = row_chunks(utf8_chunks(source, dialect, block_bytes), dialect, source)
    for number, (chunk, last) in enumerate(_ahead(chunks)):
        if number == 0 and dialect.has_header:
            chunk = chunk[dialect.header_end(chunk) :]
            next_row = 2
        table, rows, seen = _parse(chunk, dialect, source, log, next_row, last)
        next_row += seen
        if table.num_rows:
            yield RawBlock(table, rows, typed=False, commas=commas)


def row_chunks(
    chunks: Iterator[bytes], dialect: Dialect, source: SourceFile
) -> Iterator[tuple[bytes, bool]]:
    """Regroup bytes so that each chunk holds whole rows; the flag marks the last chunk."""
    waiting: list[bytes] = []
    for chunk in chunks:
        waiting.append(chunk)
        # Without a line's end in it, a chunk can't end a row: nothing to look for.
        if b"\n" in chunk:
            buffer = b"".join(waiting)
            cut = _last_row_end(buffer, dialect)
            if cut:
                yield _tidy(buffer[:cut], dialect), False
            waiting = [buffer[cut:]]
        if sum(map(len, waiting)) > ROW_LIMIT:
            raise InputError(
                f"{place(source.path)}: a row is longer than {ROW_LIMIT >> 20} MiB; is it a table, "
                "or does a quote open a cell and never close it?"
            )
    yield _tidy(b"".join(waiting), dialect), True


def _ahead(chunks: Iterator[tuple[bytes, bool]]) -> Iterator[tuple[bytes, bool]]:
    """Yield the chunks while the next one is being read and decompressed."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, chunks, None)
        while (chunk := coming.result()) is not None:
            coming = pool.submit(next, chunks, None)
            yield chunk


def _tidy(chunk: bytes, dialect: Dialect) -> bytes:
    if not dialect.whitespace:
        return chunk
    # Columns aligned with blanks: runs of blanks become one tab.
    chunk = re.sub(rb"(?m)^[ \t]+|[ \t]+(?=\r?$)", b"", chunk)
    return re.sub(rb"[ \t]+", b"\t", chunk)


def _last_row_end(buffer: bytes, dialect: Dialect) -> int:
    cut = buffer.rfind(b"\n") + 1
    if not cut or b'"' not in buffer:
        return cut
    head = memoryview(buffer)[:cut]
    if buffer.count(b'"', 0, cut) % 2 == 0 and not _has_stray_quote(head, dialect):
        return cut
    return _exact_cut(buffer, dialect)


def _has_stray_quote(head: memoryview, dialect: Dialect) -> bool:
    """Return whether some quote stands inside a cell, where it is a letter like any other."""
    data = np.frombuffer(head, np.uint8)
    quotes = np.flatnonzero(data == ord('"'))
    edges = np.zeros(256, np.bool_)
    edges[list(b'\r\n"' + dialect.delimiter.encode())] = True
    before = edges[data[quotes - 1]] | (quotes == 0)
    after = edges[data[np.minimum(quotes + 1, len(data) - 1)]]
    return bool((~before & ~after).any())


def _exact_cut(buffer: bytes, dialect: Dialect) -> int:
    """Return the end of the last row but one, which is whole whatever the quotes mean."""
    ends = [0, 0]
    for _, end in _records(buffer, dialect, "latin-1"):
        ends = [ends[1], end]
    return ends[0]


def _records(chunk: bytes, dialect: Dialect, encoding: str) -> Iterator[tuple[list[str], int]]:
    """Yield the cells of each row and the offset at which the row ends."""
    offset = 0

    def lines() -> Iterator[str]:
        nonlocal offset
        for line in chunk.splitlines(keepends=True):
            offset += len(line)
            yield line.decode(encoding, "surrogateescape")

    limit = csv.field_size_limit(len(chunk) + 1)
    try:
        for cells in csv.reader(lines(), delimiter=dialect.delimiter):
            yield cells, offset
    finally:
        csv.field_size_limit(limit)


def _parse(
    chunk: bytes, dialect: Dialect, source: SourceFile, log: RejectLog, first_row: int, last: bool
) -> tuple[pa.Table, Any, int]:
    """Return a chunk's rows, their numbers, and how many rows the chunk has in all."""
    open_quote = last and chunk.count(b'"') % 2 == 1
    if b"\0" not in chunk and not open_quote:
        try:
            table = _parse_fast(chunk, dialect)
        except pa.ArrowInvalid:
            pass
        else:
            if not _has_huge_cell(table):
                rows = np.arange(first_row, first_row + table.num_rows, dtype=np.int64)
                return table, rows, table.num_rows
    return _CarefulParser(dialect, source, log).parse(chunk, first_row, last)


def _parse_fast(chunk: bytes, dialect: Dialect) -> pa.Table:
    if not chunk.strip(b"\r\n"):
        return _text_table(dialect.names, [[] for _ in dialect.names])
    return arrow_csv.read_csv(
        BytesIO(chunk),
        read_options=arrow_csv.ReadOptions(column_names=dialect.names, block_size=4 << 20),
        parse_options=arrow_csv.ParseOptions(
            delimiter=dialect.delimiter, newlines_in_values=b'"' in chunk
        ),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(dialect.names, pa.string()), strings_can_be_null=False
        ),
    )


def _has_huge_cell(table: pa.Table) -> bool:
    import pyarrow.compute as pc

    suspects = (column for column in table.columns if column.nbytes > CELL_LIMIT)
    return any((pc.max(pc.binary_length(column)).as_py() or 0) > CELL_LIMIT for column in suspects)


def _text_table(names: Sequence[str], columns: Sequence[Sequence[str]]) -> pa.Table:
    return pa.table([pa.array(column, pa.string()) for column in columns], names=list(names))


class _CarefulParser:
    """Reads a chunk row by row, because some row of it is bad; the good ones are kept."""

    def __init__(self, dialect: Dialect, source: SourceFile, log: RejectLog) -> None:
        self._dialect, self._source, self._log = dialect, source, log
        self._good: list[list[str]] = []
        self._rows: list[int] = []

    def parse(self, chunk: bytes, first_row: int, last: bool) -> tuple[pa.Table, Any, int]:
        row = first_row
        for _ in range(_MAX_OPEN_QUOTES):
            row, start = self._parse_from(chunk, row, last)
            if start is None:
                break
            # The row whose quote never closes is one line; what follows it is read afresh.
            chunk = chunk[start:]
        else:
            raise InputError(
                f"{place(self._source.path, row)}: quotes open cells and never close them; "
                "is the delimiter right? Name it with --delimiter"
            )
        empty: list[tuple[str, ...]] = [() for _ in self._dialect.names]
        columns = list(zip(*self._good, strict=True)) or empty
        table = _text_table(self._dialect.names, columns)
        return table, np.array(self._rows, np.int64), row - first_row

    def _parse_from(self, chunk: bytes, row: int, last: bool) -> tuple[int, int | None]:
        begin = 0
        for cells, end in _records(chunk, self._dialect, "utf-8"):
            if last and end == len(chunk) and self._is_open(chunk[begin:]):
                first_line = chunk[begin:].splitlines(keepends=True)[0]
                self._reject(row, "", rejects.OPEN_QUOTE, first_line.decode("utf-8", "replace"))
                return row + 1, begin + len(first_line)
            begin = end
            if not self._is_blank(cells):
                self._check(cells, row)
                row += 1
        return row, None

    def _is_blank(self, cells: list[str]) -> bool:
        return not cells or (len(cells) == 1 < len(self._dialect.names) and not cells[0].strip())

    def _is_open(self, record: bytes) -> bool:
        try:
            text = record.decode("latin-1").splitlines(keepends=True)
            list(csv.reader(text, delimiter=self._dialect.delimiter, strict=True))
        except csv.Error as error:
            return "unexpected end" in str(error)
        return False

    def _check(self, cells: list[str], row: int) -> None:
        if len(cells) != len(self._dialect.names):
            counts = f"{len(cells)} instead of {len(self._dialect.names)}: "
            return self._reject(
                row, "", rejects.WRONG_WIDTH, counts + self._dialect.delimiter.join(cells)[:200]
            )
        whole = "".join(cells)
        if len(whole) > CELL_LIMIT or "\0" in whole or not whole.isascii():
            for name, cell in zip(self._dialect.names, cells, strict=True):
                if reason := _fault(cell):
                    return self._reject(row, name, reason, cell[:200])
        self._good.append(cells)
        self._rows.append(row)
        return None

    def _reject(self, row: int, column: str, reason: str, value: str) -> None:
        self._log.add(self._source.name, row, column, reason, value)


def _fault(cell: str) -> str | None:
    if len(cell.encode("utf-8", "surrogateescape")) > CELL_LIMIT:
        return rejects.HUGE_CELL
    if "\0" in cell:
        return rejects.NUL_BYTE
    return rejects.UNDECODABLE if re.search("[\ud800-\udfff]", cell) else None

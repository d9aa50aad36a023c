"""Where the rows of a table and range of paths lie in its files, and in which order to take them.

A compacted table's files follow each other and are read one after the other. Files that overlap
(appends since the last compaction) are runs of one order each; their merge is worked out once, as
a permutation of the files' rows, and then serves every column.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from suppilo.analytics.events import ALL_PATHS, Int64, PathRange
from suppilo.lake.arrays import integers, raw_values
from suppilo.lake.folder import explain_reading
from suppilo.lake.parquet import is_ours, open_parquet
from suppilo.lake.snapshot import TableSnapshot

_EMPTY = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class Part:
    """Rows ``[start, stop)`` of the row groups ``groups`` of one file."""

    path: Path
    metadata: Any
    groups: tuple[int, ...]
    start: int
    stop: int

    def read(self, columns: Sequence[str], dictionaries: Sequence[str] = ()) -> pa.Table:
        """Return the rows; columns that the file lacks are left out."""
        own = set(self.metadata.schema.to_arrow_schema().names)
        have = [name for name in columns if name in own]
        with explain_reading(self.path):
            file = open_parquet(self.path, self.metadata, [n for n in dictionaries if n in own])
            found = file.read_row_groups(self.groups, columns=have).slice(
                self.start, self.stop - self.start
            )
            if have and found.num_rows != self.stop - self.start:
                raise OSError("it has fewer rows than it says")
            return found


@dataclass(frozen=True, slots=True)
class Layout:
    """A table's rows in one range of paths.

    ``permutation[i]`` is the place of row ``i`` among the parts' rows one after the other; None:
    row ``i`` is at place ``i``. ``before`` rows of the table have smaller path keys.
    """

    parts: tuple[Part, ...]
    path: Int64
    at: Int64
    before: int
    permutation: Int64 | None = field(default=None)

    @property
    def nbytes(self) -> int:
        """Size in bytes."""
        moved = 0 if self.permutation is None else self.permutation.nbytes
        return self.path.nbytes + self.at.nbytes + moved

    def sort(self, values: Int64) -> Int64:
        """Return the parts' values in the order of rows."""
        return values if self.permutation is None else _frozen(values[self.permutation])

    def hot(self, column: str) -> Int64:
        """Return a column of integers or times in the order of rows."""
        return self.sort(_join([_read_hot(part, (column,))[0] for part in self.parts]))

    def column(self, column: str, kind: pa.DataType, *, coded: bool = True) -> pa.Array:
        """Return any column in the order of rows, text as a dictionary where ``coded``."""
        text = pa.types.is_string(kind)
        wanted = pa.dictionary(pa.int32(), kind) if text and coded else kind
        chunks = [c for part in self.parts for c in _read_any(part, column, wanted)]
        joined = pa.chunked_array(chunks, wanted)
        joined = joined.unify_dictionaries() if text and coded else joined
        array = joined.chunk(0) if joined.num_chunks == 1 else _combine(joined)
        return array if self.permutation is None else array.take(integers(self.permutation))


def lay_out(table: TableSnapshot, paths: PathRange = ALL_PATHS) -> Layout:
    """Work out where a table's rows of one range lie, reading its path and time columns."""
    low, high = paths
    files = [file for file in table.files if file.low <= high and file.high >= low]
    before = sum(file.rows for file in table.files if file.high < low)
    pieces = list(_map(lambda file: _open_part(table.folder / file.name, paths), files))
    before += sum(piece.before for piece in pieces)
    kept = [piece for piece in pieces if len(piece.path)]
    path, at = _join([piece.path for piece in kept]), _join([piece.at for piece in kept])
    parts = tuple(piece.part for piece in kept)
    if all(piece.sorted for piece in kept) and all(
        one.path[-1] < two.path[0] for one, two in zip(kept, kept[1:], strict=False)
    ):
        return Layout(parts, path, at, before)
    order = merge_runs(path, at, parts)
    first, last = np.searchsorted(path[order], low), np.searchsorted(path[order], high, "right")
    order = order[first:last]
    return Layout(parts, _frozen(path[order]), _frozen(at[order]), before, order)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part with its decoded columns; ``before`` rows of the file precede the range."""

    part: Part
    path: Int64
    at: Int64
    before: int
    sorted: bool


def _open_part(file: Path, paths: PathRange) -> _Piece:
    with explain_reading(file):
        metadata = pq.read_metadata(file)
    if not is_ours(file.name):
        return _open_foreign(file, metadata, paths)
    groups, before = _overlapping(metadata, paths)
    part = Part(file, metadata, groups, 0, sum(metadata.row_group(g).num_rows for g in groups))
    path, at = _read_hot(part, ("path_key", "at")) if groups else (_EMPTY, _EMPTY)
    if paths == ALL_PATHS:
        return _Piece(part, path, at, 0, sorted=True)
    start = int(np.searchsorted(path, paths[0]))
    stop = int(np.searchsorted(path, paths[1], "right"))
    cut = Part(file, metadata, groups, start, stop)
    return _Piece(cut, path[start:stop], at[start:stop], before + start, sorted=True)


def _open_foreign(file: Path, metadata: Any, paths: PathRange) -> _Piece:
    """Open a file that another tool wrote (an OPTIMIZE, say), which may be in any order."""
    part = Part(file, metadata, tuple(range(metadata.num_row_groups)), 0, metadata.num_rows)
    path, at = _read_hot(part, ("path_key", "at")) if metadata.num_rows else (_EMPTY, _EMPTY)
    return _Piece(part, path, at, int(np.count_nonzero(path < paths[0])), sorted=False)


def _overlapping(metadata: Any, paths: PathRange) -> tuple[tuple[int, ...], int]:
    """Return the row groups that may have rows in the range, and how many rows precede them."""
    if paths == ALL_PATHS:
        return tuple(range(metadata.num_row_groups)), 0
    groups, before = [], 0
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        bounds = group.column(0).statistics
        if bounds.max < paths[0]:
            before += group.num_rows
        elif bounds.min <= paths[1]:
            groups.append(number)
    return tuple(groups), before


def merge_runs(path: Int64, at: Int64, parts: Sequence[Part]) -> Int64:
    """Return the order of rows by (path, at, row order), rows being sorted runs one after another.

    The runs are merged by path first (timsort finds and merges them). Within a path they then
    stand in the order of the files, which is nearly always the order of time: only paths for
    which it is not are sorted.
    """
    order = np.argsort(path, kind="stable")
    wrong = _misplaced(path[order], at[order], order, parts)
    if wrong is not None:
        rows = order[wrong]
        given = _row_order(parts)[rows]
        order[wrong] = rows[np.lexsort((given, at[rows], path[rows]))]
    return order


def _misplaced(path: Int64, at: Int64, order: Int64, parts: Sequence[Part]) -> Int64 | None:
    """Return the places of all rows of paths whose rows are not in order; None if all are."""
    same = path[1:] == path[:-1]
    early = same & (at[1:] < at[:-1])
    tied = same & (at[1:] == at[:-1]) & (order[1:] != order[:-1] + 1)
    if tied.any():
        given = _row_order(parts)[order]
        early |= tied & (given[1:] < given[:-1])
    if not early.any():
        return None
    group = np.concatenate([[0], np.cumsum(~same)])
    bad = np.zeros(group[-1] + 1, np.bool_)
    bad[group[1:][early]] = True
    return np.flatnonzero(bad[group])


def _row_order(parts: Sequence[Part]) -> Int64:
    return _join([_read_hot(part, ("row_order",))[0] for part in parts])


def _read_hot(part: Part, columns: Sequence[str]) -> list[Int64]:
    table = part.read(columns)
    with explain_reading(part.path):
        return [
            _join([raw_values(chunk, np.int64) for chunk in table.column(name).chunks])
            for name in columns
        ]


def _read_any(part: Part, column: str, kind: pa.DataType) -> list[pa.Array]:
    table = part.read((column,), (column,) if pa.types.is_dictionary(kind) else ())
    if column not in table.column_names:
        return [pa.nulls(part.stop - part.start, kind)]
    # A file from before the column was widened still has integers.
    return [chunk if chunk.type == kind else chunk.cast(kind)
            for chunk in table.column(column).chunks]  # fmt: skip


def _combine(chunks: pa.ChunkedArray) -> pa.Array:
    if not chunks.num_chunks:
        return pa.array([], chunks.type)
    return pa.concat_arrays(chunks.chunks)


def _join(arrays: Sequence[Int64]) -> Int64:
    if not arrays:
        return _EMPTY
    return arrays[0] if len(arrays) == 1 else _frozen(np.concatenate(arrays))


def _frozen(array: Int64) -> Int64:
    # All columns are shared between readers, and those that Arrow decoded can't be written to.
    array.flags.writeable = False
    return array


def _map(function: Any, items: Sequence[Any]) -> Any:
    if len(items) < 2:
        return map(function, items)
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        return list(pool.map(function, items))

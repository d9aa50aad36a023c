"""Single events, newest first: of some paths, of some event names, or of all.

Files are sorted by path, so a path's rows are found by the bounds of files and row groups. For the
newest of all, a file's latest time says whether it needs to be looked into; what its newest rows
are is remembered, for a file never changes.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from suppilo.analytics.events import ALL_PATHS, Bool, Int64
from suppilo.lake.arrays import raw_values
from suppilo.lake.cache import SHARED, ColumnCache
from suppilo.lake.folder import explain_reading
from suppilo.lake.keys import path_key
from suppilo.lake.layout import Part
from suppilo.lake.parquet import open_parquet
from suppilo.lake.rows import read_rows
from suppilo.lake.schema import BATCH
from suppilo.lake.snapshot import DataFile, TableSnapshot

Place = tuple[int, int]
"""Where an event stands in time: ``at`` (microseconds), then the order in which it was given."""
_LAST: Place = (ALL_PATHS[1], ALL_PATHS[1])
_IDS = ("path", "event_id", "session_id", "_rest")


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """One event, whole.

    Attributes
    ----------
    at_us
        When it happened, microseconds since 1970 UTC.
    order
        Its place in the order in which events were given.
    path
        The identifier that it came with.
    batch
        The batch that it came with; None where that was not recorded.
    properties
        By exact name; values that fit no column are among them.
    """

    at_us: int
    order: int
    event: str
    path: str
    event_id: str | None
    session_id: str | None
    batch: str | None
    properties: dict[str, Any]

    @property
    def place(self) -> Place:
        """Where it stands in time."""
        return self.at_us, self.order


@dataclass(frozen=True, slots=True)
class _Found:
    """Rows of one file: their places, times and order."""

    table: TableSnapshot
    file: DataFile
    rows: Int64
    at: Int64
    order: Int64

    @property
    def nbytes(self) -> int:
        return 3 * self.rows.nbytes

    def newest(self, limit: int) -> _Found:
        """Return the ``limit`` newest rows, newest first."""
        kept = np.lexsort((self.order, self.at))[::-1][:limit]
        return _Found(self.table, self.file, self.rows[kept], self.at[kept], self.order[kept])


def read_newest(
    tables: Iterable[TableSnapshot],
    limit: int,
    *,
    paths: Collection[str] | None = None,
    before: Place | None = None,
    cache: ColumnCache = SHARED,
) -> list[LoggedEvent]:
    """Return the newest events of some tables, newest first.

    Parameters
    ----------
    limit
        How many at most.
    paths
        Of which paths; None: of all.
    before
        The place of an event: only events before it.

    Raises
    ------
    LakeError
        If a file can't be read.
    """
    last = _LAST if before is None else before
    files = [(table, file) for table in tables for file in table.files if file.first_at <= last[0]]
    if paths is None:
        found = _newest_of_all(files, limit, last, cache)
    else:
        found = _of_paths(files, paths, last)
    return _read(_pick(found, limit), paths)[:limit]


def _newest_of_all(
    files: Sequence[tuple[TableSnapshot, DataFile]], limit: int, last: Place, cache: ColumnCache
) -> list[_Found]:
    """Look into the files from the one with the latest event on, as long as it can matter."""
    found: list[_Found] = []
    times = np.empty(0, np.int64)
    for table, file in sorted(files, key=lambda one: one[1].last_at, reverse=True):
        if len(times) == limit and times[0] > file.last_at:
            break
        one = _newest_of_file(table, file, limit, last, cache)
        found.append(one)
        times = np.sort(np.concatenate([times, one.at]))[-limit:]
    return found


def _newest_of_file(
    table: TableSnapshot, file: DataFile, limit: int, last: Place, cache: ColumnCache
) -> _Found:
    def load() -> _Found:
        at, order = _read_columns(table, file, ("at", "row_order"))
        rows = np.flatnonzero(_precede(at, order, last))
        if len(rows) > limit:  # all that share the time of the last one stay in
            earliest = np.partition(at[rows], -limit)[-limit]
            rows = rows[at[rows] >= earliest]
        return _Found(table, file, rows, at[rows], order[rows]).newest(limit)

    if last[0] <= file.last_at:  # a page further back is not asked for twice
        return load()
    return cache.get((table.folder / file.name, "newest", limit), load)


def _of_paths(
    files: Sequence[tuple[TableSnapshot, DataFile]], paths: Collection[str], last: Place
) -> list[_Found]:
    keys = np.unique(np.array([path_key(path) for path in paths], np.int64))

    def look(one: tuple[TableSnapshot, DataFile]) -> _Found | None:
        table, file = one
        inside = keys[(keys >= file.low) & (keys <= file.high)]
        return _of_keys(table, file, inside, last) if len(inside) else None

    with ThreadPoolExecutor(2) as pool:
        return [found for found in pool.map(look, files) if found is not None]


def _of_keys(table: TableSnapshot, file: DataFile, keys: Int64, last: Place) -> _Found:
    with explain_reading(table.folder / file.name):
        path_file = open_parquet(table.folder / file.name)
        groups, starts = _groups_with(path_file.metadata, keys)
        parts = [
            _in_group(path_file, group, start, keys, last)
            for group, start in zip(groups, starts, strict=True)
        ]
    rows, at, order = (
        np.concatenate([np.empty(0, np.int64), *(part[i] for part in parts)]) for i in range(3)
    )
    return _Found(table, file, rows, at, order)


def _groups_with(metadata: Any, keys: Int64) -> tuple[list[int], list[int]]:
    """Return the row groups that may have rows of the paths, and where each begins."""
    groups, starts, start = [], [], 0
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        bounds = group.column(metadata.schema.names.index("path_key")).statistics
        if bounds is None or np.any((keys >= bounds.min) & (keys <= bounds.max)):
            groups.append(number)
            starts.append(start)
        start += group.num_rows
    return groups, starts


def _in_group(
    file: pq.ParquetFile, group: int, start: int, keys: Int64, last: Place
) -> tuple[Int64, Int64, Int64]:
    table = file.read_row_group(group, columns=["path_key", "at", "row_order"])
    path, at, order = (
        np.concatenate([raw_values(chunk, np.int64) for chunk in table.column(name).chunks])
        for name in ("path_key", "at", "row_order")
    )
    rows = np.flatnonzero(np.isin(path, keys) & _precede(at, order, last))
    return rows + start, at[rows], order[rows]


def _precede(at: Int64, order: Int64, last: Place) -> Bool:
    return np.asarray((at < last[0]) | ((at == last[0]) & (order < last[1])))


def _read_columns(table: TableSnapshot, file: DataFile, names: Sequence[str]) -> list[Int64]:
    with explain_reading(table.folder / file.name):
        columns = open_parquet(table.folder / file.name).read(list(names))
    return [
        np.concatenate([raw_values(chunk, np.int64) for chunk in columns.column(name).chunks])
        for name in names
    ]


def _pick(found: Sequence[_Found], limit: int) -> list[_Found]:
    """Return of each file the rows that are among the newest of all."""
    if not found:
        return []
    owner = np.repeat(np.arange(len(found)), [len(one.rows) for one in found])
    at, order, rows = (
        np.concatenate([getattr(one, name) for one in found]) for name in ("at", "order", "rows")
    )
    # Two paths may share a key, however unlikely: a few more are read than are asked for.
    kept = np.lexsort((order, at))[::-1][: limit + 8]
    return [
        _Found(
            found[o].table, found[o].file, *(c[kept][owner[kept] == o] for c in (rows, at, order))
        )
        for o in np.unique(owner[kept]).tolist()
    ]


def _read(found: Iterable[_Found], paths: Collection[str] | None) -> list[LoggedEvent]:
    events = [event for one in found for event in _read_events(one)]
    mine = [event for event in events if paths is None or event.path in paths]
    return sorted(mine, key=lambda event: (event.at_us, event.order), reverse=True)


def _read_events(found: _Found) -> list[LoggedEvent]:
    table = found.table
    owns_batch = not table.is_property(BATCH.name)
    names = [*_IDS, *([BATCH.name] if owns_batch else []), *(c.column for c in table.columns)]
    path = Path(table.folder / found.file.name)
    with explain_reading(path):
        metadata = pq.read_metadata(path)
        part = Part(path, metadata, tuple(range(metadata.num_row_groups)), 0, metadata.num_rows)
        rows = read_rows(part, found.rows, names).to_pylist()
    return [
        LoggedEvent(
            int(at),
            int(order),
            table.event,
            row["path"],
            row["event_id"],
            row["session_id"],
            row.get(BATCH.name) if owns_batch else None,
            _properties(table, row),
        )
        for row, at, order in zip(rows, found.at, found.order, strict=True)
    ]


def _properties(table: TableSnapshot, row: dict[str, Any]) -> dict[str, Any]:
    values = {c.name: row[c.column] for c in table.columns if row[c.column] is not None}
    rest: dict[str, Any] = json.loads(row["_rest"] or "{}")
    return values | rest

"""What each path did, one event after the other: the rows of several tables in one order."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from suppilo.analytics.events import Bool, EventSource, EventTable, Int64, PathRange
from suppilo.analytics.funnel.kernels.merge import merge_runs


@dataclass(frozen=True, slots=True)
class Walks:
    """Rows sorted by path, time and order.

    Attributes
    ----------
    path, at
        Each row's path key and time (microseconds UTC).
    source
        The row's place when the tables stand one after the other.
    tables
        The tables, in the order of the names asked for.
    """

    path: Int64
    at: Int64
    source: Int64
    tables: tuple[EventTable, ...]

    def __len__(self) -> int:
        return len(self.path)

    @property
    def starts(self) -> Bool:
        """Where a path begins."""
        return changes(self.path)

    def event(self) -> Int64:
        """Return each row's event: its name's place among those asked for."""
        sizes = [len(table.path) for table in self.tables]
        return np.repeat(np.arange(len(sizes)), sizes)[self.source]

    def take(self, columns: Sequence[np.ndarray]) -> np.ndarray:
        """Return in this order what stands in one column a table."""
        return np.concatenate([*columns])[self.source]


def walk(events: EventSource, names: Sequence[str], paths: PathRange, threads: int = 1) -> Walks:
    """Return the events of some names in one range of paths, path by path.

    Each table is sorted already: two and two are merged in linear time, by so many threads.
    """
    tables = tuple(events.read(name, paths) for name in names)
    runs: list[tuple[Int64, ...]] = []
    first = 0
    for table in tables:
        rows = len(table.path)
        columns = (np.asarray(table.path), np.asarray(table.at), table.order())
        runs.append((*columns, np.arange(first, first + rows, dtype=np.int64)))
        first += rows
    with ThreadPoolExecutor(threads) as pool:
        while len(runs) > 1:
            pairs = pool.map(_merge, runs[0:-1:2], runs[1::2])
            runs = [*pairs, *(runs[-1:] if len(runs) % 2 else [])]
    path, at, _, source = runs[0] if runs else (np.empty(0, np.int64),) * 4
    return Walks(path, at, source, tables)


def _merge(one: tuple[Int64, ...], other: tuple[Int64, ...]) -> tuple[Int64, ...]:
    if not len(one[0]) or not len(other[0]):
        return one if len(one[0]) else other
    made = tuple(np.empty(len(one[0]) + len(other[0]), np.int64) for _ in range(4))
    merge_runs(*one, *other, *made)
    return made


def changes(column: Int64) -> Bool:
    """Return where a value differs from the one before; the first always does."""
    changed = np.ones(len(column), np.bool_)
    changed[1:] = column[1:] != column[:-1]
    return changed

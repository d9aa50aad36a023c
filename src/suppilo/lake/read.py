"""A lake as the calculations read it: one snapshot of all tables, columns decoded when needed."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np
import pyarrow as pa

from suppilo.analytics.events import ALL_PATHS, Bool, Int64, PathRange, PropertyValues
from suppilo.lake.cache import SHARED, ColumnCache
from suppilo.lake.folder import explain_reading
from suppilo.lake.lake import Lake
from suppilo.lake.layout import Layout, lay_out
from suppilo.lake.remember import remember_paths
from suppilo.lake.rows import locate_rows
from suppilo.lake.schema import ARROW_TYPES, PropertyType
from suppilo.lake.snapshot import TableSnapshot, take_snapshot
from suppilo.lake.unique import unique_paths
from suppilo.lake.values import CodedValues, code_values

DEFAULT_MEMORY_BYTES = 2 << 30
BYTES_PER_ROW = 48
"""A row's path and time, once as decoded and once as merged, and its place in the merge."""


@dataclass(frozen=True, slots=True)
class LakeTable:
    """One event's rows in one range of paths, as :class:`suppilo.analytics.events.EventTable`."""

    source: LakeSource
    snapshot: TableSnapshot
    paths: PathRange
    layout: Layout
    first_row: int

    @property
    def name(self) -> str:
        """The event's name."""
        return self.snapshot.event

    @property
    def path(self) -> Int64:
        """The key of each row's path."""
        return self.layout.path

    @property
    def at(self) -> Int64:
        """When each event happened, microseconds since 1970 UTC."""
        return self.layout.at

    @property
    def key(self) -> tuple[str, PathRange]:
        """What no table of other rows has; the same for the same rows read again."""
        return self.snapshot.key, self.paths

    @property
    def own_types(self) -> dict[str, PropertyType]:
        """The type of each property that this event has."""
        return {column.name: column.type for column in self.snapshot.columns}

    def order(self) -> Int64:
        """Return each row's place in the order in which rows were given, over all tables."""
        order: Int64 = self.source._cached(self, "row_order", lambda: self.layout.hot("row_order"))
        return order

    def matches(self, where: str) -> Bool:
        """Return which rows meet the condition; a row for which it is unknown does not.

        Raises
        ------
        WhereError
            If the condition can't be read, or names a property that no event of the lake has.
        """
        found: Bool = self.source._cached(self, f"where {where}", lambda: self._match(where))
        return found

    def _match(self, where: str) -> Bool:
        from suppilo.lake.where import compile_where, evaluate_where

        compiled = compile_where(where, self.source.property_types(self.name))
        columns = {name: self.column(name) for name in compiled.properties}
        return evaluate_where(compiled, columns, at=self.at, event=self.name)

    def column(self, name: str) -> pa.Array | None:
        """Return a property's values; None where no event of this name has it."""
        column = self.snapshot.column(name)
        if column is None:
            return None
        with explain_reading(self.snapshot.folder):
            return self.layout.column(column.column, ARROW_TYPES[column.type])

    def values(self, name: str) -> PropertyValues | None:
        """Return a property's values, or None where no event of this name has it.

        Labels are bool, int, float or text; a time's label is its ISO 8601 text (UTC).
        """
        if self.snapshot.column(name) is None:
            return None
        coded = self.source._cached(self, f"values {name}", lambda: self._code(name))
        return PropertyValues(coded.codes, coded.labels)

    def _code(self, name: str) -> CodedValues:
        return code_values(self.column(name))


class LakeSource:
    """All events of a lake as they are when this is made; later writes don't show.

    It is an :class:`suppilo.analytics.events.EventSource`. Arrays that it gives are shared and
    can't be written to.

    Parameters
    ----------
    lake
        The lake.
    cache
        Where decoded columns are kept; by default one for the whole process.
    memory_limit_bytes
        What the path and time columns of all tables may take together; beyond it,
        :meth:`path_ranges` gives several ranges.

    Raises
    ------
    LakeError
        If a table's log can't be read.
    """

    def __init__(
        self,
        lake: Lake,
        cache: ColumnCache | None = None,
        memory_limit_bytes: int = DEFAULT_MEMORY_BYTES,
    ) -> None:
        self.lake = lake
        self.cache = SHARED if cache is None else cache
        self.memory_limit_bytes = memory_limit_bytes
        self._tables = {table.event: table for table in take_snapshot(lake.folder)}
        totals = [0, *accumulate(table.rows for table in self._tables.values())]
        self._first_rows = dict(zip(self._tables, totals, strict=False))
        self._rows = totals[-1]

    def event_names(self) -> Sequence[str]:
        """Return the names of all events, sorted."""
        return tuple(self._tables)

    def property_names(self) -> Sequence[str]:
        """Return the names of all properties of all events, sorted."""
        return sorted({column.name for t in self._tables.values() for column in t.columns})

    def property_types(self, event: str) -> dict[str, PropertyType]:
        """Return every property's type; where events differ, the one that ``event`` has."""
        types: dict[str, PropertyType] = {}
        own = self._tables.get(event)
        for table in [*([] if own is None else [own]), *self._tables.values()]:
            for column in table.columns:
                types.setdefault(column.name, column.type)
        return types

    def sequence(self, event: str, batch: str) -> int | None:
        """Return the number of the last batch of a source that an event's table has here.

        None where it has none of that source. See :meth:`suppilo.lake.Lake.write`.
        """
        table = self._tables.get(event)
        return None if table is None else table.sequence(batch)

    def tables(self, events: Collection[str] | None = None) -> tuple[TableSnapshot, ...]:
        """Return the tables of the named events, or all, as they are in this snapshot."""
        return tuple(
            table for name, table in self._tables.items() if events is None or name in events
        )

    def count_paths(self) -> int:
        """Return how many different paths there are."""
        versions = [table.key for table in self._tables.values()]
        if not versions:
            return 0
        return remember_paths(self.lake.folder, versions, self._count_paths)

    def _count_paths(self) -> int:
        return len(self.unique_paths())

    def unique_paths(self) -> Int64:
        """Return the key of each path, ascending.

        Raises
        ------
        LakeError
            If a file can't be read.
        """
        return unique_paths(self.lake.folder, self._tables.values(), self.cache)

    def latest_at(self) -> int | None:
        """Return the time of the last event; None where there are no events."""
        return max((f.last_at for t in self._tables.values() for f in t.files), default=None)

    def path_ranges(self) -> Sequence[PathRange]:
        """Return ranges that cover all paths, each small enough to be held in memory.

        Keys are spread evenly over ``int64``, so ranges of the same width hold about as much.
        """
        count = -(-self._rows * BYTES_PER_ROW // self.memory_limit_bytes)
        if count <= 1:
            return [ALL_PATHS]
        low, high = ALL_PATHS
        edges = [low + (high + 1 - low) * i // count for i in range(count + 1)]
        return [(edges[i], edges[i + 1] - 1) for i in range(count)]

    def read(self, name: str, paths: PathRange) -> LakeTable:
        """Return the events of one name in one range; an empty table for a name never seen.

        Raises
        ------
        LakeError
            If a file can't be read.
        """
        table = self._tables.get(name)
        if table is None:
            table = TableSnapshot(name, self.lake.folder, f"{self.lake.folder}#{name}", (), ())
        layout = self._layout(table, paths)
        first_row = self._first_rows.get(name, self._rows) + layout.before
        return LakeTable(self, table, paths, layout, first_row)

    def _layout(self, table: TableSnapshot, paths: PathRange) -> Layout:
        def load() -> Layout:
            with explain_reading(table.folder):
                return lay_out(table, paths)

        return self.cache.get((table.key, paths, "layout"), load)

    def _cached(self, table: LakeTable, column: str, load: Any) -> Any:
        return self.cache.get((table.snapshot.key, table.paths, column), load)

    def describe_rows(self, rows: Int64) -> Mapping[str, Sequence[Any]]:
        """Return ``path``, ``event``, ``at`` (microseconds) and ``event_id`` of numbered rows."""
        names, firsts = list(self._tables), list(self._first_rows.values())
        numbers = np.asarray(rows, np.int64)
        answer: dict[str, list[Any]] = {
            name: [None] * len(numbers) for name in ("path", "event", "at", "event_id")
        }
        owners = np.array([bisect_right(firsts, number) - 1 for number in numbers.tolist()])
        for owner in np.unique(owners).tolist():
            places = np.flatnonzero(owners == owner)
            found = self._describe(names[owner], numbers[places])
            for name, values in found.items():
                for place, value in zip(places.tolist(), values, strict=True):
                    answer[name][place] = value
        return answer

    def _describe(self, event: str, numbers: Int64) -> dict[str, list[Any]]:
        """Describe rows of one event, range by range."""
        answer: dict[str, list[Any]] = {
            name: [None] * len(numbers) for name in ("path", "event", "at", "event_id")
        }
        for paths in self.path_ranges():
            table = self.read(event, paths)
            here = numbers - table.first_row
            places = np.flatnonzero((here >= 0) & (here < len(table.path)))
            if not len(places):
                continue
            with explain_reading(table.snapshot.folder):
                texts = locate_rows(table.layout, here[places], ("path", "event_id"))
            texts["at"] = table.at[here[places]].tolist()
            texts["event"] = [event] * len(places)
            for name, values in texts.items():
                for place, value in zip(places.tolist(), values, strict=True):
                    answer[name][place] = value
        return answer

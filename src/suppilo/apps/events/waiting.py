"""Events that wait for the event tables, as the calculations read them.

Nothing is sorted, and no property is read, before somebody asks for that event.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import accumulate
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from suppilo.analytics.events import ALL_PATHS, Bool, Int64, PathRange, PropertyValues
from suppilo.apps.capture.convert import ARRIVED
from suppilo.lake.schema import PropertyType, normalise
from suppilo.lake.unique import drop_repeats, sort_keys
from suppilo.lake.values import code_values
from suppilo.lake.where import compile_where, evaluate_where
from suppilo.sources.parts import TypesInTurn
from suppilo.sources.runs import Run

if TYPE_CHECKING:
    import pyarrow as pa

    from suppilo.apps.capture.tail import TailTable


class WaitingRows:
    """One event's rows in order; they serve as long as the tail has the same of that event."""

    def __init__(self, table: TailTable) -> None:
        self.table = table
        self.key: Hashable = object()
        self._columns: dict[str, pa.Array | None] = {}

    @cached_property
    def run(self) -> Run:
        """The rows in (path, at, order) order; ``source`` are their places in the tail's table."""
        source = self.table.by_path
        # Sorted stretches stand one after the other, which a stable sort merges.
        order = source[np.argsort(self.table.key[source], kind="stable")]
        table = self.table
        return Run(table.key[order], table.at[order], table.seq[order] + ARRIVED, order).sorted()

    @property
    def types(self) -> Mapping[str, PropertyType]:
        """The type of each property that a row has."""
        return self.table.kinds

    def column(self, name: str) -> pa.Array | None:
        """Return a property's values in the order of the run; None where no row has it."""
        if name not in self._columns:
            values = self.table.column(name)
            taken = None if values is None else values.take(self.run.source)
            self._columns[name] = None if taken is None else normalise(taken)
        return self._columns[name]


@dataclass(frozen=True)
class WaitingTable:
    """One event's rows, as :class:`suppilo.sources.parts.PartTable`."""

    source: WaitingSource
    name: str
    first_row: int
    path: Int64
    at: Int64
    rows: WaitingRows | None = None
    key: Hashable = field(default_factory=object)

    @property
    def own_types(self) -> Mapping[str, PropertyType]:
        """The type of each property that this event has."""
        return {} if self.rows is None else self.rows.types

    def column(self, name: str) -> pa.Array | None:
        """Return a property's values; None where no event of this name has it."""
        return None if self.rows is None else self.rows.column(name)

    def order(self) -> Int64:
        """Return each row's place in the order in which rows were given, over all tables."""
        return np.empty(0, np.int64) if self.rows is None else self.rows.run.order

    def matches(self, where: str) -> Bool:
        """Return which rows meet the condition; a row for which it is unknown does not.

        Raises
        ------
        WhereError
            If the condition can't be read, or names a property that no event has.
        """
        compiled = compile_where(where, self.source.property_types(self.name))
        columns = {name: self.column(name) for name in compiled.properties}
        return evaluate_where(compiled, columns, at=self.at, event=self.name)

    def values(self, name: str) -> PropertyValues | None:
        """Return a property's values, or None where no event of this name has it."""
        column = self.column(name)
        if column is None:
            return None
        coded = code_values(column)
        return PropertyValues(coded.codes, coded.labels)


class WaitingSource:
    """The tail's rows, as :class:`suppilo.sources.parts.PartSource`.

    Parameters
    ----------
    rows
        Each event's rows.
    """

    def __init__(self, rows: Mapping[str, WaitingRows]) -> None:
        self._rows = rows
        counts = accumulate((len(one.table) for one in rows.values()), initial=0)
        self._first_rows = dict(zip(rows, counts, strict=False))

    def event_names(self) -> Sequence[str]:
        """Return the names of all events."""
        return tuple(self._rows)

    def property_names(self) -> Sequence[str]:
        """Return the names of all properties, sorted."""
        return sorted({name for rows in self._rows.values() for name in rows.types})

    def property_types(self, event: str) -> Mapping[str, PropertyType]:
        """Return every property's type; where events differ, the one that ``event`` has."""
        first = [self._rows[event]] if event in self._rows else []
        return TypesInTurn([partial(getattr, r, "types") for r in (*first, *self._rows.values())])

    def count_paths(self) -> int:
        """Return how many different paths there are."""
        return len(self.unique_paths())

    def unique_paths(self) -> Int64:
        """Return the key of each path, ascending."""
        return self._unique_paths

    @cached_property
    def _unique_paths(self) -> Int64:
        runs = [drop_repeats(rows.run.path) for rows in self._rows.values()]
        return sort_keys(np.concatenate([np.empty(0, np.int64), *runs]))

    def latest_at(self) -> int | None:
        """Return the time of the last event; None where there are no events."""
        return max((int(rows.table.at.max()) for rows in self._rows.values()), default=None)

    def path_ranges(self) -> Sequence[PathRange]:
        """Return one range with all paths: they are in memory already."""
        return [ALL_PATHS]

    def read(self, name: str, paths: PathRange) -> WaitingTable:  # noqa: ARG002 (one range: all)
        """Return the events of one name; an empty table for a name never seen."""
        rows = self._rows.get(name)
        if rows is None:
            empty = np.empty(0, np.int64)
            return WaitingTable(self, name, 0, empty, empty)
        first_row, run = self._first_rows[name], rows.run
        return WaitingTable(self, name, first_row, run.path, run.at, rows, rows.key)

    def describe_rows(self, rows: Int64) -> Mapping[str, Sequence[Any]]:
        """Return ``path``, ``event``, ``at`` (microseconds) and ``event_id`` of numbered rows."""
        names, firsts = list(self._rows), list(self._first_rows.values())
        owners = np.searchsorted(firsts, rows, "right") - 1
        answer: dict[str, list[Any]] = {
            name: [None] * len(rows) for name in ("path", "event", "at", "event_id")
        }
        for owner in np.unique(owners).tolist():
            places, waiting = np.flatnonzero(owners == owner), self._rows[names[owner]]
            asked = waiting.run.source[rows[places] - firsts[owner]].tolist()
            for place, event in zip(places.tolist(), waiting.table.describe(asked), strict=True):
                answer["path"][place], answer["event"][place] = event.path, event.name
                answer["at"][place], answer["event_id"][place] = event.at_us, event.event_id
        return answer


class Waiting:
    """What a process knows of waiting rows: an event's are sorted again only when it has others."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: dict[str, WaitingRows] = {}

    def unite(self, tail: Iterable[TailTable]) -> WaitingSource:
        """Return the rows of all events as one source."""
        with self._lock:
            self._kept = {table.name: self._find(table) for table in tail}
            return WaitingSource(self._kept)

    def _find(self, table: TailTable) -> WaitingRows:
        known = self._kept.get(table.name)
        if known is not None and known.table.has_same_rows(table):
            return known
        return WaitingRows(table)

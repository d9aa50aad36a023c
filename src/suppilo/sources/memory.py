"""Events held in memory: what a file or a data frame becomes."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import accumulate
from typing import Any

import numpy as np
import pyarrow as pa

from suppilo.analytics.distinct import distinct
from suppilo.analytics.events import ALL_PATHS, Bool, Int64, PathRange, PropertyValues
from suppilo.lake.batch import EventRows, sort_batch
from suppilo.lake.schema import PropertyType, type_of
from suppilo.lake.values import code_values


@dataclass(frozen=True)
class MemoryTable:
    """One event's rows, as :class:`suppilo.analytics.events.EventTable`."""

    name: str
    path: Int64
    at: Int64
    first_row: int
    rows: EventRows | None = None
    types: Mapping[str, PropertyType] = field(default_factory=dict)
    key: Hashable = field(default_factory=object, repr=False, compare=False)
    _values: dict[str, PropertyValues] = field(default_factory=dict, repr=False)

    @property
    def own_types(self) -> Mapping[str, PropertyType]:
        """The type of each property that this event has."""
        return {} if self.rows is None else {n: type_of(v) for n, v in self.rows.properties.items()}

    def column(self, name: str) -> pa.Array | None:
        """Return a property's values; None where no event of this name has it."""
        return None if self.rows is None else self.rows.properties.get(name)

    def order(self) -> Int64:
        """Return each row's place in the order in which rows were given, over all tables."""
        if self.rows is None:
            return np.zeros(0, np.int64)
        return np.asarray(self.rows.system["row_order"].to_numpy())

    def matches(self, where: str) -> Bool:
        """Return which rows meet the condition; a row for which it is unknown does not.

        Raises
        ------
        WhereError
            If the condition can't be read, or names a property that no event has.
        """
        from suppilo.lake.where import compile_where, evaluate_where

        compiled = compile_where(where, self.types)
        properties = {} if self.rows is None else self.rows.properties
        columns = {name: properties.get(name) for name in compiled.properties}
        return evaluate_where(compiled, columns, at=self.at, event=self.name)

    def values(self, name: str) -> PropertyValues | None:
        """Return a property's values, or None where no event of this name has it."""
        if self.rows is None or name not in self.rows.properties:
            return None
        if name not in self._values:
            coded = code_values(self.rows.properties[name])
            self._values[name] = PropertyValues(coded.codes, coded.labels)
        return self._values[name]


class MemorySource:
    """Events in memory, as :class:`suppilo.analytics.events.EventSource`.

    Parameters
    ----------
    events
        Columns ``path`` (text), ``at`` (times, UTC), ``event`` (text), and if there are any,
        ``event_id`` and ``session_id``.
    properties
        The properties of the same rows, under their exact names.
    order
        The place of each row in the order in which rows were given, growing, where these are a
        part of more.

    Raises
    ------
    LakeError
        If a row has no path, time or event name, or there are more than 10,000 event names.
    """

    def __init__(
        self, events: pa.Table, properties: pa.Table | None = None, order: Int64 | None = None
    ) -> None:
        batch = sort_batch(events, properties, 0 if order is None else order)
        parts = {name: batch.rows(index) for index, name in enumerate(batch.events)}
        types: dict[str, PropertyType] = {}
        for part in parts.values():
            for name, values in part.properties.items():
                types.setdefault(name, type_of(values))
        self._types = types
        starts = [0, *accumulate(part.count for part in parts.values())]
        self._tables = {
            name: MemoryTable(
                name,
                np.asarray(part.system["path_key"].to_numpy()),
                np.asarray(part.system["at"].view(pa.int64()).to_numpy()),
                start,
                part,
                {**types, **{n: type_of(v) for n, v in part.properties.items()}},
            )
            for (name, part), start in zip(parts.items(), starts, strict=False)
        }

    @classmethod
    def unite(cls, sources: Sequence[MemorySource]) -> MemorySource:
        """Return several sources as one; each event name is in one of them alone.

        Each event keeps the types that its properties have in its own source.
        """
        made = cls.__new__(cls)
        tables = [table for source in sources for table in source._tables.values()]
        starts = accumulate((len(table.path) for table in tables), initial=0)
        types: dict[str, PropertyType] = {}
        for source in sources:
            types = {**source._types, **types}
        made._types = types
        made._tables = {
            table.name: replace(table, first_row=start, types={**types, **table.types})
            for table, start in zip(tables, starts, strict=False)
        }
        return made

    def event_names(self) -> Sequence[str]:
        """Return the names of all events, in the order in which they were first given."""
        return tuple(self._tables)

    def property_names(self) -> Sequence[str]:
        """Return the names of all properties of all events, sorted."""
        return sorted(self._types)

    def property_types(self, event: str) -> Mapping[str, PropertyType]:
        """Return every property's type; where events differ, the one that ``event`` has."""
        table = self._tables.get(event)
        return self._types if table is None else table.types

    def count_paths(self) -> int:
        """Return how many different paths there are."""
        return len(self._unique_paths)

    def unique_paths(self) -> Int64:
        """Return the key of each path, ascending."""
        return self._unique_paths

    @cached_property
    def _unique_paths(self) -> Int64:
        if not self._tables:
            return np.empty(0, np.int64)
        return distinct(np.concatenate([table.path for table in self._tables.values()]))

    def latest_at(self) -> int | None:
        """Return the time of the last event; None where there are no events."""
        return max((int(table.at.max()) for table in self._tables.values()), default=None)

    def path_ranges(self) -> Sequence[PathRange]:
        """Return one range with all paths: they are in memory already."""
        return [ALL_PATHS]

    def read(self, name: str, paths: PathRange) -> MemoryTable:  # noqa: ARG002 (one range: all)
        """Return the events of one name; an empty table for a name never seen."""
        empty = np.zeros(0, np.int64)
        return self._tables.get(name) or MemoryTable(name, empty, empty, 0, None, self._types)

    def describe_rows(self, rows: Int64) -> Mapping[str, Sequence[Any]]:
        """Return ``path``, ``event``, ``at`` (microseconds) and ``event_id`` of numbered rows."""
        tables = list(self._tables.values())
        owner = np.searchsorted([table.first_row for table in tables], rows, "right") - 1
        answer: dict[str, list[Any]] = {
            name: [None] * len(rows) for name in ("path", "event", "at", "event_id")
        }
        for number in np.unique(owner).tolist():
            places, table = np.flatnonzero(owner == number), tables[number]
            index = rows[places] - table.first_row
            found = _describe(table, index)
            for name, values in found.items():
                for place, value in zip(places.tolist(), values, strict=True):
                    answer[name][place] = value
        return answer


def _describe(table: MemoryTable, index: Int64) -> dict[str, list[Any]]:
    if table.rows is None:
        return {}
    take = pa.array(index)
    system = table.rows.system
    return {
        "path": system["path"].take(take).to_pylist(),
        "event": [table.name] * len(index),
        "at": table.at[index].tolist(),
        "event_id": system["event_id"].take(take).to_pylist(),
    }

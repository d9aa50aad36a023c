"""A source that shows the events of some paths only, and of each path whether it is in a set.

This is how a report is asked of a segment, and broken down by one: the calculations know nothing
of segments, they read fewer rows and one property more. Nothing is copied that is not asked for;
which rows of a table remain is found once and kept beside the table's other columns.
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pyarrow as pa

from suppilo.analytics.events import (
    Bool,
    EventSource,
    EventTable,
    Int64,
    PathRange,
    PropertyValues,
)
from suppilo.lake.cache import SHARED, ColumnCache
from suppilo.lake.schema import ARROW_TYPES
from suppilo.lake.unique import is_among
from suppilo.lake.values import Labels
from suppilo.lake.where import CompiledWhere, compile_where, evaluate_where
from suppilo.sources.runs import find_rows

if TYPE_CHECKING:
    from suppilo.lake.schema import PropertyType

_YES_NO = Labels(pa.array([False, True]))


class KeyedTable(EventTable, Protocol):
    """A table that can be told from any other."""

    @property
    def key(self) -> Hashable:
        """What no table of other rows has; the same for the same rows read again."""

    @property
    def own_types(self) -> Mapping[str, PropertyType]:
        """The type of each property that this event has."""


class KeyedSource(EventSource, Protocol):
    """A source of such tables, which knows its paths and the types of its properties."""

    def property_types(self, event: str) -> Mapping[str, PropertyType]:
        """Return every property's type; where events differ, the one that ``event`` has."""

    def unique_paths(self) -> Int64:
        """Return the key of each path, ascending."""

    def read(self, name: str, paths: PathRange) -> KeyedTable:
        """Return the events of one name in one range; an empty table for a name never seen."""


@dataclass(frozen=True, eq=False)
class PathSet:
    """Some paths.

    Attributes
    ----------
    keys
        Their keys, ascending, each once.
    """

    keys: Int64 = field(repr=False)

    @cached_property
    def digest(self) -> str:
        """What tells these paths from any others."""
        column = np.ascontiguousarray(self.keys)
        return hashlib.blake2b(column.data, digest_size=16).hexdigest()


@dataclass(frozen=True, eq=False)
class Mark:
    """A property that no event came with: whether the event's path is among some.

    ``name`` hides a property of the same name that events did come with.
    """

    name: str
    paths: PathSet


class NarrowedSource:
    """The events of some paths, as :class:`suppilo.analytics.events.EventSource`.

    The last event's time stays that of the whole source: it is the moment of observation, and
    observing goes on while nobody of the chosen paths does anything.

    Parameters
    ----------
    source
        All events.
    only
        Whose events remain; None for everybody's.
    marks
        Yes/no properties that every event has beside its own.
    cache
        Where columns are kept; by default one for the whole process.
    """

    def __init__(
        self,
        source: KeyedSource,
        only: PathSet | None = None,
        marks: Sequence[Mark] = (),
        cache: ColumnCache | None = None,
    ) -> None:
        self.source, self.only = source, only
        self.marks = {mark.name: mark.paths for mark in marks}
        self.cache = SHARED if cache is None else cache
        self._blocks: dict[int, tuple[str, PathRange]] = {}
        self._lock = Lock()

    @cached_property
    def digest(self) -> str:
        """What tells these paths and marks from any others."""
        parts = ["" if self.only is None else self.only.digest]
        parts += [f"{name}={paths.digest}" for name, paths in self.marks.items()]
        return "\0".join(parts)

    def event_names(self) -> Sequence[str]:
        """Return the names of all events of the whole source."""
        return self.source.event_names()

    def property_names(self) -> Sequence[str]:
        """Return the names of all properties, the marks' too."""
        return [*self.source.property_names(), *self.marks]

    def property_types(self, event: str) -> Mapping[str, PropertyType]:
        """Return every property's type; where events differ, the one that ``event`` has."""
        return {**self.source.property_types(event), **dict.fromkeys(self.marks, "bool")}

    def latest_at(self) -> int | None:
        """Return the time of the whole source's last event; None where there are no events."""
        return self.source.latest_at()

    def path_ranges(self) -> Sequence[PathRange]:
        """Return the whole source's ranges."""
        return self.source.path_ranges()

    def count_paths(self) -> int:
        """Return how many different paths remain."""
        return self.source.count_paths() if self.only is None else len(self.unique_paths())

    def unique_paths(self) -> Int64:
        """Return the key of each path that remains, ascending."""
        found = self.source.unique_paths()
        return found if self.only is None else found[is_among(found, self.only.keys)]

    def read(self, name: str, paths: PathRange) -> NarrowedTable:
        """Return the remaining events of one name in one of the :meth:`path_ranges`."""
        table = self.source.read(name, paths)
        made = NarrowedTable(self, table)
        if len(table.path):
            with self._lock:
                self._blocks[table.first_row] = (name, paths)
        return made

    def describe_rows(self, rows: Int64) -> Mapping[str, Sequence[Any]]:
        """Return ``path``, ``event``, ``at`` (microseconds) and ``event_id`` of numbered rows."""
        numbers = np.array(rows, np.int64)
        if self.only is not None and len(numbers):
            with self._lock:
                blocks = dict(self._blocks)
            starts = np.array(sorted(blocks), np.int64)
            owners = starts[np.searchsorted(starts, numbers, "right") - 1]
            for start in np.unique(owners).tolist():
                mine = owners == start
                kept = self.read(*blocks[start]).rows
                numbers[mine] = start + kept[numbers[mine] - start]
        return self.source.describe_rows(numbers)


@dataclass(frozen=True)
class NarrowedTable:
    """One event's rows of the paths that remain, as an ``EventTable``.

    Its rows are numbered from the whole table's first number on: there are never more of them.
    """

    source: NarrowedSource
    whole: KeyedTable

    @property
    def name(self) -> str:
        """The event's name, exactly as recorded."""
        return self.whole.name

    @property
    def first_row(self) -> int:
        """The source-wide number of row 0."""
        return self.whole.first_row

    @cached_property
    def key(self) -> Hashable:
        """What no table of other rows has; the same for the same rows read again."""
        return ("narrowed", self.source.digest, self.whole.key)

    @property
    def own_types(self) -> Mapping[str, PropertyType]:
        """The type of each property that this event has."""
        return {**self.whole.own_types, **dict.fromkeys(self.source.marks, "bool")}

    @cached_property
    def rows(self) -> Int64:
        """Which of the whole table's rows remain, ascending."""
        only, path = self.source.only, self.whole.path
        if only is None:
            return np.arange(len(path), dtype=np.int64)
        key = ("narrowed rows", only.digest, self.whole.key)
        return self.source.cache.get(key, lambda: find_rows(path, only.keys))

    @cached_property
    def path(self) -> Int64:
        """The key of each row's path."""
        return self.whole.path if self.source.only is None else self.whole.path[self.rows]

    @cached_property
    def at(self) -> Int64:
        """When each event happened, microseconds since 1970 UTC."""
        return self.whole.at if self.source.only is None else self.whole.at[self.rows]

    def order(self) -> Int64:
        """Return each row's place in the order in which rows were given, over all tables."""
        return self.whole.order() if self.source.only is None else self.whole.order()[self.rows]

    def matches(self, where: str) -> Bool:
        """Return which rows meet the condition; a row for which it is unknown does not.

        Raises
        ------
        WhereError
            If the condition can't be read or names a property that no event of the source has.
        """
        if self.source.marks:
            compiled = compile_where(where, self.source.property_types(self.name))
            if not self.source.marks.keys().isdisjoint(compiled.properties):
                return self._evaluate(compiled)
        found = self.whole.matches(where)
        return found if self.source.only is None else found[self.rows]

    def _evaluate(self, compiled: CompiledWhere) -> Bool:
        columns = {name: self._column(name, kind) for name, kind in compiled.properties.items()}
        return evaluate_where(compiled, columns, at=self.at, event=self.name)

    def _column(self, name: str, kind: PropertyType) -> pa.Array | None:
        values = self.values(name)
        if values is None:
            return None
        labels = values.labels
        known = labels.array if isinstance(labels, Labels) else pa.array(labels, ARROW_TYPES[kind])
        return known.take(pa.array(values.codes, mask=values.codes < 0))

    def values(self, name: str) -> PropertyValues | None:
        """Return a property's values, or None where no event of this name has it."""
        marked = self.source.marks.get(name)
        if marked is not None:
            codes = np.zeros(len(self.path), np.int32)
            codes[find_rows(self.path, marked.keys)] = 1
            return PropertyValues(codes, _YES_NO)
        found = self.whole.values(name)
        if found is None or self.source.only is None:
            return found
        return PropertyValues(found.codes[self.rows], found.labels)

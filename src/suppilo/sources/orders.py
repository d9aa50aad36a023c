"""A source in which each order counts once, however many of a path's events tell of it.

The events stay where they are; those that repeat an order are left out of what reports read. Only
the tables of orders are looked at, and only where their events have orders' numbers. Which rows
remain is found once and kept beside the tables' other columns.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from suppilo.analytics.events import Bool, Int64, PathRange, PropertyValues
from suppilo.analytics.orders import NO_ORDER, ORDER_ID, find_repeats, list_order_names
from suppilo.lake.arrays import codes_of, valid_mask, without_nan
from suppilo.lake.cache import SHARED, ColumnCache
from suppilo.lake.keys import path_keys
from suppilo.lake.schema import PropertyType
from suppilo.sources.joined import JoinedSource, JoinedTable
from suppilo.sources.parts import PartSource, PartTable, Piece, fit_column
from suppilo.sources.runs import find_rows


def count_orders_once(
    source: PartSource | JoinedSource, cache: ColumnCache | None = None
) -> PartSource | JoinedSource | OrdersOnce:
    """Return a source that shows each order once; the source itself where no order has a number."""
    names = list_order_names(source)
    return OrdersOnce(source, names, cache) if names else source


class OrdersOnce:
    """Events without those that repeat an order, as ``suppilo.analytics.events.EventSource``.

    Paths, names and the last event's time are those of all events.

    Parameters
    ----------
    whole
        All events.
    names
        The names of those that tell of orders.
    cache
        Where it is kept which rows remain; by default one for the whole process.
    """

    def __init__(
        self,
        whole: PartSource | JoinedSource,
        names: Sequence[str],
        cache: ColumnCache | None = None,
    ) -> None:
        self.whole, self.names = whole, tuple(names)
        self.cache = SHARED if cache is None else cache

    def event_names(self) -> Sequence[str]:
        """Return the names of all events."""
        return self.whole.event_names()

    def property_names(self) -> Sequence[str]:
        """Return the names of all properties of all events."""
        return self.whole.property_names()

    def property_types(self, event: str) -> Mapping[str, PropertyType]:
        """Return every property's type; where events differ, the one that ``event`` has."""
        return self.whole.property_types(event)

    def latest_at(self) -> int | None:
        """Return the time of the last event; None where there are no events."""
        return self.whole.latest_at()

    def path_ranges(self) -> Sequence[PathRange]:
        """Return the ranges of the whole source."""
        return self.whole.path_ranges()

    def count_paths(self) -> int:
        """Return how many different paths there are."""
        return self.whole.count_paths()

    def unique_paths(self) -> Int64:
        """Return the key of each path, ascending."""
        return self.whole.unique_paths()

    def read(self, name: str, paths: PathRange) -> PartTable | JoinedTable | OnceTable:
        """Return the events of one name in one range, without those that repeat an order."""
        if name not in self.names:
            return self.whole.read(name, paths)
        orders = self._orders(paths)
        table, kept = orders.tables[name], orders.kept.get(name)
        return table if kept is None else OnceTable(table, kept, (orders.key, name))

    def describe_rows(self, rows: Int64) -> Mapping[str, Sequence[Any]]:
        """Return ``path``, ``event``, ``at`` (microseconds) and ``event_id`` of numbered rows."""
        asked = np.asarray(rows, np.int64)
        numbers = asked.copy()
        for paths in self.path_ranges() if len(asked) else ():
            orders = self._orders(paths)
            for name, kept in orders.kept.items():
                first = orders.tables[name].first_row
                mine = (asked >= first) & (asked < first + len(kept))
                numbers[mine] = first + kept[asked[mine] - first]
        return self.whole.describe_rows(numbers)

    def left_out(self, paths: Int64) -> frozenset[tuple[str, int, int]]:
        """Return the events of some paths that repeat an order: name, time, place in order.

        Parameters
        ----------
        paths
            The keys that they are shown as.
        """
        found: list[tuple[str, int, int]] = []
        for low, high in self.path_ranges():
            here = paths[(paths >= low) & (paths <= high)]
            if not len(here):
                continue
            orders = self._orders((low, high))
            for name, kept in orders.kept.items():
                table = orders.tables[name]
                rows = np.setdiff1d(find_rows(table.path, np.unique(here)), kept)
                times, places = table.at[rows].tolist(), table.order()[rows].tolist()
                found += [(name, at, place) for at, place in zip(times, places, strict=True)]
        return frozenset(found)

    def _orders(self, paths: PathRange) -> _Orders:
        tables = {name: self.whole.read(name, paths) for name in self.names}
        return _Orders(tables, self.cache)


@dataclass(frozen=True)
class _Orders:
    """The tables of orders in one range of paths."""

    tables: Mapping[str, PartTable | JoinedTable]
    cache: ColumnCache

    @cached_property
    def key(self) -> Hashable:
        """What no orders of other rows have."""
        return ("orders", tuple(table.key for table in self.tables.values()))

    @property
    def kept(self) -> Mapping[str, Int64]:
        """Which rows remain of each table that repeats orders, ascending."""
        return self.cache.get(self.key, lambda: _Kept(self._find())).rows

    def _find(self) -> dict[str, Int64]:
        numbered = [(n, t) for n, t in self.tables.items() if ORDER_ID in t.own_types]
        if not numbered:
            return {}
        tables = [table for _, table in numbered]
        starts = np.cumsum([0, *(len(table.path) for table in tables)])
        repeats = find_repeats(
            _join([table.path for table in tables]),
            _join([_numbers(table, self.cache) for table in tables]),
            _join([table.at for table in tables]),
            # The rows of one table are in order as they stand.
            _join([t.order() for t in tables]) if len(tables) > 1 else np.arange(starts[-1]),
        )
        found = {}
        for (name, table), start in zip(numbered, starts.tolist(), strict=False):
            mine = repeats[(repeats >= start) & (repeats < start + len(table.path))] - start
            if len(mine):
                found[name] = np.delete(np.arange(len(table.path), dtype=np.int64), mine)
        return found


@dataclass(frozen=True, slots=True)
class _Kept:
    rows: Mapping[str, Int64]

    @property
    def nbytes(self) -> int:
        return sum(rows.nbytes for rows in self.rows.values())


@dataclass(frozen=True)
class OnceTable:
    """The rows of a table of orders that repeat none, as an ``EventTable``.

    They are numbered from the whole table's first number on: there are never more of them.
    """

    whole: PartTable | JoinedTable
    rows: Int64
    key: Hashable

    @property
    def name(self) -> str:
        """The event's name, exactly as recorded."""
        return self.whole.name

    @property
    def first_row(self) -> int:
        """The source-wide number of row 0."""
        return self.whole.first_row

    @property
    def own_types(self) -> Mapping[str, PropertyType]:
        """The type of each property that this event has."""
        return self.whole.own_types

    @cached_property
    def path(self) -> Int64:
        """The key of each row's path."""
        return self.whole.path[self.rows]

    @cached_property
    def at(self) -> Int64:
        """When each event happened, microseconds since 1970 UTC."""
        return self.whole.at[self.rows]

    def order(self) -> Int64:
        """Return each row's place in the order in which rows were given, over all tables."""
        return self.whole.order()[self.rows]

    def matches(self, where: str) -> Bool:
        """Return which rows meet the condition; a row for which it is unknown does not.

        Raises
        ------
        WhereError
            If the condition can't be read or names a property that no event of the source has.
        """
        return self.whole.matches(where)[self.rows]

    def values(self, name: str) -> PropertyValues | None:
        """Return a property's values, or None where no event of this name has it."""
        found = self.whole.values(name)
        return None if found is None else PropertyValues(found.codes[self.rows], found.labels)


def _numbers(table: PartTable | JoinedTable, cache: ColumnCache) -> Int64:
    """Return the key of each row's order; of a joined table's parts, only new ones are read."""
    if not isinstance(table, JoinedTable):
        return _number_column(table.column(ORDER_ID), len(table.path))
    kind = table.own_types[ORDER_ID]
    return table.gather([_piece_numbers(piece, kind, cache) for piece in table.pieces])


def _piece_numbers(piece: Piece, kind: PropertyType, cache: ColumnCache) -> Int64:
    def read() -> Int64:
        return _number_column(fit_column(piece, ORDER_ID, kind), len(piece.table.path))

    return cache.get((piece.table.key, "order numbers", kind), read)


def _number_column(values: pa.Array | None, count: int) -> Int64:
    """Return the keys of a column of orders' numbers: of their text, whatever their type."""
    keys = np.full(count, NO_ORDER)
    if values is None:
        return keys
    if pa.types.is_floating(values.type):
        values = without_nan(values)
    if pa.types.is_dictionary(values.type):
        labels = np.append(_text_keys(values.dictionary), NO_ORDER)
        return np.asarray(labels[codes_of(values)])
    keys[valid_mask(values)] = _text_keys(values.drop_null())
    return keys


def _text_keys(values: pa.Array) -> Int64:
    """Return the key of each value's text; an empty one is no number."""
    texts = values.cast(pa.string())
    keys = path_keys(texts)
    keys[keys == _EMPTY_KEY] = NO_ORDER
    return keys


_EMPTY_KEY = path_keys(pa.array([""], pa.string()))[0]


def _join(columns: Sequence[Int64]) -> Int64:
    return columns[0] if len(columns) == 1 else np.concatenate(columns)

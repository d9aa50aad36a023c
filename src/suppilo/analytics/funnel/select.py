"""From a source's tables to the rows of each step: names, conditions, first-ever, as-of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from suppilo.analytics.events import Bool, EventSource, EventTable, Int64, PathRange
from suppilo.analytics.funnel.definition import FunnelDefinition, Selector
from suppilo.analytics.funnel.rows import Rows, Selection, merge_rows
from suppilo.analytics.funnel.spec import DefinitionError
from suppilo.analytics.funnel.trace import needs_order

MAX_VALUES = 10_000
"""More values than this are no breakdown: the property identifies paths or events."""


class Labels:
    """Codes of a property's values, the same over all tables and ranges of paths."""

    def __init__(self, limit: int | None = None, name: str = "") -> None:
        self.labels: list[Any] = []
        self._codes: dict[Any, int] = {}
        self._limit, self._name = limit, name

    def encode(self, labels: Sequence[Any]) -> Int64:
        """Return the code of each label; labels not seen before get the next ones."""
        codes = np.empty(len(labels) + 1, np.int64)
        codes[-1] = -1
        for place, label in enumerate(labels):
            # True == 1 in a dict; the type keeps them apart.
            key = (isinstance(label, bool), label)
            code = self._codes.get(key)
            if code is None:
                code = self._codes[key] = len(self.labels)
                self.labels.append(label)
            codes[place] = code
        if self._limit is not None and len(self.labels) > self._limit:
            raise DefinitionError(
                f'"by": {self._name!r} has more than {self._limit:,} different values; '
                "choose a property with fewer, such as a channel or a country"
            )
        return codes


class TableReader:
    """The tables of one range of paths, each read once, and the columns asked of them."""

    def __init__(self, source: EventSource, paths: PathRange, as_of_us: int) -> None:
        self._source, self._paths = source, paths
        self._names = tuple(source.event_names())
        self._tables: dict[str, EventTable] = {}
        latest = source.latest_at()
        self.as_of_us = as_of_us
        self._cut = latest is not None and as_of_us < latest

    def tables(self, events: tuple[str, ...] | None) -> list[EventTable]:
        """Return the tables of the named events, or of all."""
        wanted = self._names if events is None else [n for n in events if n in set(self._names)]
        for name in wanted:
            if name not in self._tables:
                self._tables[name] = self._source.read(name, self._paths)
        return [self._tables[name] for name in wanted]

    def property_names(self) -> Sequence[str]:
        """Return the names of all properties."""
        return self._source.property_names()

    def seen(self, table: EventTable) -> Bool | None:
        """Return which rows had happened at the moment of observation; None: all of them."""
        return table.at <= self.as_of_us if self._cut else None


class RowSelector:
    """Selects rows with the columns that the definition needs."""

    def __init__(
        self, definition: FunnelDefinition, reader: TableReader, hold: Labels, by: Labels
    ) -> None:
        self._definition, self._reader = definition, reader
        self._hold, self._by = hold, by
        self._order = needs_order(definition)
        self._by_row = definition.ties == "given" or definition.order == "strict"

    def select(self) -> Selection:
        """Return the rows of all steps and exclusions of one range of paths."""
        definition = self._definition
        strict = definition.order == "strict"
        return Selection(
            tuple(self._rows(step.selector) for step in definition.steps),
            tuple(self._rows(item.selector) for item in definition.exclude),
            self._rows(Selector(None)) if strict else None,
        )

    def _rows(self, selector: Selector) -> Rows:
        tables = self._reader.tables(selector.events)
        if selector.first_ever:
            return self._first_rows(selector, tables)
        parts = []
        for table in tables:
            keep = self._reader.seen(table)
            if selector.where is not None:
                matches = table.matches(selector.where)
                keep = matches if keep is None else keep & matches
            index = None if keep is None else np.flatnonzero(keep)
            # Several tables' rows of one moment stand in the order in which they were given.
            parts.append(self._columns(table, index, with_order=len(tables) > 1))
        return merge_rows(parts) if parts else self._none()

    def _first_rows(self, selector: Selector, tables: Iterable[EventTable]) -> Rows:
        """Return each path's first such event in all history, where it is one that matches."""
        parts = []
        for table in tables:
            seen = self._reader.seen(table)
            index = np.arange(len(table.path)) if seen is None else np.flatnonzero(seen)
            matches = np.ones(len(table.path), bool)
            if selector.where is not None:
                matches = table.matches(selector.where)
            rows = self._columns(table, index, with_order=True)
            parts.append((rows, matches[index].astype(np.int64)))
        if not parts:
            return self._none()
        # The match rides in the place of the held value, so that one merge sorts both.
        flagged = merge_rows([Rows(r.path, r.at, r.row, 0, r.order, flag) for r, flag in parts])
        merged = merge_rows([rows for rows, _ in parts])
        fresh = np.concatenate([[True], merged.path[1:] != merged.path[:-1]])[: len(merged.path)]
        if self._by_row:
            first = fresh
        else:
            starts = np.flatnonzero(fresh)
            first = merged.at == np.repeat(
                merged.at[starts], np.diff([*starts.tolist(), len(merged.path)])
            )
        assert flagged.hold is not None
        return merged.take(np.flatnonzero(first & (flagged.hold == 1)))

    def _columns(self, table: EventTable, index: Int64 | None, *, with_order: bool = False) -> Rows:
        order = table.order() if self._order or with_order else None
        rows = Rows(
            table.path, table.at, None, table.first_row, order,
            self._held(table), self._broken_down(table),
        )  # fmt: skip
        return rows if index is None else rows.take(index)

    def _held(self, table: EventTable) -> Int64 | None:
        """Return the code of each row's held values; -1 where one of them is missing."""
        if not self._definition.hold:
            return None
        if len(self._definition.hold) == 1:
            return encode_values(table, self._definition.hold[0], self._hold)
        columns = [table.values(name) for name in self._definition.hold]
        codes = np.full(len(table.path), -1, np.int64)
        if any(column is None for column in columns):
            return codes
        held = [column for column in columns if column is not None]
        stacked = np.stack([column.codes for column in held])
        whole = (stacked >= 0).all(axis=0)
        # Distinct combinations are few beside the rows; only they become Python values.
        combos, inverse = np.unique(stacked[:, whole], axis=1, return_inverse=True)
        keys = [
            tuple(column.labels[code] for column, code in zip(held, combo, strict=True))
            for combo in combos.T.tolist()
        ]
        codes[whole] = self._hold.encode(keys)[:-1][inverse.ravel()]
        return codes

    def _broken_down(self, table: EventTable) -> Int64 | None:
        if self._definition.by is None or self._definition.by_value != "all":
            return None
        return encode_values(table, self._definition.by, self._by)

    def _none(self) -> Rows:
        empty = np.zeros(0, np.int64)
        held = empty if self._definition.hold else None
        value = empty if self._definition.by_value == "all" and self._definition.by else None
        return Rows(empty, empty, empty, 0, empty if self._order else None, held, value)


def encode_values(table: EventTable, name: str, labels: Labels) -> Int64:
    """Return a property's codes as ``labels`` numbers them; -1 where a row has no value."""
    values = table.values(name)
    if values is None:
        return np.full(len(table.path), -1, np.int64)
    return labels.encode(values.labels)[values.codes]

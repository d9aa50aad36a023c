"""Ask a funnel of a source: range by range of paths, on threads, into one result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from suppilo.analytics.events import EventSource, Int64
from suppilo.analytics.funnel.definition import FunnelDefinition
from suppilo.analytics.funnel.report import FunnelReport, Rejected
from suppilo.analytics.funnel.rows import Hits, Selection, Units, join_units
from suppilo.analytics.funnel.select import (
    MAX_VALUES,
    Labels,
    RowSelector,
    TableReader,
    encode_values,
)
from suppilo.analytics.funnel.touches import Touches, touch_limits
from suppilo.analytics.funnel.trace import trace


@dataclass(frozen=True, slots=True)
class ValueUnits:
    """A breakdown's units: of each unit the value's code, or (``all``) units value by value."""

    labels: Sequence[Any]
    code: Int64 | None = None
    by_label: tuple[Units, ...] = ()


@dataclass(frozen=True, slots=True)
class FunnelResult:
    """A funnel's counted units and chains; :meth:`report` makes the figures of them."""

    definition: FunnelDefinition
    units: Units
    paths: int
    as_of_us: int | None
    values: ValueUnits | None = None
    rejected: Rejected = field(default_factory=Rejected)

    @property
    def excluded(self) -> int:
        """How many paths entered and were left out whole by an exclusion."""
        return self.units.left_out

    def report(self) -> FunnelReport:
        """Return the funnel's figures."""
        from suppilo.analytics.funnel.summary import summarize

        return summarize(self)


def run_funnel(source: EventSource, definition: FunnelDefinition, threads: int = 1) -> FunnelResult:
    """Count a funnel.

    Parameters
    ----------
    source
        Where the events are.
    definition
        The question. Its ``as_of_us`` may be open: then it is the last event of the source.
    threads
        How many ranges of paths are walked at once. The result does not depend on it.

    Raises
    ------
    DefinitionError
        If the breakdown has too many values.
    WhereError
        If a condition can't be read.
    """
    latest = source.latest_at()
    as_of_us = definition.as_of_us if definition.as_of_us is not None else latest
    asked = replace(definition, as_of_us=as_of_us)
    if latest is None or as_of_us is None:
        return FunnelResult(definition, _no_units(definition), 0, as_of_us, _no_values(definition))
    hold, by = Labels(), Labels(MAX_VALUES, definition.by or "")
    parts, codes, by_label = [], [], []
    for paths in source.path_ranges():
        reader = TableReader(source, paths, as_of_us)
        selection = RowSelector(asked, reader, hold, by).select()
        units = trace(selection, asked, threads)
        parts.append(units)
        if asked.by is not None and asked.by_value == "all":
            by_label.append(_trace_values(selection, asked, len(by.labels), threads))
        elif asked.by is not None:
            codes.append(_value_codes(asked, reader, units, by))
    values = None
    if asked.by is not None and asked.by_value == "all":
        values = ValueUnits(by.labels, None, _join_values(by_label, len(by.labels), definition))
    elif asked.by is not None:
        values = ValueUnits(by.labels, np.concatenate(codes))
    return FunnelResult(asked, join_units(parts), source.count_paths(), as_of_us, values)


def _no_units(definition: FunnelDefinition) -> Units:
    empty = np.zeros(0, np.int64)
    return Units(
        empty, empty, np.zeros(0, bool), tuple(Hits(empty, empty, empty) for _ in definition.steps)
    )


def _no_values(definition: FunnelDefinition) -> ValueUnits | None:
    if definition.by is None:
        return None
    return ValueUnits([], None if definition.by_value == "all" else np.zeros(0, np.int64))


def _trace_values(
    selection: Selection, definition: FunnelDefinition, values: int, threads: int
) -> list[Units]:
    return [trace(part, definition, threads) for part in selection.split_values(values)]


def _join_values(
    ranges: Sequence[Sequence[Units]], values: int, definition: FunnelDefinition
) -> tuple[Units, ...]:
    """Join each value's units over the ranges; a value may be new in a later range."""
    none = _no_units(definition)
    return tuple(
        join_units([part[code] if code < len(part) else none for part in ranges])
        for code in range(values)
    )


def _value_codes(
    definition: FunnelDefinition, reader: TableReader, units: Units, labels: Labels
) -> Int64:
    """Return the code of each unit's value; -1 where it has none."""
    if definition.by is None:
        raise ValueError("the funnel has no breakdown")
    if definition.by_value.startswith("step:"):
        hits = units.hits[int(definition.by_value.removeprefix("step:")) - 1]
        return _codes_of_step(definition.by, reader, hits, len(units), labels)
    last = definition.by_value == "last"
    touches = Touches(units, touch_limits(units, reader.as_of_us, last=last), last=last)
    for table in reader.tables(None):
        if table.values(definition.by) is not None:
            touches.look(table, encode_values(table, definition.by, labels))
    return touches.code


def _codes_of_step(name: str, reader: TableReader, hits: Hits, units: int, labels: Labels) -> Int64:
    code = np.full(units, -1, np.int64)
    for table in reader.tables(None):
        here = (hits.row >= table.first_row) & (hits.row < table.first_row + len(table.path))
        if here.any():
            codes = encode_values(table, name, labels)
            code[hits.unit[here]] = codes[hits.row[here] - table.first_row]
    return code

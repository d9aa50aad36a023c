"""What goes with conversion: other events, and values that paths had when they entered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import erfc, exp, log, sqrt
from statistics import NormalDist
from typing import Any

import numpy as np

from suppilo.analytics.events import Bool, EventSource, EventTable, Int64, PropertyValues
from suppilo.analytics.funnel.kernels import UNLIMITED
from suppilo.analytics.funnel.report import Correlation
from suppilo.analytics.funnel.run import FunnelResult
from suppilo.analytics.funnel.select import TableReader
from suppilo.analytics.funnel.spec import DefinitionError

MAX_VALUES = 50
"""A property with more values than this is no grouping of paths."""
MIN_PATHS = 10
"""Fewer paths with, or without, say nothing yet."""


@dataclass(frozen=True, slots=True)
class _Counts:
    """A two-by-two table: who has it and who not, and how many of each converted."""

    kind: str
    name: str
    value: Any
    with_converted: int
    with_total: int
    without_converted: int
    without_total: int


def correlate(result: FunnelResult, source: EventSource) -> tuple[Correlation, ...]:
    """Return what goes with conversion among the units that entered, strongest first.

    An event counts if it happened after the entry and before the conversion (for the others:
    before their window ended, or now); events of the funnel's own steps are left out. A value
    counts if the entry's event had it. Going with conversion is not causing it: who converts
    early had less time for other events, so ratios of events lean low.

    Odds ratios carry half a case added to each cell (Haldane 1956, Anscombe 1956), Wald
    intervals at 0.95 for all looked at together (Bonferroni), p-values corrected by Holm (1979).
    """
    counts: list[_Counts] = []
    totals: dict[tuple[str, str, Any], list[int]] = {}
    if result.as_of_us is None or not len(result.units):
        return ()
    converted = result.units.level == len(result.definition.required)
    for paths in source.path_ranges():
        reader = TableReader(source, paths, result.as_of_us)
        found = [*_count_events(result, reader, converted)]
        found += _count_values(result, reader, converted)
        for key, won, total in found:
            tally = totals.setdefault(key, [0, 0])
            tally[0] += won
            tally[1] += total
    all_won, everyone = int(converted.sum()), len(converted)
    for (kind, name, value), (won, total) in totals.items():
        if MIN_PATHS <= total <= everyone - MIN_PATHS:
            counts.append(_Counts(kind, name, value, won, total, all_won - won, everyone - total))
    return _judge(counts)


def find_with(
    result: FunnelResult, source: EventSource, kind: str, name: str, value: str | None
) -> Bool:
    """Say which units have what a correlation is about.

    Parameters
    ----------
    kind, name, value
        Those of the :class:`Correlation`; the value as text, None for an event.

    Raises
    ------
    DefinitionError
        If nothing of the kind goes into correlations.
    """
    found, known = np.zeros(len(result.units), bool), False
    for paths in source.path_ranges():
        reader = TableReader(source, paths, result.as_of_us or 0)
        if kind == "event":
            for table in _others(result, reader):
                if table.name == name:
                    found |= _did(table, result.units.path, *_exposure(result))
                    known = True
            continue
        for prop, values, rows, unit in _entry_values(result, reader):
            if prop == name:
                places = [at for at, label in enumerate(values.labels) if str(label) == value]
                found[unit[np.isin(values.codes[rows], places)]] = True
                known = known or bool(places)
    if not known:
        raise DefinitionError("this funnel has no such figure")
    return found


_Found = Iterable[tuple[tuple[str, str, Any], int, int]]


def _count_events(result: FunnelResult, reader: TableReader, converted: Bool) -> _Found:
    entered_us, until_us = _exposure(result)
    for table in _others(result, reader):
        did = _did(table, result.units.path, entered_us, until_us)
        yield ("event", table.name, None), int(np.count_nonzero(did & converted)), int(did.sum())


def _others(result: FunnelResult, reader: TableReader) -> Iterator[EventTable]:
    """Yield the tables of events that are none of the funnel's steps."""
    steps = result.definition.steps
    if any(step.events is None for step in steps):
        return
    own = {name for step in steps for name in step.events or ()}
    for table in reader.tables(None):
        if table.name not in own and len(table.path):
            yield table


def _exposure(result: FunnelResult) -> tuple[Int64, Int64]:
    """Return from when to when (not included) each unit's other events count."""
    units, window_us = result.units, result.definition.window_us
    entered_us = np.empty(len(units), np.int64)
    entered_us[units.hits[0].unit] = units.hits[0].at
    end_us = entered_us + (UNLIMITED if window_us is None else window_us)
    until_us = np.minimum(end_us, result.as_of_us or 0) + 1
    last = units.hits[result.definition.required[-1]]
    until_us[last.unit] = last.at
    return entered_us, until_us


def _did(table: EventTable, path: Int64, from_us: Int64, until_us: Int64) -> Bool:
    """Say which units have an event of the table in ``[from, until)``."""
    did = np.zeros(len(path), bool)
    starts = np.searchsorted(table.path, path, "left")
    ends = np.searchsorted(table.path, path, "right")
    # Few paths have many events of one name: all are advanced together, event by event.
    place, open_units = starts.copy(), np.flatnonzero(starts < ends)
    while len(open_units):
        at = table.at[place[open_units]]
        hit = (at >= from_us[open_units]) & (at < until_us[open_units])
        did[open_units[hit]] = True
        place[open_units] += 1
        going = ~hit & (at < until_us[open_units])
        open_units = open_units[going]
        open_units = open_units[place[open_units] < ends[open_units]]
    return did


def _count_values(result: FunnelResult, reader: TableReader, converted: Bool) -> _Found:
    for name, values, rows, unit in _entry_values(result, reader):
        codes, won = values.codes[rows], converted[unit]
        total = np.bincount(codes[codes >= 0], minlength=len(values.labels)).tolist()
        wins = np.bincount(codes[(codes >= 0) & won], minlength=len(values.labels)).tolist()
        for label, count, good in zip(values.labels, total, wins, strict=True):
            yield ("property", name, label), good, count


def _entry_values(
    result: FunnelResult, reader: TableReader
) -> Iterator[tuple[str, PropertyValues, Int64, Int64]]:
    """Yield each property of few values, the rows of its table that are entries, and whose."""
    entry = result.units.hits[0]
    for table in reader.tables(None):
        here = (entry.row >= table.first_row) & (entry.row < table.first_row + len(table.path))
        if not here.any():
            continue
        rows, unit = entry.row[here] - table.first_row, entry.unit[here]
        for name in reader.property_names():
            values = table.values(name)
            if values is not None and 1 < len(values.labels) <= MAX_VALUES:
                yield name, values, rows, unit


def _judge(counts: Sequence[_Counts]) -> tuple[Correlation, ...]:
    if not counts:
        return ()
    z = NormalDist().inv_cdf(1 - 0.025 / len(counts))
    judged = []
    for item in counts:
        a, b = item.with_converted + 0.5, item.with_total - item.with_converted + 0.5
        c, d = item.without_converted + 0.5, item.without_total - item.without_converted + 0.5
        log_odds, error = log(a * d / (b * c)), sqrt(1 / a + 1 / b + 1 / c + 1 / d)
        judged.append((erfc(abs(log_odds) / error / sqrt(2)), log_odds, error, item))
    judged.sort(key=lambda row: (row[0], -abs(row[1]), row[3].name, str(row[3].value)))
    answer, floor = [], 0.0
    for place, (p_value, log_odds, error, item) in enumerate(judged):
        floor = max(floor, min(1.0, p_value * (len(judged) - place)))
        answer.append(
            Correlation(
                item.kind, item.name, item.value, item.with_converted, item.with_total,
                item.without_converted, item.without_total, exp(log_odds),
                exp(log_odds - z * error), exp(log_odds + z * error), floor,
            )
        )  # fmt: skip
    return tuple(answer)

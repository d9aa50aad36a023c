"""Arrays for the kernels, and units from what they write: one function for each way to count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from suppilo.analytics.compiled import EMPTY, addresses
from suppilo.analytics.events import Bool, Int64
from suppilo.analytics.funnel.definition import FunnelDefinition
from suppilo.analytics.funnel.kernels import UNLIMITED
from suppilo.analytics.funnel.kernels.ordered import trace_chains
from suppilo.analytics.funnel.kernels.sequential import trace_paths
from suppilo.analytics.funnel.kernels.unordered import trace_any
from suppilo.analytics.funnel.rows import Hits, Rows, Selection, Units, merge_rows


def trace_sequential(selection: Selection, definition: FunnelDefinition) -> Units:
    """Count a sequential funnel whose steps share no event, and that has no further options."""
    steps = selection.steps
    sizes = np.array([len(step.path) for step in steps], np.int64)
    # Each step has its own stretch of these arrays. Memory that is never written costs nothing.
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    index, first, parent = (np.empty(starts[-1], np.int64) for _ in range(3))
    unit, row, at = (np.empty(starts[-1], np.int64) for _ in range(3))
    counts = np.zeros(len(steps), np.int64)
    trace_paths(
        addresses([step.path for step in steps]), addresses([step.at for step in steps]),
        sizes, starts, np.array(_within(definition), np.int64), _limit(definition.window_us),
        *_entries(definition), int(definition.entry == "first"),
        np.zeros(len(steps), np.int64), np.empty(len(steps), np.int64), index, first, parent,
        unit, row, at, counts,
    )  # fmt: skip
    hits = []
    for step, start, count in zip(steps, starts.tolist(), counts.tolist(), strict=False):
        stretch = slice(start, start + count)
        hits.append(Hits(unit[stretch], step.number(row[stretch]), at[stretch]))
    path = steps[0].path[row[: counts[0]]]
    level = np.zeros(len(path), np.int64)
    for reached, hit in enumerate(hits, 1):
        level[hit.unit] = reached
    return Units(path, level, _find_open(definition, level, hits), tuple(hits))


def trace_ordered(selection: Selection, definition: FunnelDefinition) -> Units:
    """Count a sequential or strict funnel with any options, paths or attempts."""
    merged = _merge_steps(selection)
    path, at = merged.rows.path, merged.rows.at
    steps, required = len(definition.steps), definition.required
    level_of = np.searchsorted(np.array(required), np.arange(steps)).astype(np.int64)
    strict, attempts = definition.order == "strict", definition.count == "attempts"
    settings = np.array(
        [
            len(required), steps, strict, definition.ties == "any" and not strict,
            _limit(definition.window_us), *_entries(definition), definition.entry == "first",
            attempts, definition.on_exclusion == "stop", len(definition.exclude),
        ],
        np.int64,
    )  # fmt: skip
    ex_path, ex_at, ex_start = _join_columns(selection.exclusions)
    any_rows = merge_rows(selection.exclusions) if selection.exclusions else None
    excludes = len(definition.exclude)
    longest, hold = _longest_path(path), merged.hold
    cap = int(np.count_nonzero(merged.mask & 1)) if attempts else _count_paths(path)
    unit_path, unit_level = np.empty(cap, np.int64), np.empty(cap, np.int64)
    unit_start, chain_row = np.zeros(cap + 1, np.int64), np.empty(cap * steps, np.int64)
    tally = np.zeros(8, np.int64)
    trace_chains(
        settings, path, at, merged.mask, hold, np.array(required, np.int64), level_of,
        np.array(_within(definition), np.int64), ex_path, ex_at, ex_start,
        _levels_of(definition, "after"), _levels_of(definition, "before"),
        EMPTY if any_rows is None else any_rows.path, EMPTY if any_rows is None else any_rows.at,
        np.zeros(excludes, np.int64), np.zeros(excludes, np.int64),
        np.empty(len(path) if attempts else 0, np.int64),
        np.empty(len(hold), np.int64), np.zeros(int(hold.max(initial=-1)) + 1, np.int64),
        np.empty(8 * _most_matches(path, merged.mask), np.int64),
        *(np.empty(64, np.int64) for _ in range(3)),
        np.empty(64, np.int64), np.empty(longest, np.int64), np.empty(longest, np.int64),
        np.empty(66, np.int64), *(np.empty(64, np.int64) for _ in range(3)), tally,
        unit_path, unit_level, unit_start, chain_row,
    )  # fmt: skip
    return _read_units(merged, unit_path, unit_level, unit_start, chain_row, tally, definition)


def trace_unordered(selection: Selection, definition: FunnelDefinition) -> Units:
    """Count a funnel whose steps may come in any order."""
    merged = _merge_steps(selection)
    path, at, hold = merged.rows.path, merged.rows.at, merged.hold
    steps, cap, longest = len(definition.steps), _count_paths(path), _longest_path(path)
    unit_path, unit_level = np.empty(cap, np.int64), np.empty(cap, np.int64)
    unit_start, chain_row = np.zeros(cap + 1, np.int64), np.empty(cap * steps, np.int64)
    units = trace_any(
        path, at, merged.mask, hold, steps, _limit(definition.window_us), *_entries(definition),
        np.empty(len(hold), np.int64), np.zeros(int(hold.max(initial=-1)) + 1, np.int64),
        np.empty(64, np.int64), np.empty(longest, np.int64), np.empty(64, np.int64),
        np.empty(66, np.int64), np.empty(64, np.int64), np.empty(64, np.int64),
        unit_path, unit_level, unit_start, chain_row,
    )  # fmt: skip
    tally = np.array([0, 0, units, 0, 0], np.int64)
    return _read_units(merged, unit_path, unit_level, unit_start, chain_row, tally, definition)


def _limit(length_us: int | None) -> int:
    return UNLIMITED if length_us is None else length_us


def _within(definition: FunnelDefinition) -> list[int]:
    return [_limit(step.within_us) for step in definition.steps]


def _entries(definition: FunnelDefinition) -> tuple[int, int]:
    low = -UNLIMITED if definition.from_us is None else definition.from_us
    return low, UNLIMITED if definition.to_us is None else definition.to_us


def _find_open(definition: FunnelDefinition, level: Int64, hits: Sequence[Hits]) -> Bool:
    """Return which units are not converted and still can be, at the moment of observation."""
    if not len(level):
        return np.zeros(0, bool)
    return np.asarray(hits[0].at + longest_spans(definition)[level] > (definition.as_of_us or 0))


def longest_spans(definition: FunnelDefinition) -> Int64:
    """Return, by the level reached, how long after its entry a unit can still go on.

    In microseconds; less than any time for level 0 and for who has converted. The next step can
    be reached until the conversion window ends, or until the steps' own windows, one after the
    other, have ended, whichever is earlier.
    """
    window_us = _limit(definition.window_us)
    longest = np.full(len(definition.required) + 1, -UNLIMITED)
    span = 0
    for reached, step in enumerate(definition.required[1:], 1):
        within_us = definition.steps[step].within_us
        span = window_us if within_us is None else min(window_us, span + within_us)
        longest[reached] = span
    return longest


@dataclass(frozen=True, slots=True)
class _Merged:
    """All rows of a range in (path, at, order) order, with the steps they match as bits."""

    rows: Rows
    mask: Int64

    @property
    def hold(self) -> Int64:
        return EMPTY if self.rows.hold is None else self.rows.hold


def _merge_steps(selection: Selection) -> _Merged:
    parts = [*selection.steps]
    if selection.everything is not None:
        parts.append(selection.everything)
    # The breakdown's value has done its work by now; its place carries the step's bit along.
    bits = [
        Rows(
            part.path, part.at, part.numbers(), 0, part.order, part.hold,
            np.full(len(part.path), np.int64(np.uint64(1 << step).view(np.int64))
                    if step < len(selection.steps) else 0, np.int64),
        )
        for step, part in enumerate(parts)
    ]  # fmt: skip
    merged = merge_rows(bits)
    assert merged.value is not None
    numbers = merged.numbers()
    if not len(numbers):
        return _Merged(merged, EMPTY)
    fresh = np.flatnonzero(np.concatenate([[True], numbers[1:] != numbers[:-1]]))
    return _Merged(merged.take(fresh), np.bitwise_or.reduceat(merged.value, fresh))


def _longest_path(path: Int64) -> int:
    if not len(path):
        return 1
    edges = np.flatnonzero(np.concatenate([[True], path[1:] != path[:-1], [True]]))
    return int(np.diff(edges).max())


def _most_matches(path: Int64, mask: Int64) -> int:
    """Return the largest number of (event, step) matches in one path: as many nodes as needed."""
    if not len(path):
        return 1
    starts = np.flatnonzero(np.concatenate([[True], path[1:] != path[:-1]]))
    matches = np.bitwise_count(mask.view(np.uint64)).astype(np.int64)
    return int(np.add.reduceat(matches, starts).max()) + 1


def _count_paths(path: Int64) -> int:
    return 0 if not len(path) else int(np.count_nonzero(path[1:] != path[:-1])) + 1


def _join_columns(parts: Sequence[Rows]) -> tuple[Int64, Int64, Int64]:
    starts = np.cumsum([0, *(len(part.path) for part in parts)]).astype(np.int64)
    if not parts:
        return EMPTY, EMPTY, starts
    path = np.concatenate([part.path for part in parts])
    return path, np.concatenate([part.at for part in parts]), starts


def _levels_of(definition: FunnelDefinition, side: str) -> Int64:
    levels = [definition.required.index(getattr(item, side) - 1) for item in definition.exclude]
    return np.array(levels, np.int64)


def _read_units(
    merged: _Merged, unit_path: Int64, unit_level: Int64, unit_start: Int64, chain_row: Int64,
    tally: Int64, definition: FunnelDefinition,
) -> Units:  # fmt: skip
    units = int(tally[2])
    start, length = unit_start[:units], np.diff(unit_start[: units + 1])
    hits = []
    for step in range(len(definition.steps)):
        unit = np.flatnonzero(length > step)
        index = chain_row[start[unit] + step]
        there = index >= 0
        unit, index = unit[there], index[there]
        hits.append(Hits(unit, merged.rows.number(index), merged.rows.at[index]))
    level = unit_level[:units]
    still_open = _find_open(definition, level, hits)
    return Units(unit_path[:units], level, still_open, tuple(hits), int(tally[4]))

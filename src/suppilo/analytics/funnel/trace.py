"""From the rows of each step to counted units: chooses the kernel and feeds it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from suppilo.analytics.compiled import EMPTY
from suppilo.analytics.events import Bool, Int64
from suppilo.analytics.funnel.definition import FunnelDefinition
from suppilo.analytics.funnel.ordered import trace_chains
from suppilo.analytics.funnel.rows import UNLIMITED, Hits, Rows, Units, join_units, merge_rows
from suppilo.analytics.funnel.sequential import trace_sequential
from suppilo.analytics.funnel.unordered import trace_any

_NO_PATHS = np.zeros(0, np.int64)
_ROWS_PER_THREAD = 50_000


@dataclass(frozen=True, slots=True)
class Selection:
    """The rows that a funnel looks at: by step, by exclusion, and (strict) all of the paths."""

    steps: tuple[Rows, ...]
    exclusions: tuple[Rows, ...] = ()
    everything: Rows | None = None

    def between(self, low: int, high: int) -> Selection:
        """Return the part whose path key lies in ``[low, high]``."""
        return Selection(
            tuple(rows.between(low, high) for rows in self.steps),
            tuple(rows.between(low, high) for rows in self.exclusions),
            None if self.everything is None else self.everything.between(low, high),
        )

    def split_values(self, values: int) -> list[Selection]:
        """Return, for each value of the breakdown, what has that value."""
        steps = [rows.split_values(values) for rows in self.steps]
        exclusions = [rows.split_values(values) for rows in self.exclusions]
        everything = None if self.everything is None else self.everything.split_values(values)
        return [
            Selection(
                tuple(step[code] for step in steps),
                tuple(item[code] for item in exclusions),
                None if everything is None else everything[code],
            )
            for code in range(values)
        ]


def needs_order(definition: FunnelDefinition) -> bool:
    """Say whether the order in which rows were given, or a moment's ties, play a part."""
    return not _is_plain(definition) or definition.by is not None


def trace(selection: Selection, definition: FunnelDefinition, threads: int) -> Units:
    """Return the counted units, in path order, whatever the number of threads."""
    cuts = _cut_paths(selection, threads)
    if len(cuts) == 1:
        return _trace_range(selection, definition)
    with ThreadPoolExecutor(len(cuts)) as pool:
        parts = pool.map(lambda cut: _trace_range(selection.between(*cut), definition), cuts)
        return join_units(list(parts))


def _cut_paths(selection: Selection, threads: int) -> list[tuple[int, int]]:
    """Cut the path keys into ranges with about equally many rows of the largest step."""
    path = max((rows.path for rows in selection.steps), key=len)
    pieces = max(1, min(threads, len(path) // _ROWS_PER_THREAD))
    edges = sorted({int(path[len(path) * piece // pieces]) for piece in range(1, pieces)})
    lows, highs = [-(2**63), *edges], [*(edge - 1 for edge in edges), 2**63 - 1]
    return [(low, high) for low, high in zip(lows, highs, strict=True) if low <= high]


def _trace_range(selection: Selection, definition: FunnelDefinition) -> Units:
    if definition.order == "any":
        return _trace_unordered(selection, definition)
    if _is_plain(definition) and not _share_events(selection.steps):
        path, hits = trace_sequential(
            selection.steps,
            _limit(definition.window_us),
            _within(definition),
            _entries(definition),
            first_entry=definition.entry == "first",
        )
        level = _count_levels(len(path), hits)
        return Units(path, level, _find_open(definition, level, hits), tuple(hits))
    return _trace_ordered(selection, definition)


def _is_plain(definition: FunnelDefinition) -> bool:
    """Say whether the fast kernel knows all the options, as long as steps share no event."""
    return (
        definition.order == "sequential"
        and definition.ties == "any"
        and definition.count == "paths"
        and not definition.exclude
        and not definition.hold
        and len(definition.required) == len(definition.steps)
        and not _may_share_events(definition)
    )


def _may_share_events(definition: FunnelDefinition) -> bool:
    for one, other in combinations(definition.steps, 2):
        if one.events is None or other.events is None:
            return True
        if set(one.events) & set(other.events) and (one.where is None or other.where is None):
            return True
    return False


def _share_events(steps: Sequence[Rows]) -> bool:
    """Say whether any event is a row of two steps (their tables and conditions may overlap)."""
    for one, other in combinations(steps, 2):
        if not _spans_overlap(one, other):
            continue
        if len(np.intersect1d(one.numbers(), other.numbers())):
            return True
    return False


def _spans_overlap(one: Rows, other: Rows) -> bool:
    if not len(one.path) or not len(other.path):
        return False
    if one.row is None and other.row is None:
        return one.first_row < other.first_row + len(
            other.path
        ) and other.first_row < one.first_row + len(one.path)
    first, second = one.numbers(), other.numbers()
    return bool(first.min() <= second.max() and second.min() <= first.max())


def _limit(length_us: int | None) -> int:
    return UNLIMITED if length_us is None else length_us


def _within(definition: FunnelDefinition) -> list[int]:
    return [_limit(step.within_us) for step in definition.steps]


def _entries(definition: FunnelDefinition) -> tuple[int, int]:
    low = -UNLIMITED if definition.from_us is None else definition.from_us
    return low, UNLIMITED if definition.to_us is None else definition.to_us


def _count_levels(units: int, hits: Sequence[Hits]) -> Int64:
    level = np.zeros(units, np.int64)
    for step, hit in enumerate(hits, 1):
        level[hit.unit] = step
    return level


def _find_open(definition: FunnelDefinition, level: Int64, hits: Sequence[Hits]) -> Bool:
    """Return which units are not converted and still can be, at the moment of observation.

    The next step can be reached until the conversion window ends, or until the steps' own
    windows, one after the other, have ended, whichever is earlier.
    """
    levels, window_us = len(definition.required), _limit(definition.window_us)
    longest = np.full(levels + 1, -UNLIMITED)
    span = 0
    for reached, step in enumerate(definition.required[1:], 1):
        within_us = definition.steps[step].within_us
        span = window_us if within_us is None else min(window_us, span + within_us)
        longest[reached] = span
    if not len(level):
        return np.zeros(0, bool)
    return np.asarray(hits[0].at + longest[level] > (definition.as_of_us or 0))


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


def _trace_ordered(selection: Selection, definition: FunnelDefinition) -> Units:
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


def _trace_unordered(selection: Selection, definition: FunnelDefinition) -> Units:
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

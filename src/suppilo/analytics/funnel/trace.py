"""From the rows of each step to counted units: which kernel, on how many threads."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations

import numpy as np

from suppilo.analytics.funnel.definition import FunnelDefinition
from suppilo.analytics.funnel.feed import trace_ordered, trace_sequential, trace_unordered
from suppilo.analytics.funnel.rows import Rows, Selection, Units, join_units

_ROWS_PER_THREAD = 50_000


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
        return trace_unordered(selection, definition)
    if _is_plain(definition) and not _share_events(selection.steps):
        return trace_sequential(selection, definition)
    return trace_ordered(selection, definition)


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

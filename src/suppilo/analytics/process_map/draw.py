"""From sorted columns to the map that a report shows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from suppilo.analytics.process_map.count import (
    Counts,
    Part,
    Sequences,
    count_part,
    path_rows,
    take_median,
    wait_figures,
)
from suppilo.analytics.process_map.report import MapEdge, MapNode, ProcessMap, Variant


def draw_up(
    parts: Sequence[Part], names: Sequence[str], variants: int, as_of_us: int | None
) -> ProcessMap:
    """Draw up the map of the rows of some paths.

    Parameters
    ----------
    parts
        Whole paths each; no path in two of them.
    names
        What the events are called, by their numbers in the parts.
    variants
        The most frequent sequences, so many.
    """
    size = len(names)
    counted = [count_part(part, size) for part in parts]
    counts = sum((one for one, _ in counted), Counts.nothing(size))
    sequences = [one for _, one in counted]
    chosen, variant_count = _find_variants(parts, sequences, names, variants)
    return ProcessMap(
        sum(len(one.code) for one in sequences),
        int(counts.events.sum()),
        _make_nodes(counts, names),
        _make_edges(parts, counts, names),
        chosen,
        variant_count,
        as_of_us,
    )


def _make_nodes(counts: Counts, names: Sequence[str]) -> list[MapNode]:
    columns = (counts.events, counts.paths, counts.starts, counts.ends, counts.repeated)
    made = [
        MapNode(name, *(int(column[place]) for column in columns))
        for place, name in enumerate(names)
        if counts.events[place]
    ]
    return sorted(made, key=lambda node: (-node.paths, node.name))


def _make_edges(parts: Sequence[Part], counts: Counts, names: Sequence[str]) -> list[MapEdge]:
    size = len(names)
    made = [
        MapEdge(
            names[edge // size], names[edge % size], int(counts.edges[edge]),
            int(counts.edge_paths[edge]), *waits,
        )
        for edge, waits in wait_figures(parts, counts.edges, size).items()
    ]  # fmt: skip
    return sorted(made, key=lambda edge: (-edge.paths, -edge.count, edge.source, edge.target))


def _find_variants(
    parts: Sequence[Part], found: Sequence[Sequences], names: Sequence[str], most: int
) -> tuple[list[Variant], int]:
    """Return the most frequent sequences, and how many there are."""
    none = np.empty(0, np.int64)
    code = np.concatenate([none, *(one.code for one in found)])
    length = np.concatenate([none, *(one.length for one in found)])
    order = np.argsort(code, kind="stable")
    ranked = code[order]
    starts = np.flatnonzero(np.append(True, ranked[1:] != ranked[:-1])) if len(code) else none
    counts = np.diff(np.append(starts, len(code)))
    best = np.lexsort((order[starts], -counts))[:most]
    made = []
    for number in best.tolist():
        members = order[starts[number] : starts[number] + counts[number]]
        events = tuple(names[place] for place in path_rows(parts, found, int(members[0])))
        made.append(Variant(events, len(members), take_median(length[members])))
    return sorted(made, key=_rank), len(counts)


def _rank(variant: Variant) -> tuple[int, int, tuple[str, ...]]:
    return -variant.paths, len(variant.events), variant.events

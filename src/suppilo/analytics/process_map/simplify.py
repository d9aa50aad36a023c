"""Fewer edges, so that a map can be read."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from suppilo.analytics.process_map.report import MapEdge, MapNode


def keep_edges(edges: Sequence[MapEdge], detail: float) -> list[MapEdge]:
    """Return the edges to draw at a level of detail, in their order.

    The most frequent edges that together are ``detail`` of all steps are kept, and beside them of
    each event the most frequent way in and out, loops not counted: no event stands alone.

    Parameters
    ----------
    detail
        From 0 (the main ways only) to 1 (all).

    Raises
    ------
    ValueError
        If the level is not from 0 to 1.

    Examples
    --------
    >>> edges = [MapEdge(*way, count, count, 1, 1, 1, 1)
    ...          for way, count in (("ab", 8), ("bc", 5), ("ac", 2), ("bb", 1))]
    >>> [f"{edge.source}{edge.target}" for edge in keep_edges(edges, 0)]
    ['ab', 'bc']
    """
    if not 0 <= detail <= 1:
        raise ValueError(f"the level of detail is from 0 to 1, not {detail}")
    ranked = sorted(edges, key=lambda edge: (-edge.count, edge.source, edge.target))
    kept: set[tuple[str, str]] = set()
    enough = detail * sum(edge.count for edge in edges)
    seen = 0
    entered: set[str] = set()
    left: set[str] = set()
    for edge in ranked:
        is_main = not edge.is_loop and (edge.target not in entered or edge.source not in left)
        if seen < enough or is_main:
            kept.add((edge.source, edge.target))
        seen += edge.count
        if not edge.is_loop:
            entered.add(edge.target)
            left.add(edge.source)
    return [edge for edge in edges if (edge.source, edge.target) in kept]


def keep_ends(
    nodes: Sequence[MapNode], edges: Sequence[MapEdge], detail: float
) -> tuple[list[str], list[str]]:
    """Return at which events to draw that paths begin, and end, beside the edges that are drawn.

    The most frequent ones are kept until they are ``detail`` of all paths, the first of them
    always, and those into or out of which no edge leads otherwise.

    Examples
    --------
    >>> nodes = [MapNode("a", 9, 9, 8, 1, 0), MapNode("b", 9, 9, 1, 8, 0)]
    >>> keep_ends(nodes, [MapEdge("a", "b", 8, 8, 1, 1, 1, 1)], 0)
    (['a'], ['b'])
    """
    entered = {edge.target for edge in edges if not edge.is_loop}
    left = {edge.source for edge in edges if not edge.is_loop}
    starts = {node.name: node.starts for node in nodes}
    ends = {node.name: node.ends for node in nodes}
    return _keep_most(starts, entered, detail), _keep_most(ends, left, detail)


def _keep_most(counts: Mapping[str, int], linked: Collection[str], detail: float) -> list[str]:
    enough, seen = detail * sum(counts.values()), 0
    kept: list[str] = []
    for name in sorted(counts, key=lambda name: (-counts[name], name)):
        if counts[name] and (not kept or seen < enough or name not in linked):
            kept.append(name)
        seen += counts[name]
    return kept

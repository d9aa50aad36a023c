"""Two maps beside each other: what the paths of one do more often, and where they wait longer.

Own definition: ``docs/explanation/algorithms/process-map.md``, "Won and lost, with and
without"; the interval is that of :func:`suppilo.analytics.funnel.compare.newcombe_interval`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from suppilo.analytics.funnel.compare import RateDifference, newcombe_interval
from suppilo.analytics.process_map.report import MapEdge, ProcessMap

FEWEST_WAITS = 10
"""Fewer waits on either side are not compared."""


@dataclass(frozen=True, slots=True)
class EdgeDifference:
    """One way in both maps; None where a map has it not.

    Attributes
    ----------
    walked
        Of the paths that did the first event, the share that ever went on directly to the second:
        ``b`` less ``a``. None where a map has nobody who did it.
    slower
        Which side waits longer, ``a`` or ``b``: where the ranges of the medians (95 % each) don't
        touch, of ten waits at least on either side. Empty where that can't be said.
    """

    source: str
    target: str
    a: MapEdge | None
    b: MapEdge | None
    walked: RateDifference | None
    slower: str

    @property
    def is_clear(self) -> bool:
        """Whether the shares are apart by more than chance would explain."""
        return self.walked is not None and self.walked.is_clear

    @property
    def times_longer(self) -> float:
        """How many times as long the slower side waits; 1 where neither is known to be slower."""
        if self.a is None or self.b is None or not self.slower:
            return 1.0
        one, other = sorted((self.a.median_us, self.b.median_us))
        return other / max(one, 1)


@dataclass(frozen=True, slots=True)
class MapComparison:
    """Two maps, and their ways: those that are clearly apart first, by how far.

    ``level`` is that of each interval of a share: so high that with no difference at all, one or
    more of them would look clear in one comparison of twenty (Bonferroni).
    """

    a: ProcessMap
    b: ProcessMap
    level: float
    edges: Sequence[EdgeDifference]

    @property
    def slowest(self) -> EdgeDifference | None:
        """Of the ways where one side waits longer, that with most time lost there in all."""
        slow = [edge for edge in self.edges if edge.slower]
        return max(slow, key=_weight, default=None)

    def to_dict(self) -> dict[str, Any]:
        """Return it for JSON: of each way both sides' figures."""
        return {
            "a": {"paths": self.a.paths, "events": self.a.events},
            "b": {"paths": self.b.paths, "events": self.b.events},
            "level": self.level,
            "edges": [
                asdict(edge) | {"walked": edge.walked.to_dict() if edge.walked else None}
                for edge in self.edges
            ],
        }


def compare_maps(a: ProcessMap, b: ProcessMap) -> MapComparison | None:
    """Set two maps side by side; None where one has no paths.

    Differences of shares have Newcombe's interval (:func:`newcombe_interval`).
    """
    if not a.paths or not b.paths:
        return None
    ways = sorted({(edge.source, edge.target) for edge in (*a.edges, *b.edges)})
    level = 1 - 0.05 / max(1, len(ways))
    return MapComparison(a, b, level, sorted(_compare(a, b, ways, level), key=_rank))


def _compare(
    a: ProcessMap, b: ProcessMap, ways: Sequence[tuple[str, str]], level: float
) -> Iterator[EdgeDifference]:
    of_a, of_b = ({(edge.source, edge.target): edge for edge in one.edges} for one in (a, b))
    did_a, did_b = ({node.name: node.paths for node in one.nodes} for one in (a, b))
    for way in ways:
        one, other = of_a.get(way), of_b.get(way)
        walked = newcombe_interval(
            (one.paths if one else 0, did_a.get(way[0], 0)),
            (other.paths if other else 0, did_b.get(way[0], 0)),
            level,
        )
        yield EdgeDifference(*way, one, other, walked, _slower(one, other))


def _rank(edge: EdgeDifference) -> tuple[bool, float, str, str]:
    apart = abs(edge.walked.difference) if edge.walked else 0.0
    return not edge.is_clear, -apart, edge.source, edge.target


def _slower(a: MapEdge | None, b: MapEdge | None) -> str:
    if a is None or b is None or min(a.count, b.count) < FEWEST_WAITS:
        return ""
    if a.median_low_us > b.median_high_us:
        return "a"
    return "b" if b.median_low_us > a.median_high_us else ""


def _weight(edge: EdgeDifference) -> float:
    assert edge.a is not None
    assert edge.b is not None
    slow = edge.a if edge.slower == "a" else edge.b
    return float(slow.count * abs(edge.a.median_us - edge.b.median_us))

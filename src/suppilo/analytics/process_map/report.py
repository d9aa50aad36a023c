"""What a process map says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class MapNode:
    """An event on the map.

    Attributes
    ----------
    events, paths
        How often it was done, and by how many paths.
    starts, ends
        Paths that begin, and end, with it.
    repeated
        Paths that did it more than once: loops and rework.
    """

    name: str
    events: int
    paths: int
    starts: int
    ends: int
    repeated: int


@dataclass(frozen=True, slots=True)
class MapEdge:
    """One event directly after another; a loop where both are the same.

    Attributes
    ----------
    count, paths
        How often, and in how many paths.
    median_us, p90_us
        How long it took: the middle and the 90th percentile, in microseconds (each the smallest
        wait that at least that share does not exceed).
    median_low_us, median_high_us
        The range of the middle (95 %), by order statistics: David and Nagaraja, *Order
        Statistics*, 3rd ed. 2003, section 7.1, with the normal approximation of the ranks.
    """

    source: str
    target: str
    count: int
    paths: int
    median_us: int
    p90_us: int
    median_low_us: int
    median_high_us: int

    @property
    def is_loop(self) -> bool:
        """Whether it leads back to the same event."""
        return self.source == self.target


@dataclass(frozen=True, slots=True)
class Variant:
    """A sequence of events that paths are, from first to last.

    ``median_us`` is the middle time from its first event to its last, as of an edge.
    """

    events: tuple[str, ...]
    paths: int
    median_us: int


@dataclass(frozen=True, slots=True)
class ProcessMap:
    """The map: events and edges by how many paths they have, most first.

    Attributes
    ----------
    paths, events
        Paths with an event on the map, and all their events.
    variants
        The most frequent ones; ``variant_count`` is how many there are.
    as_of_us
        The end of the observation, microseconds UTC; None where there are no events.
    """

    paths: int
    events: int
    nodes: Sequence[MapNode]
    edges: Sequence[MapEdge]
    variants: Sequence[Variant]
    variant_count: int
    as_of_us: int | None

    def to_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return asdict(self)

"""Counting what follows on what, in sorted columns."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields

import numpy as np

from suppilo.analytics.compiled import EMPTY
from suppilo.analytics.events import Int64
from suppilo.analytics.process_map.kernels import count_rows, place_waits
from suppilo.analytics.walks import changes


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of some paths: sorted by path and time, every path whole.

    Attributes
    ----------
    path
        The path's key, never falling.
    event
        The event's place among the names.
    at
        Microseconds UTC.
    row
        What the source calls the row, for finding it again; empty where nobody asks.
    """

    path: Int64
    event: Int64
    at: Int64
    row: Int64 = field(default_factory=lambda: EMPTY)

    def take(self, chosen: np.ndarray) -> Part:
        """Return some of the rows, by a mask."""
        row = self.row[chosen] if len(self.row) else self.row
        return Part(self.path[chosen], self.event[chosen], self.at[chosen], row)


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts by event and by edge (source times the number of events, plus target).

    ``events`` to ``repeated`` are by event: done, paths, paths that begin and end with it or did
    it again. ``edges`` and ``edge_paths`` are by edge.
    """

    events: Int64
    paths: Int64
    starts: Int64
    ends: Int64
    repeated: Int64
    edges: Int64
    edge_paths: Int64

    @classmethod
    def nothing(cls, size: int) -> Counts:
        """Return zeros for so many events."""
        by_event = (np.zeros(size, np.int64) for _ in range(5))
        by_edge = (np.zeros(size * size, np.int64) for _ in range(2))
        return cls(*by_event, *by_edge)

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(Counts)))


@dataclass(frozen=True, slots=True)
class Sequences:
    """Each path's sequence as a number, its time from first to last event, and its first row.

    Two sequences have different numbers with a chance of 1 - 2⁻⁶⁴.
    """

    code: Int64
    length: Int64
    first: Int64


def count_part(part: Part, size: int) -> tuple[Counts, Sequences]:
    """Count the rows of some paths; ``size`` is how many events there are."""
    counts = Counts.nothing(size)
    paths = int(np.count_nonzero(changes(part.path))) if len(part.path) else 0
    found = Sequences(*(np.empty(paths, np.int64) for _ in range(3)))
    count_rows(
        part.path, part.event, part.at, size, np.zeros(2 * size, np.int64),
        np.zeros(size * size, np.int64), *(getattr(counts, f.name) for f in fields(Counts)),
        found.code, found.length, found.first,
    )  # fmt: skip
    return counts, found


def wait_figures(parts: Sequence[Part], edges: Int64, size: int) -> dict[int, tuple[int, ...]]:
    """Return of each edge's waits: median, 90th percentile, and the median's range.

    Parameters
    ----------
    edges
        How many waits each edge has.
    """
    ends = np.cumsum(edges)
    place = ends - edges
    waits = np.empty(int(ends[-1]) if len(ends) else 0, np.int64)
    for part in parts:
        place_waits(part.path, part.event, part.at, size, place, waits)
    return {
        edge: _figures(waits[ends[edge] - edges[edge] : ends[edge]])
        for edge in np.flatnonzero(edges).tolist()
    }


def _figures(values: Int64) -> tuple[int, ...]:
    count = len(values)
    places = [quantile_place(0.5, count), quantile_place(0.9, count), *_median_places(count)]
    parted = np.partition(values, sorted(set(places)))
    return tuple(int(parted[place]) for place in places)


def _median_places(count: int) -> tuple[int, int]:
    """Return the places between which the middle lies with 95 % (of few: their ends)."""
    half = 1.96 * math.sqrt(count) / 2
    lower, upper = math.floor(count / 2 - half), math.ceil(count / 2 + half)
    return max(0, lower - 1), min(count - 1, upper)


def quantile_place(share: float, count: int) -> int:
    """Return where a quantile stands among sorted values: at least that share goes no further."""
    return max(0, math.ceil(share * count - 1e-9) - 1)


def take_median(values: Int64) -> int:
    """Return the smallest value that at least half do not exceed."""
    place = quantile_place(0.5, len(values))
    return int(np.partition(values, place)[place])


def path_rows(parts: Sequence[Part], found: Sequence[Sequences], number: int) -> Iterator[int]:
    """Yield the events of one path, by its number among all."""
    for part, one in zip(parts, found, strict=True):
        if number < len(one.first):
            end = one.first[number + 1] if number + 1 < len(one.first) else len(part.path)
            yield from part.event[one.first[number] : end].tolist()
            return
        number -= len(one.first)

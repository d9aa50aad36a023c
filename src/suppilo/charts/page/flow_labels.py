"""Where the labels of arrows stand: on their own way, clear of boxes and of each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from suppilo.charts.graph_layout import Point

Array = NDArray[np.float64]
Frame = tuple[float, float, float, float]
"""Left, top, right and bottom, in pixels."""

_SHARES = (0.5, 0.3, 0.7, 0.15, 0.85)
_PAD, _BESIDE = 2.0, 6.0


def place_labels(
    ways: Sequence[Sequence[Point]],
    sizes: Sequence[tuple[float, float]],
    boxes: Sequence[Frame],
) -> list[Point]:
    """Return the middle of each label; those given first have the first choice.

    A loop's label stands beside it. Where no place on its way is clear, a label takes that which
    covers least.
    """
    taken = list(boxes)
    segments, owner = _list_segments(ways)
    found = []
    for number, (way, size) in enumerate(zip(ways, sizes, strict=True)):
        others = segments[owner != number]
        if not size[0]:
            found.append(way[0])
            continue
        best = min(_spots(way, size), key=lambda spot: _cost(_around(spot, size), taken, others))
        taken.append(_around(best, size))
        found.append(best)
    return found


def _list_segments(ways: Sequence[Sequence[Point]]) -> tuple[Array, Array]:
    """Return the frame of each straight piece, and the number of the way that it is of."""
    frames = [
        (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1), number)
        for number, way in enumerate(ways)
        for (x0, y0), (x1, y1) in pairwise(way)
    ]
    table = np.array(frames, np.float64).reshape(-1, 5)
    return table[:, :4], table[:, 4]


def is_loop(way: Sequence[Point]) -> bool:
    """Return whether a way comes back to the side of the box that it leaves."""
    return way[0][0] == way[-1][0] and way[0][1] < way[-1][1] < way[0][1] + 60 and len(way) == 4


def _spots(way: Sequence[Point], size: tuple[float, float]) -> Iterator[Point]:
    if is_loop(way):
        side = 1 if way[1][0] > way[0][0] else -1
        yield way[1][0] + side * (size[0] / 2 + _BESIDE), (way[0][1] + way[-1][1]) / 2
        return
    for share in _SHARES:
        for (x0, y0), (x1, y1) in sorted(pairwise(way), key=_length, reverse=True)[:4]:
            yield x0 + (x1 - x0) * share, y0 + (y1 - y0) * share


def _length(segment: tuple[Point, Point]) -> float:
    (x0, y0), (x1, y1) = segment
    return abs(x1 - x0) + abs(y1 - y0)


def _around(spot: Point, size: tuple[float, float]) -> Frame:
    across, down = size[0] / 2 + _PAD, size[1] / 2 + _PAD
    return spot[0] - across, spot[1] - down, spot[0] + across, spot[1] + down


def _cost(frame: Frame, taken: Sequence[Frame], others: Array) -> float:
    """Return how much a label covers: words and boxes at any price, others' ways if need be."""
    left, top, right, bottom = np.array(taken).T
    across = np.minimum(frame[2], right) - np.maximum(frame[0], left)
    down = np.minimum(frame[3], bottom) - np.maximum(frame[1], top)
    covered = (np.maximum(across, 0) * np.maximum(down, 0)).sum()
    left, top, right, bottom = others.T
    crossed = (left < frame[2]) & (right > frame[0]) & (top < frame[3]) & (bottom > frame[1])
    return float(10 * covered + 40 * crossed.sum())

"""Shares over time, several beside each other: who is still there, and how things ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from suppilo.analytics.durations import Float64
from suppilo.charts import words
from suppilo.charts.page.canvas import (
    Scale,
    nice_ticks,
    path,
    stairs,
    svg,
    text,
    value_axis,
)

LEFT, RIGHT, TOP, HEIGHT = 52, 16, 10, 190
MOST_POINTS = 400
_UNITS = ((86_400.0, "d"), (3_600.0, "h"), (60.0, "min"), (1.0, "s"))


@dataclass(frozen=True, slots=True)
class Curve:
    """A share 0..1 that changes at times (seconds), from ``start`` on; ``kind`` names its look.

    ``lower`` and ``upper`` draw a band around it; without them there is none.
    """

    kind: str
    start: float
    time: Float64
    share: Float64
    lower: Float64 | None = None
    upper: Float64 | None = None


def curves_picture(curves: Sequence[Curve], longest_s: float, width: int = 700) -> str:
    """Return curves over one axis of time, which ends at ``longest_s`` seconds."""
    across = Scale(0, longest_s or 1.0, LEFT, width - RIGHT)
    highest = max([_highest(curve, longest_s) for curve in curves] + [0.01])
    ticks = [tick for tick in nice_ticks(0, min(1.0, highest)) if tick <= 1]
    up = Scale(0, ticks[-1], TOP + HEIGHT, TOP)
    parts = [value_axis(up, [(tick, words.rate(tick)) for tick in ticks], across.start, across.end)]
    parts += [_draw(curve, across, up) for curve in curves]
    parts.append(_axis(longest_s, across))
    return svg(width, TOP + HEIGHT + 26, parts, "chart-curves")


def _highest(curve: Curve, longest_s: float) -> float:
    seen = curve.time <= longest_s
    shares = curve.share if curve.upper is None else curve.upper
    return max(float(shares[seen].max(initial=0.0)), curve.start)


def _draw(curve: Curve, across: Scale, up: Scale) -> str:
    seen = np.flatnonzero(curve.time <= across.high)
    some = seen[:: -(-len(seen) // MOST_POINTS) or 1]
    x = [across.place(at) for at in (0.0, *curve.time[some].tolist(), across.high)]

    def line_of(shares: Float64) -> list[tuple[float, float]]:
        found = [curve.start, *shares[some].tolist()]
        last = float(shares[seen[-1]]) if len(seen) else curve.start
        return stairs([*zip(x, map(up.place, [*found, last]), strict=True)])

    drawn = path(line_of(curve.share), f"c-curve {curve.kind}")
    if curve.lower is None or curve.upper is None:
        return drawn
    band = [*line_of(curve.upper), *reversed(line_of(curve.lower))]
    return path(band, f"c-band {curve.kind}", closed=True) + drawn


def _axis(longest_s: float, across: Scale) -> str:
    unit_s, unit = next((s, name) for s, name in _UNITS if longest_s >= 2 * s or s == 1)
    about = max(2, int((across.end - across.start) / 110))
    ticks = [t for t in nice_ticks(0, longest_s / unit_s, about) if t * unit_s <= longest_s]
    y = TOP + HEIGHT + 18
    return "".join(
        text(across.place(t * unit_s), y, f"{words.number(t)} {unit}", "middle" if t else "start")
        for t in ticks
    )

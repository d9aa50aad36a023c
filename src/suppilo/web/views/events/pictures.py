"""Small bar pictures as SVG paths: no script, no style, drawn by the server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from suppilo.apps.events.names import DayCount


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars for a ``<path>``, with what stands beside them.

    Attributes
    ----------
    path
        The ``d`` attribute.
    width, height
        The size of the view box.
    peak
        The highest count.
    total
        The sum of the counts.
    """

    path: str
    width: int
    height: int
    peak: int
    total: int


def draw_bars(days: Sequence[DayCount], width: int, height: int) -> Bars:
    """Return a bar for each day; a day with any event has a bar that can be seen."""
    counts = [day.count for day in days]
    peak, step = max(counts, default=0), width / max(1, len(days))
    gap = min(1.0, step / 4)
    parts = []
    for place, count in enumerate(counts):
        if count:
            tall = max(1.0, count / peak * height)
            wide = step - gap
            parts.append(f"M{place * step:.1f} {height}v{-tall:.1f}h{wide:.1f}v{tall:.1f}z")
    return Bars("".join(parts), width, height, peak, sum(counts))

"""Scales, ticks and marks of the page's pictures. Classes name colours; nothing is styled here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

LETTER = 6.4
"""About how many pixels a letter of an axis takes."""


@dataclass(frozen=True, slots=True)
class Scale:
    """A straight scale: values ``low`` to ``high`` lie at pixels ``start`` to ``end``."""

    low: float
    high: float
    start: float
    end: float

    def place(self, value: float) -> float:
        """Return where a value lies; beyond the ends it lies at the end."""
        span = (self.high - self.low) or 1.0
        share = min(1.0, max(0.0, (value - self.low) / span))
        return self.start + share * (self.end - self.start)


def nice_ticks(low: float, high: float, about: int = 4) -> list[float]:
    """Return round numbers from ``low`` to at least ``high``, about so many steps apart.

    Examples
    --------
    >>> nice_ticks(0, 0.8)
    [0.0, 0.2, 0.4, 0.6, 0.8]
    >>> nice_ticks(0, 586)
    [0.0, 200.0, 400.0, 600.0]
    """
    rough = (high - low) / about or 1.0
    power = 10.0 ** floor(log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999999)
    first = floor(low / step + 1e-9)
    last = max(first + 1, ceil(high / step - 1e-9))
    digits = max(0, -floor(log10(step)))
    return [round(step * number, digits + 1) for number in range(first, last + 1)]


def svg(width: float, height: float, parts: Iterable[str], kind: str) -> str:
    """Return a picture. It is hidden from screen readers: the table beside it says the same."""
    return (
        f'<svg class="chart {kind}" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" aria-hidden="true" focusable="false">{"".join(parts)}</svg>'
    )


def text(x: float, y: float, words: str, anchor: str = "start", kind: str = "c-text") -> str:
    """Return words that begin, end or have their middle at ``x``."""
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text class="{kind}" {place}>{escape(words)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    """Return a straight line."""
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def rect(x: float, y: float, width: float, height: float, kind: str, radius: float = 0) -> str:
    """Return a bar."""
    return (
        f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{max(0, width):.1f}" '
        f'height="{max(0, height):.1f}" rx="{radius:g}"/>'
    )


def dot(x: float, y: float, radius: float, kind: str) -> str:
    """Return a point."""
    return f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}"/>'


def path(points: Sequence[tuple[float, float]], kind: str, closed: bool = False) -> str:
    """Return a line through points, or the area that it encloses."""
    if not points:
        return ""
    steps = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return f'<path class="{kind}" d="M{steps}{"Z" if closed else ""}"/>'


def stairs(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return points of a line that keeps its height until the next point."""
    made = list(points[:1])
    for (_, before), (x, y) in zip(points, points[1:], strict=False):
        made += [(x, before), (x, y)]
    return made


def link(url: str, title: str, inside: str) -> str:
    """Return marks that lead somewhere, with words that appear over them."""
    words = f"<title>{escape(title)}</title>"
    if not url:
        return f'<g class="c-hit">{words}{inside}</g>'
    return f'<a class="c-hit" href="{escape(url)}" tabindex="-1">{words}{inside}</a>'


def value_axis(scale: Scale, ticks: Sequence[tuple[float, str]], left: float, right: float) -> str:
    """Return fine lines across the plot, each with its value at the left."""
    return "".join(
        line(left, scale.place(value), right, scale.place(value), "c-grid")
        + text(left - 8, scale.place(value) + 4, words, "end")
        for value, words in ticks
    )


def sparse(labels: Sequence[str], room: float) -> list[int]:
    """Return which of evenly spaced labels fit beside each other in ``room`` pixels."""
    if not labels:
        return []
    widest = max(map(len, labels)) * LETTER + 14
    every = max(1, ceil(len(labels) * widest / max(room, 1)))
    return list(range(0, len(labels), every))

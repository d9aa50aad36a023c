"""Several figures of one thing on a line, thing under thing: how far apart they lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from suppilo.charts import words
from suppilo.charts.page.canvas import Scale, line, link, nice_ticks, path, svg, text

ROW, TOP, BOTTOM, RIGHT = 30, 8, 24, 18
_LETTER, _GAP, _SIZE = 6.6, 14, 5.5
_SHAPES = (
    ((-1, -1), (1, -1), (1, 1), (-1, 1)),
    ((0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)),
    ((0, -1.2), (1.2, 0.9), (-1.2, 0.9)),
    ((0, 1.2), (1.2, -0.9), (-1.2, -0.9)),
    ((-0.5, -1.2), (0.5, -1.2), (0.5, 1.2), (-0.5, 1.2)),
)


@dataclass(frozen=True, slots=True)
class Mark:
    """One figure; ``kind`` (from 0) is its look, ``title`` the words over it."""

    kind: int
    value: float
    title: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Strip:
    """A line's name and its figures."""

    name: str
    marks: Sequence[Mark]


def strips_picture(strips: Sequence[Strip], width: int = 700) -> str:
    """Return lines under each other over one axis; every mark leads to what it counts."""
    names = [words.shorten(words.clean(strip.name), 24 if width > 500 else 14) for strip in strips]
    left = max(map(len, names), default=0) * _LETTER + _GAP
    figures = [mark.value for strip in strips for mark in strip.marks]
    low, high = min([0.0, *figures]), max([*figures, low_end(figures)])
    about = max(2, int((width - left) / 90))
    ticks = nice_ticks(low, high, about)
    across = Scale(ticks[0], ticks[-1], left + _SIZE, width - RIGHT)
    bottom = TOP + ROW * len(strips)
    parts = [_tick(across, tick, bottom) for tick in ticks]
    for number, (name, strip) in enumerate(zip(names, strips, strict=True)):
        y = TOP + ROW * (number + 0.5)
        parts += [text(0, y + 4, name, kind="c-text c-name"), *_draw(strip, across, y)]
    return svg(width, bottom + BOTTOM, parts, "chart-strips")


def low_end(figures: Sequence[float]) -> float:
    """Return the least that an axis of these figures goes to: one where all are nothing."""
    return 0.0 if any(figures) else 1.0


def mark_shape(kind: int, x: float, y: float) -> str:
    """Return a mark's look at a place: a shape and a class for its colour."""
    points = [(x + dx * _SIZE, y + dy * _SIZE) for dx, dy in _SHAPES[kind % len(_SHAPES)]]
    return path(points, f"c-mark mark-{kind}", closed=True)


def key_picture(kind: int) -> str:
    """Return a mark by itself, for a legend."""
    return svg(16, 16, [mark_shape(kind, 8, 8)], "chart-key")


def _tick(across: Scale, tick: float, bottom: float) -> str:
    x = across.place(tick)
    kind = "c-zero" if tick == 0 else "c-grid"
    return line(x, TOP, x, bottom, kind) + text(x, bottom + 18, words.number(tick), "middle")


def _draw(strip: Strip, across: Scale, y: float) -> list[str]:
    places = [across.place(mark.value) for mark in strip.marks]
    if not places:
        return []
    marks = (
        link(mark.url, mark.title, mark_shape(mark.kind, x, y))
        for mark, x in zip(strip.marks, places, strict=True)
    )
    return [line(min(places), y, max(places), y, "c-strip"), *marks]

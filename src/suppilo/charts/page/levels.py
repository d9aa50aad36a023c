"""Levels before and after, each with its range, on a scale of powers of ten."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from suppilo.charts import words
from suppilo.charts.page.canvas import LETTER, Scale, dot, line, link, rect, svg, text

ROW, TOP, BOTTOM = 30, 6, 22
_LEAST = 0.1


@dataclass(frozen=True, slots=True)
class LevelMark:
    """A level: how many there are, how many there would be, and between what that lies."""

    name: str
    before: float
    after: float
    lower: float
    upper: float


def levels_picture(levels: Sequence[LevelMark], width: int) -> str:
    """Return a row for each level: a ring for what is, a point and its range for what would be.

    Levels differ by powers of ten, so the scale is logarithmic; it begins at 0.1 at the least.
    """
    room = min(width // 3, 190)
    high = log10(max([_LEAST, *(max(one.before, one.upper, one.after) for one in levels)]))
    low = log10(max(_LEAST, min([10.0**high, *(_least(one) for one in levels)])))
    bottom, top = floor(low), max(ceil(high), floor(low) + 1)
    # The last label has its middle at the end of the scale.
    margin = max(12.0, len(_label(top)) * LETTER / 2 + 6)
    across = Scale(bottom, top, room + 10, width - margin)
    height = TOP + ROW * len(levels) + BOTTOM
    parts = [*_axis(across, height - BOTTOM), *_rows(levels, across, room)]
    return svg(width, height, parts, "chart-levels")


def _least(one: LevelMark) -> float:
    return min(figure for figure in (one.before, one.after, max(one.lower, _LEAST)) if figure > 0)


def _axis(across: Scale, bottom: float) -> Iterator[str]:
    powers = range(int(across.low), int(across.high) + 1)
    labels = list(map(_label, powers))
    pixels = (across.end - across.start) / max(len(powers) - 1, 1)
    every = ceil((max(map(len, labels)) * LETTER + 10) / pixels)
    for place, (power, label) in enumerate(zip(powers, labels, strict=True)):
        x = across.place(power)
        yield line(x, TOP, x, bottom, "c-grid")
        if place % every == 0:
            yield text(x, bottom + 16, label, "middle")


def _label(power: int) -> str:
    return words.number(10.0**power) if power >= 0 else f"{10.0**power:g}"


def _rows(levels: Sequence[LevelMark], across: Scale, room: int) -> Iterator[str]:
    def place(figure: float) -> float:
        return across.place(log10(max(figure, _LEAST)))

    for number, one in enumerate(levels):
        y = TOP + ROW * (number + 0.5)
        left, right = place(one.lower), place(one.upper)
        title = f"{one.name}: {words.number(one.before)} → {words.number(one.after)}"
        marks = (
            rect(left, y - 4, right - left, 8, "c-range", 4)
            + line(place(one.before), y, place(one.after), y, "c-span")
            + dot(place(one.before), y, 5, "c-point is-open")
            + dot(place(one.after), y, 5, "c-point")
        )
        yield text(0, y + 4, words.shorten(words.clean(one.name), int(room / LETTER)))
        yield link("", title, marks)

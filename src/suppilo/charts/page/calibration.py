"""What was foretold against what came: points near the diagonal say that chances hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from suppilo.charts import words
from suppilo.charts.page.canvas import Scale, dot, line, link, nice_ticks, svg, text, value_axis

LEFT, RIGHT, TOP, HEIGHT, FOOT = 58, 30, 10, 230, 42


@dataclass(frozen=True, slots=True)
class CalibrationMark:
    """A group of people: the chance that was foretold, the share that came true, and its range."""

    foretold: float
    came: float
    lower: float
    upper: float
    title: str


def calibration_picture(
    marks: Sequence[CalibrationMark], across_words: str, width: int = 700
) -> str:
    """Return a point with its range for each group, over the diagonal of what would be exact.

    Parameters
    ----------
    across_words
        What the axis beneath says.
    """
    highest = max([0.01, *(max(one.foretold, one.upper) for one in marks)])
    ticks = [tick for tick in nice_ticks(0, min(1.0, highest)) if tick <= 1]
    across = Scale(0, ticks[-1], LEFT, width - RIGHT)
    up = Scale(0, ticks[-1], TOP + HEIGHT, TOP)
    labels = [(tick, words.rate(tick)) for tick in ticks]
    parts = [
        value_axis(up, labels, across.start, across.end),
        line(across.start, up.start, across.end, up.end, "c-dashed"),
        *(text(across.place(tick), TOP + HEIGHT + 18, label, "middle") for tick, label in labels),
        text((across.start + across.end) / 2, TOP + HEIGHT + 36, across_words, "middle"),
        *_points(marks, across, up),
    ]
    return svg(width, TOP + HEIGHT + FOOT, parts, "chart-calibration")


def _points(marks: Sequence[CalibrationMark], across: Scale, up: Scale) -> Iterator[str]:
    for one in marks:
        x = across.place(min(one.foretold, across.high))
        low, high = (up.place(min(max(share, 0.0), up.high)) for share in (one.lower, one.upper))
        inside = line(x, low, x, high, "c-span") + dot(x, up.place(one.came), 4.5, "c-point")
        yield link("", one.title, inside)

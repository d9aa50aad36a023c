"""A watched figure: its days, between what they usually lie, and where it broke."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite

from suppilo.charts.page.canvas import (
    Scale,
    dot,
    line,
    link,
    nice_ticks,
    path,
    sparse,
    svg,
    text,
    value_axis,
)

LEFT, RIGHT, TOP, HEIGHT, BOTTOM = 58, 26, 12, 220, 26
_SPARK_EDGE = 4
_FEW = 45


@dataclass(frozen=True, slots=True)
class WatchedDays:
    """Days side by side; None where one is not known.

    ``labels`` are the days as they are written under the axis.
    """

    labels: Sequence[str]
    values: Sequence[float | None]
    expected: Sequence[float | None]
    lower: Sequence[float | None]
    upper: Sequence[float | None]

    def last(self, days: int) -> WatchedDays:
        """Return the last so many days."""
        cut = slice(max(0, len(self.values) - days), None)
        return WatchedDays(
            self.labels[cut], self.values[cut], self.expected[cut], self.lower[cut],
            self.upper[cut],
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class BreakMark:
    """A break by its day's place; ``title`` are the words over it."""

    place: int
    is_rise: bool
    title: str
    url: str = ""


def watched_picture(
    days: WatchedDays, marks: Sequence[BreakMark], say: Callable[[float], str], width: int = 1100
) -> str:
    """Return the days as a line over the band of what is usual, with a mark at each break.

    Parameters
    ----------
    say
        Writes a value of the axis.
    """
    across = Scale(0, max(1, len(days.values)), LEFT, width - RIGHT)
    ticks = nice_ticks(0, _top(days), 4)
    up = Scale(0, ticks[-1], TOP + HEIGHT, TOP)
    parts = [
        value_axis(up, [(tick, say(tick)) for tick in ticks], across.start, across.end),
        *_band(days, across, up),
        *_line(days.expected, across, up, "c-usual"),
        *_line(days.values, across, up, "c-line"),
    ]
    if len(days.values) <= _FEW:
        parts += [dot(across.place(place + 0.5), up.place(value), 2.5, "c-point")
                  for place, value in enumerate(days.values) if value is not None]  # fmt: skip
    parts += [_mark(mark, days, across, up) for mark in marks if 0 <= mark.place < len(days.values)]
    baseline = TOP + HEIGHT + 18
    parts += [
        text(across.place(place + 0.5), baseline, days.labels[place], "middle")
        for place in sparse(days.labels, across.end - across.start)
    ]
    return svg(width, TOP + HEIGHT + BOTTOM, parts, "chart-watched")


def spark_picture(days: WatchedDays, marks: Sequence[BreakMark], width: int = 220) -> str:
    """Return the same without an axis, as high as two lines of text."""
    height = 44
    across = Scale(0, max(1, len(days.values)), 0, width)
    up = Scale(0, _top(days), height - _SPARK_EDGE, _SPARK_EDGE)
    parts = [*_band(days, across, up), *_line(days.values, across, up, "c-line")]
    for mark in marks:
        value = days.values[mark.place] if 0 <= mark.place < len(days.values) else None
        if value is not None:
            kind = "c-break is-rise" if mark.is_rise else "c-break"
            parts.append(dot(across.place(mark.place + 0.5), up.place(value), 4, kind))
    return svg(width, height, parts, "chart-spark")


def _top(days: WatchedDays) -> float:
    known = [value for column in (days.values, days.expected) for value in column
             if value is not None and isfinite(value)]  # fmt: skip
    high = sorted(value for value in days.upper if value is not None)
    usual = high[int(0.95 * (len(high) - 1))] if high else 0.0
    return max([*known, usual, 1e-6])


def _runs(column: Sequence[float | None]) -> list[list[int]]:
    """Return the stretches of days that are known."""
    runs: list[list[int]] = [[]]
    for place, value in enumerate(column):
        if value is not None:
            runs[-1].append(place)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _line(column: Sequence[float | None], across: Scale, up: Scale, kind: str) -> list[str]:
    return [
        path([(across.place(place + 0.5), up.place(column[place] or 0)) for place in run], kind)
        for run in _runs(column)
    ]


def _band(days: WatchedDays, across: Scale, up: Scale) -> list[str]:
    parts = []
    for run in _runs(days.lower):
        x = [across.place(place + 0.5) for place in run]
        high = [up.place(days.upper[place] or 0) for place in run]
        low = [up.place(days.lower[place] or 0) for place in run]
        edge = [*zip(x, high, strict=True), *reversed([*zip(x, low, strict=True)])]
        parts.append(path(edge, "c-soft", closed=True))
    return parts


def _mark(mark: BreakMark, days: WatchedDays, across: Scale, up: Scale) -> str:
    x = across.place(mark.place + 0.5)
    value = days.values[mark.place] or 0
    kind = "c-break is-rise" if mark.is_rise else "c-break"
    inside = line(x, TOP, x, TOP + HEIGHT, "c-dashed") + dot(x, up.place(value), 5, kind)
    return link(mark.url, mark.title, inside)

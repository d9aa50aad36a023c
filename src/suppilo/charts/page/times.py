"""The time to convert: who has by then (with the open ones), and how many took how long."""

from __future__ import annotations

from collections.abc import Sequence

from suppilo.charts import words
from suppilo.charts.i18n import _
from suppilo.charts.page.canvas import (
    Scale,
    line,
    link,
    nice_ticks,
    path,
    rect,
    stairs,
    svg,
    text,
    value_axis,
)
from suppilo.charts.vega import TimeToConvert, span_times

LEFT, RIGHT = 58, 16
CURVE_TOP, CURVE_HEIGHT = 24, 150
BARS_TOP, BARS_HEIGHT = 222, 110
HEIGHT = BARS_TOP + BARS_HEIGHT + 26
MOST_POINTS = 600
_UNITS = ((86400.0, "d"), (3600.0, "h"), (60.0, "min"), (1.0, "s"))


def times_picture(times: TimeToConvert, width: int = 1100) -> str:
    """Return the Kaplan-Meier curve with its range above a histogram, over one axis of time.

    The axis ends where :func:`suppilo.charts.vega.span_times` says; the dashed line is the median
    of those that converted.
    """
    longest = span_times(times)
    across = Scale(0, longest, LEFT, width - RIGHT)
    parts = [
        text(0, 12, _("Converted by then; open ones wait"), kind="c-title"),
        _curve(times, across),
        text(0, BARS_TOP - 14, _("How long it took; dashed: median"), kind="c-title"),
        _bars(times, across),
        _axis(longest, across),
    ]
    return svg(width, HEIGHT, parts, "chart-times")


def _curve(times: TimeToConvert, across: Scale) -> str:
    every = -(-len(times.curve) // MOST_POINTS) or 1
    points = [p for p in times.curve[::every] if p[0] <= across.high]
    high = max([p[3] for p in points if p[3] == p[3]] + [p[1] for p in points] + [0.001])
    ticks = [tick for tick in nice_ticks(0, min(1.0, high)) if tick <= 1]
    up = Scale(0, ticks[-1], CURVE_TOP + CURVE_HEIGHT, CURVE_TOP)
    parts = [value_axis(up, [(t, words.rate(t)) for t in ticks], across.start, across.end)]
    if points:
        last = points[-1]
        points = [(0.0, 0.0, 0.0, 0.0), *points, (across.high, *last[1:])]
    x = [across.place(p[0]) for p in points]

    def rise(column: int) -> list[tuple[float, float]]:
        heights = [up.place(p[column] if p[column] == p[column] else p[1]) for p in points]
        return stairs([*zip(x, heights, strict=True)])

    parts.append(path([*rise(3), *reversed(rise(2))], "c-soft", closed=True))
    parts.append(path(rise(1), "c-line"))
    return "".join(parts)


def _bars(times: TimeToConvert, across: Scale) -> str:
    bars = [bar for bar in times.histogram if bar[0] < across.high]
    ticks = nice_ticks(0, max([count for _start, _end, count in bars] + [1]), 3)
    up = Scale(0, ticks[-1], BARS_TOP + BARS_HEIGHT, BARS_TOP)
    whole = [(tick, words.number(tick)) for tick in ticks if tick == int(tick)]
    parts = [value_axis(up, whole, across.start, across.end)]
    for start, end, count in bars:
        left, right = across.place(start), across.place(end)
        bar = rect(left + 0.5, up.place(count), right - left - 1, up.place(0) - up.place(count),
                   "c-main", 1)  # fmt: skip
        title = f"{words.duration_range(start, end)}: {words.number(count)}"
        parts.append(link("", title, bar))
    if times.median_seconds is not None:
        at = across.place(times.median_seconds)
        parts.append(line(at, BARS_TOP - 4, at, BARS_TOP + BARS_HEIGHT, "c-dashed"))
    return "".join(parts)


def _axis(longest: float, across: Scale) -> str:
    unit_s, unit = next((s, u) for s, u in _UNITS if longest >= 2 * s or s == 1)
    about = max(2, int((across.end - across.start) / 110))
    ticks = [tick for tick in nice_ticks(0, longest / unit_s, about) if tick * unit_s <= longest]
    y = BARS_TOP + BARS_HEIGHT + 18
    return "".join(
        text(across.place(tick * unit_s), y, f"{words.number(tick)} {unit}", _anchor(tick, ticks))
        for tick in ticks
    )


def _anchor(tick: float, ticks: Sequence[float]) -> str:
    return "start" if tick == ticks[0] else "middle"

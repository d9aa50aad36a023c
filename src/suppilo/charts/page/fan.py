"""A forecast: what was won before, and ranges that widen as it looks further ahead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from suppilo.charts.page.canvas import (
    Scale,
    dot,
    line,
    link,
    nice_ticks,
    path,
    rect,
    sparse,
    svg,
    text,
    value_axis,
)
from suppilo.charts.words import number

LEFT, RIGHT, TOP, HEIGHT = 62, 14, 12, 220
_BANDS = (("is-wide", 0, 6), ("is-middle", 1, 5), ("is-close", 2, 4))


@dataclass(frozen=True, slots=True)
class FanMark:
    """A period: what is won, what the weighted pipeline says, and seven quantiles, rising.

    ``weighted`` None: the period is over. Without quantiles only bars are drawn.
    """

    label: str
    title: str
    won: float
    weighted: float | None = None
    quantiles: tuple[float, ...] = ()
    url: str = ""


def fan_picture(marks: Sequence[FanMark], width: int = 700) -> str:
    """Return bars of what is won, bands of 95, 80 and 50 % with the median, and the weighted."""
    across = Scale(0, max(1, len(marks)), LEFT, width - RIGHT)
    ticks = nice_ticks(0, max([_highest(one) for one in marks] + [1.0]))
    up = Scale(0, ticks[-1], TOP + HEIGHT, TOP)
    axis = [(tick, _short(tick)) for tick in ticks]
    parts = [value_axis(up, axis, across.start, across.end)]
    for place, one in enumerate(marks):
        parts.append(link(one.url, one.title, _column(one, place, across, up)))
    y = TOP + HEIGHT + 18
    labels = [one.label for one in marks]
    parts += [
        text(across.place(place + 0.5), y, labels[place], "middle")
        for place in sparse(labels, across.end - across.start)
    ]
    return svg(width, TOP + HEIGHT + 26, parts, "chart-fan")


def _highest(one: FanMark) -> float:
    # A few courses go through the roof; the axis ends where nine in ten do, half as much over.
    upper = 1.25 * one.quantiles[5] if one.quantiles else 0.0
    return max(one.won, one.weighted or 0.0, upper)


def _column(one: FanMark, place: int, across: Scale, up: Scale) -> str:
    left, right = across.place(place), across.place(place + 1)
    middle, gap = (left + right) / 2, 0.16 * (right - left)
    parts = [rect(left, TOP, right - left, HEIGHT, "c-area")]
    if one.won:
        top = up.place(one.won)
        parts.append(rect(left + gap, top, right - left - 2 * gap, up.start - top, "c-won", 1))
    if one.quantiles:
        parts += _bands(one, (left, right), up)
    if one.weighted is not None:
        y = up.place(one.weighted)
        size = min(6.0, gap * 2)
        shape = [(middle, y - size), (middle + size, y), (middle, y + size), (middle - size, y)]
        parts.append(path(shape, "c-weighted", closed=True))
    return "".join(parts)


def _bands(one: FanMark, ends: tuple[float, float], up: Scale) -> list[str]:
    left, right = ends
    parts = []
    for kind, low, high in _BANDS:
        inset = (0.34 - 0.08 * low) * (right - left) / 2
        top, bottom = up.place(one.quantiles[high]), up.place(one.quantiles[low])
        width = right - left - 2 * inset
        parts.append(rect(left + inset, top, width, bottom - top, f"c-fan {kind}", 2))
    y = up.place(one.quantiles[3])
    inset = 0.18 * (right - left) / 2
    return [*parts, line(left + inset, y, right - inset, y, "c-median"),
            dot((left + right) / 2, y, 3, "c-median-dot")]  # fmt: skip


def _short(value: float) -> str:
    if value >= 1e6:
        return f"{number(round(value / 1e6, 2))}M"
    return f"{number(round(value / 1e3, 2))}K" if value >= 1e4 else number(value)

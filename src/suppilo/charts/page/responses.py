"""A response curve: what spend brings, where a channel stands, and where it best would."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from suppilo.analytics.budget import Spread
from suppilo.charts import words
from suppilo.charts.page.canvas import (
    LETTER,
    Scale,
    dot,
    line,
    link,
    nice_ticks,
    path,
    svg,
    text,
    value_axis,
)

RIGHT, TOP, HEIGHT, FOOT = 14, 10, 150, 24
_MOST_LABEL = 9


@dataclass(frozen=True, slots=True)
class ResponseMark:
    """A channel's curve, with the band of what is likely, and its two points.

    ``seen`` is the most that was ever spent in a week: beyond it the curve is dashed. ``now`` and
    ``best`` are (spend, what it brings); without a best one (None) there is none to show.
    """

    spend: Sequence[float]
    lower: Sequence[float]
    median: Sequence[float]
    upper: Sequence[float]
    seen: float
    now: tuple[float, Spread]
    best: tuple[float, float] | None


def response_picture(mark: ResponseMark, width: int) -> str:
    """Return one channel's curve, on scales of its own."""
    ticks = nice_ticks(0, max(mark.upper) or 1.0, 3)
    labels = [words.number(tick)[:_MOST_LABEL] for tick in ticks]
    left = max(map(len, labels)) * LETTER + 14
    across = Scale(0, max(mark.spend) or 1.0, left, width - RIGHT)
    up = Scale(0, ticks[-1], TOP + HEIGHT, TOP)
    parts = [
        value_axis(up, [*zip(ticks, labels, strict=True)], left, width - RIGHT),
        _band(mark, across, up), *_curve(mark, across, up), *_points(mark, across, up),
        *_spend_axis(across, width),
    ]  # fmt: skip
    return svg(width, TOP + HEIGHT + FOOT, parts, "chart-response")


def _band(mark: ResponseMark, across: Scale, up: Scale) -> str:
    x = [*map(across.place, mark.spend)]
    top = [*zip(x, map(up.place, mark.upper), strict=True)]
    low = [*zip(x, map(up.place, mark.lower), strict=True)]
    return path([*top, *reversed(low)], "c-band", closed=True)


def _curve(mark: ResponseMark, across: Scale, up: Scale) -> list[str]:
    """Return the median: a line as far as spend was seen, dashes beyond."""
    points = [
        (spend, across.place(spend), up.place(value))
        for spend, value in zip(mark.spend, mark.median, strict=True)
    ]
    known = [(x, y) for spend, x, y in points if spend <= mark.seen]
    beyond = known[-1:] + [(x, y) for spend, x, y in points if spend > mark.seen]
    return [path(known, "c-curve"), path(beyond, "c-dashed is-curve") if len(beyond) > 1 else ""]


def _points(mark: ResponseMark, across: Scale, up: Scale) -> list[str]:
    spend, brings = mark.now
    x = across.place(spend)
    drawn = [
        line(x, up.place(brings.lower), x, up.place(brings.upper), "c-span"),
        link("", words.number(round(spend)), dot(x, up.place(brings.median), 5, "c-point is-open")),
    ]
    if mark.best is not None:
        best, value = mark.best
        title = words.number(round(best))
        drawn.append(link("", title, dot(across.place(best), up.place(value), 5, "c-point")))
    return drawn


def _spend_axis(across: Scale, width: int) -> list[str]:
    ticks = [
        tick for tick in nice_ticks(0, across.high, max(3, width // 110)) if tick <= across.high
    ]
    y = TOP + HEIGHT + 18
    return [
        text(across.place(tick), y, words.number(tick), "middle" if tick else "start")
        for tick in ticks
    ]

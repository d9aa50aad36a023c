"""Bars beside each other: how many fall into each range."""

from __future__ import annotations

from collections.abc import Sequence

from suppilo.charts import words
from suppilo.charts.page.canvas import (
    Scale,
    link,
    nice_ticks,
    rect,
    sparse,
    svg,
    text,
    value_axis,
)

LEFT, RIGHT, TOP, HEIGHT = 62, 16, 12, 170


def bars_picture(
    counts: Sequence[float], labels: Sequence[str], width: int = 700, urls: Sequence[str] = ()
) -> str:
    """Return a bar for each count, with its label beneath; ``urls`` are where each leads."""
    across = Scale(0, max(1, len(counts)), LEFT, width - RIGHT)
    ticks = nice_ticks(0, max([*counts, 1]))
    up = Scale(0, ticks[-1], TOP + HEIGHT, TOP)
    axis = [(tick, words.number(tick)) for tick in ticks]
    parts = [value_axis(up, axis, across.start, across.end)]
    for number, count in enumerate(counts):
        left, right, top = across.place(number), across.place(number + 1), up.place(count)
        gap = 0.12 * (right - left)
        bar = rect(left + gap, top, right - left - 2 * gap, up.start - top, "c-main", 1)
        area = rect(left, TOP, right - left, HEIGHT, "c-area")
        parts.append(
            link(urls[number], f"{labels[number]}: {words.number(count)}", area + bar)
            if urls else bar
        )  # fmt: skip
    y = TOP + HEIGHT + 18
    parts += [
        text(across.place(number + 0.5), y, labels[number], "middle")
        for number in sparse(labels, across.end - across.start)
    ]
    return svg(width, TOP + HEIGHT + 26, parts, "chart-bars")

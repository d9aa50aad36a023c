"""What each segment adds to a difference: two bars from zero, with their ranges."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from suppilo.charts import words
from suppilo.charts.page.canvas import Scale, line, link, nice_ticks, rect, svg, text

ROW, TOP, BOTTOM = 34, 8, 22
BAR = 10

Span = tuple[float, float, float]
"""A part's lower end, value and upper end, in shares -1..1."""


@dataclass(frozen=True, slots=True)
class ChangeBar:
    """A row of the picture; the whole's is the first."""

    name: str
    mix: Span
    rate: Span
    title: str
    url: str = ""


def changes_picture(bars: Sequence[ChangeBar], width: int) -> str:
    """Return a row for each segment: above what its share did, beneath what its rate did."""
    room = min(width // 3, 200)
    ends = [end for bar in bars for end in (*bar.mix, *bar.rate)]
    ticks = nice_ticks(min([0.0, *ends]) * 100, max([0.001, *ends]) * 100)
    across = Scale(ticks[0] / 100, ticks[-1] / 100, room + 10, width - 24)
    bottom = TOP + ROW * len(bars)
    parts = list(_axis(ticks, across, bottom))
    for place, bar in enumerate(bars):
        parts.append(link(bar.url, bar.title, _row(bar, TOP + ROW * place, across, room)))
    return svg(width, bottom + BOTTOM, parts, "chart-changes")


def _axis(ticks: Sequence[float], across: Scale, bottom: float) -> Iterator[str]:
    for tick in ticks:
        x = across.place(tick / 100)
        yield line(x, TOP, x, bottom, "c-zero" if not tick else "c-grid")
        yield text(x, bottom + 16, words.number(round(tick, 6)), "middle")


def _row(bar: ChangeBar, top: float, across: Scale, room: int) -> str:
    name = words.shorten(words.clean(bar.name), max(8, room // 7))
    return (
        text(room, top + ROW / 2 + 4, name, "end")
        + _bar(bar.mix, top + 5, across, "c-open")
        + _bar(bar.rate, top + 5 + BAR + 2, across, "c-main")
    )


def _bar(span: Span, top: float, across: Scale, kind: str) -> str:
    lower, value, upper = (across.place(end) for end in span)
    zero = across.place(0)
    middle = top + BAR / 2
    return rect(min(zero, value), top, abs(value - zero), BAR, kind, 2) + line(
        lower, middle, upper, middle, "c-dashed"
    )

"""Named bars beneath each other: parts of a sum, or a sum with the range of another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from suppilo.charts import words
from suppilo.charts.page.canvas import (
    LETTER,
    Scale,
    line,
    link,
    nice_ticks,
    rect,
    svg,
    text,
)

ROW, NAME, TOP, BOTTOM, BAR = 30, 16, 8, 24, 14
NARROW = 500


@dataclass(frozen=True, slots=True)
class RowBar:
    """A row: its parts one after the other, each a number and the class of its look.

    ``span`` is a range that is drawn beneath the bar.
    """

    name: str
    parts: tuple[tuple[float, str], ...]
    title: str
    url: str = ""
    span: tuple[float, float] | None = None


def rows_picture(bars: Sequence[RowBar], say: Callable[[float], str], width: int = 700) -> str:
    """Return a row for each bar, over one axis from zero.

    Names stand beside the bars, in a narrow picture above them.

    Parameters
    ----------
    say
        Writes a value of the axis.
    """
    room, high = (230, ROW) if width >= NARROW else (0, ROW + NAME)
    about = max(2, (width - room) // 130)
    ticks = nice_ticks(0, max([_end(bar) for bar in bars] + [1e-6]), about)
    margin = LETTER * len(say(ticks[-1])) / 2 + 8
    across = Scale(0, ticks[-1], room + 10, width - margin)
    bottom = TOP + high * len(bars)
    parts = list(_axis(ticks, say, across, bottom))
    for place, bar in enumerate(bars):
        parts.append(link(bar.url, bar.title, _row(bar, TOP + high * place, across, room)))
    return svg(width, bottom + BOTTOM, parts, "chart-rows")


def _end(bar: RowBar) -> float:
    return max(sum(value for value, _kind in bar.parts), bar.span[1] if bar.span else 0.0)


def _axis(
    ticks: Sequence[float], say: Callable[[float], str], across: Scale, bottom: float
) -> Iterator[str]:
    for tick in ticks:
        x = across.place(tick)
        yield line(x, TOP, x, bottom, "c-grid" if tick else "c-zero")
        yield text(x, bottom + 16, say(tick), "middle" if tick or x > 20 else "start")


def _row(bar: RowBar, top: float, across: Scale, room: int) -> str:
    width = room or across.end - across.start
    name = words.shorten(words.clean(bar.name), int(width // 7))
    label = text(room, top + ROW / 2 + 4, name, "end")
    parts = [rect(0, top, across.end, ROW if room else ROW + NAME, "c-area")]
    if not room:
        label, top = text(across.start, top + NAME, name), top + NAME
    parts.append(label)
    start = 0.0
    for value, kind in bar.parts:
        left, right = across.place(start), across.place(start + value)
        parts.append(rect(left, top + (ROW - BAR) / 2, right - left, BAR, kind, 1))
        start += value
    if bar.span is not None:
        y = top + (ROW + BAR) / 2 + 3
        parts.append(line(across.place(bar.span[0]), y, across.place(bar.span[1]), y, "c-reach"))
    return "".join(parts)

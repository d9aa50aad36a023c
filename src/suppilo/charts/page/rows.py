"""Named bars beneath each other: parts of a sum, or a sum with the range of another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from suppilo.charts import words
from suppilo.charts.page.canvas import Scale, line, link, nice_ticks, rect, svg, text

ROW, TOP, BOTTOM, BAR = 30, 8, 24, 14


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

    Parameters
    ----------
    say
        Writes a value of the axis.
    """
    room = min(width // 3, 230)
    ticks = nice_ticks(0, max([_end(bar) for bar in bars] + [1e-6]), max(2, (width - room) // 130))
    across = Scale(0, ticks[-1], room + 10, width - 30)
    bottom = TOP + ROW * len(bars)
    parts = list(_axis(ticks, say, across, bottom))
    for place, bar in enumerate(bars):
        parts.append(link(bar.url, bar.title, _row(bar, TOP + ROW * place, across, room)))
    return svg(width, bottom + BOTTOM, parts, "chart-rows")


def _end(bar: RowBar) -> float:
    return max(sum(value for value, _kind in bar.parts), bar.span[1] if bar.span else 0.0)


def _axis(
    ticks: Sequence[float], say: Callable[[float], str], across: Scale, bottom: float
) -> Iterator[str]:
    for tick in ticks:
        x = across.place(tick)
        yield line(x, TOP, x, bottom, "c-grid" if tick else "c-zero")
        yield text(x, bottom + 16, say(tick), "middle")


def _row(bar: RowBar, top: float, across: Scale, room: int) -> str:
    name = words.shorten(words.clean(bar.name), max(8, room // 7))
    parts = [rect(0, top, across.end, ROW, "c-area"), text(room, top + ROW / 2 + 4, name, "end")]
    start = 0.0
    for value, kind in bar.parts:
        left, right = across.place(start), across.place(start + value)
        parts.append(rect(left, top + (ROW - BAR) / 2, right - left, BAR, kind, 1))
        start += value
    if bar.span is not None:
        y = top + (ROW + BAR) / 2 + 3
        parts.append(line(across.place(bar.span[0]), y, across.place(bar.span[1]), y, "c-reach"))
    return "".join(parts)

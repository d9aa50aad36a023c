"""Plan and fact, period by period, with the range of where the last one may end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from suppilo.charts.page.canvas import (
    Scale,
    line,
    link,
    nice_ticks,
    rect,
    sparse,
    svg,
    text,
    value_axis,
)

LEFT, RIGHT, TOP, HEIGHT = 66, 16, 12, 170


@dataclass(frozen=True, slots=True)
class PlanBar:
    """A period: its short name, fact and plan, and where it may end (None: nothing is foreseen).

    ``year`` stands below the name of the first period that is named in it. ``title`` is said over
    it, ``url`` opens what it counts.
    """

    label: str
    fact: float
    plan: float
    title: str
    url: str
    value: float | None = None
    lower: float | None = None
    upper: float | None = None
    year: str = ""


def plans_picture(bars: Sequence[PlanBar], show: Callable[[float], str], width: int = 700) -> str:
    """Return a bar for each period, its plan as a dashed line across it.

    Parameters
    ----------
    show
        Writes a figure of the axis.
    """
    across = Scale(0, max(1, len(bars)), LEFT, width - RIGHT)
    most = max([0.0, *(max(bar.fact, bar.plan, bar.upper or 0.0) for bar in bars)])
    ticks = nice_ticks(0, most or 1.0)
    up = Scale(0, ticks[-1], TOP + HEIGHT, TOP)
    parts = [value_axis(up, [(tick, show(tick)) for tick in ticks], across.start, across.end)]
    for number, bar in enumerate(bars):
        drawn = "".join(_draw(bar, across.place(number), across.place(number + 1), up))
        parts.append(link(bar.url, bar.title, drawn))
    parts += _name_periods(bars, across)
    return svg(width, TOP + HEIGHT + 42, parts, "chart-plans")


def _name_periods(bars: Sequence[PlanBar], across: Scale) -> Iterator[str]:
    year = ""
    for number in sparse([bar.label for bar in bars], across.end - across.start):
        bar, middle = bars[number], across.place(number + 0.5)
        yield text(middle, TOP + HEIGHT + 18, bar.label, "middle")
        if bar.year != year:
            yield text(middle, TOP + HEIGHT + 34, bar.year, "middle")
        year = bar.year


def _draw(bar: PlanBar, left: float, right: float, up: Scale) -> Iterator[str]:
    gap, middle = min(0.16 * (right - left), (right - left) / 2 - 2), (left + right) / 2
    gap = max(gap, (right - left - 56) / 2)
    top = up.place(bar.fact)
    if bar.value is not None and bar.lower is not None and bar.upper is not None:
        end = up.place(bar.value)
        yield rect(left + gap, end, right - left - 2 * gap, max(top - end, 0), "c-open", 1)
    yield rect(left + gap, top, right - left - 2 * gap, up.start - top, "c-main", 1)
    if bar.lower is not None and bar.upper is not None:
        yield line(middle, up.place(bar.lower), middle, up.place(bar.upper), "c-whisker")
    plan = up.place(bar.plan)
    yield line(left + gap - 4, plan, right - gap + 4, plan, "c-dashed")
    yield rect(left, TOP, right - left, up.start - TOP, "c-area")

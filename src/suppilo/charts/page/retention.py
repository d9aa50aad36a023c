"""Retention: what cohorts did in each column, and their average with its range."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from suppilo.charts.page.canvas import (
    Scale,
    dot,
    nice_ticks,
    path,
    sparse,
    svg,
    text,
    value_axis,
)

LEFT, RIGHT, TOP, HEIGHT = 62, 16, 12, 200


@dataclass(frozen=True, slots=True)
class Course:
    """A figure in each column, None where there is none; ``kind`` names its look.

    ``bounds`` draw a band around it.
    """

    kind: str
    values: Sequence[float | None]
    bounds: Sequence[tuple[float, float] | None] = ()


def retention_picture(
    courses: Sequence[Course],
    labels: Sequence[str],
    words_of: Callable[[float], str],
    width: int = 700,
) -> str:
    """Return courses over the same columns, the last one on top."""
    across = Scale(0, max(1, len(labels) - 1), LEFT, width - RIGHT)
    highest = max(
        (value for one in courses for value in one.values if value is not None), default=0
    )
    ticks = nice_ticks(0, highest or 1)
    up = Scale(0, ticks[-1], TOP + HEIGHT, TOP)
    parts = [value_axis(up, [(tick, words_of(tick)) for tick in ticks], across.start, across.end)]
    parts += [_draw(one, across, up) for one in courses]
    y = TOP + HEIGHT + 18
    parts += [
        text(across.place(number), y, labels[number], "middle" if number else "start")
        for number in sparse(labels, across.end - across.start)
    ]
    return svg(width, TOP + HEIGHT + 26, parts, "chart-retention")


def _draw(course: Course, across: Scale, up: Scale) -> str:
    parts = []
    for run in _runs(course.values):
        if course.bounds:
            bounds = [bound for number, _ in run if (bound := course.bounds[number]) is not None]
            x = [across.place(number) for number, _ in run]
            lower = [up.place(low) for low, _ in bounds]
            upper = [up.place(high) for _, high in bounds]
            band = [*zip(x, upper, strict=True), *reversed([*zip(x, lower, strict=True)])]
            parts.append(path(band, f"c-band {course.kind}", closed=True))
        places = [(across.place(number), up.place(value)) for number, value in run]
        parts.append(path(places, f"c-curve {course.kind}"))
        if len(run) == 1 or course.bounds:
            parts += [dot(x, y, 3, f"c-mark {course.kind}") for x, y in places]
    return "".join(parts)


def _runs(values: Sequence[float | None]) -> list[list[tuple[int, float]]]:
    """Return the stretches of columns that follow each other and have a figure."""
    runs: list[list[tuple[int, float]]] = [[]]
    for number, value in enumerate(values):
        if value is not None:
            runs[-1].append((number, value))
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]

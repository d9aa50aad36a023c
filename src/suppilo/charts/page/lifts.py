"""A difference with its range, on a scale from -1 to 1, as small as a table's cell."""

from __future__ import annotations

from suppilo.charts.page.canvas import Scale, dot, line, rect, svg

_HEIGHT = 18


def lift_picture(difference: float, lower: float, upper: float, width: int = 120) -> str:
    """Return the range as a bar and the difference as a point; upright: no difference."""
    across = Scale(-1, 1, 4, width - 4)
    left, right = across.place(lower), across.place(upper)
    kind = " is-better" if lower > 0 else " is-worse" if upper < 0 else ""
    marks = (
        line(across.place(0), 1, across.place(0), _HEIGHT - 1, "c-zero"),
        rect(left, _HEIGHT / 2 - 4, right - left, 8, f"c-range{kind}", 4),
        dot(across.place(difference), _HEIGHT / 2, 4, f"c-dot{kind}"),
    )
    return svg(width, _HEIGHT, marks, "chart-lift")

"""A rate or a difference with its range, one small picture for a row of a table."""

from __future__ import annotations

from suppilo.charts.page.canvas import Scale, dot, line, rect, svg

WIDTH, HEIGHT = 160, 18


def spans_picture(
    lower: float | None, rate: float | None, upper: float | None, scale: float,
    whole: float | None = None,
) -> str:  # fmt: skip
    """Return a rate's range from 0 to ``scale``, the whole's rate as a dashed line."""
    across = Scale(0, scale or 1.0, 2, WIDTH - 2)
    parts = [line(2, HEIGHT / 2, WIDTH - 2, HEIGHT / 2, "c-grid")]
    if whole is not None:
        parts.append(line(across.place(whole), 1, across.place(whole), HEIGHT - 1, "c-dashed"))
    if rate is not None and lower is not None and upper is not None:
        left, right = across.place(lower), across.place(upper)
        parts.append(rect(left, HEIGHT / 2 - 3, right - left, 6, "c-range", 3))
        parts.append(dot(across.place(rate), HEIGHT / 2, 4, "c-dot"))
    return svg(WIDTH, HEIGHT, parts, "chart-span")


def differences_picture(lower: float, difference: float, upper: float, scale: float) -> str:
    """Return a difference's range between ``-scale`` and ``scale``, with a line at no difference.

    What is clearly better or worse is coloured; the words beside it say the same.
    """
    across = Scale(-scale, scale, 2, WIDTH - 2)
    kind = "is-better" if lower > 0 else "is-worse" if upper < 0 else ""
    left, right = across.place(lower), across.place(upper)
    parts = [
        line(across.place(0), 1, across.place(0), HEIGHT - 1, "c-zero"),
        rect(left, HEIGHT / 2 - 3, right - left, 6, f"c-range {kind}", 3),
        dot(across.place(difference), HEIGHT / 2, 4, f"c-dot {kind}"),
    ]
    return svg(WIDTH, HEIGHT, parts, "chart-span")

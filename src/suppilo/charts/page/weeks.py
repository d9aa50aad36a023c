"""Weeks beside each other as small bars, without an axis; the last may not be over."""

from __future__ import annotations

from collections.abc import Sequence

from suppilo.charts.page.canvas import Scale, line, rect, svg

HEIGHT = 52
_GAP = 0.14
_LEAST = 1.5


def weeks_picture(counts: Sequence[int], *, is_running: bool, width: int = 260) -> str:
    """Return a bar for each week; one that is not over is drawn lighter, as open things are.

    A week in which there was anything has a bar that can be seen.
    """
    across = Scale(0, max(1, len(counts)), 0, width)
    up = Scale(0, max([*counts, 1]), HEIGHT - 1, 2)
    parts = [line(0, HEIGHT - 0.5, width, HEIGHT - 0.5, "c-grid")]
    for number, count in enumerate(counts):
        left, right = across.place(number), across.place(number + 1)
        gap = _GAP * (right - left)
        high = max(up.start - up.place(count), _LEAST) if count else 0.0
        kind = "c-open" if is_running and number == len(counts) - 1 else "c-main"
        parts.append(rect(left + gap, up.start - high, right - left - 2 * gap, high, kind, 1))
    return svg(width, HEIGHT, parts, "chart-weeks")

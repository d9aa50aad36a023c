"""Pictures as PNG."""

from __future__ import annotations

from suppilo.analytics.funnel.report import FunnelReport
from suppilo.charts.svg import MIN_WIDTH, funnel_svg

DRAWN_WIDTH = 960
MAX_WIDTH = 10_000


def funnel_png(report: FunnelReport, width: int = 1920) -> bytes:
    """Return the funnel as a PNG picture, ``width`` pixels wide.

    It is drawn 960 pixels wide (less where ``width`` is less) and enlarged, so that text keeps
    its size beside the bars.

    Raises
    ------
    ValueError
        If ``width`` is not between 320 and 10,000.
    """
    if not MIN_WIDTH <= width <= MAX_WIDTH:
        raise ValueError(f"a PNG can be {MIN_WIDTH} to {MAX_WIDTH} pixels wide, not {width}")
    drawn = min(width, DRAWN_WIDTH)
    return svg_to_png(funnel_svg(report, drawn), width / drawn)


def svg_to_png(svg: str, scale: float = 1.0) -> bytes:
    """Return an SVG picture as PNG, ``scale`` pixels for each of its own."""
    import vl_convert

    png: bytes = vl_convert.svg_to_png(svg, scale=scale)
    return png

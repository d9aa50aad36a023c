"""A process map as a picture: boxes, and arrows as wide as what goes along them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import hypot, sqrt

from suppilo.charts import words
from suppilo.charts.graph_layout import Arrow, Box, Point, lay_out
from suppilo.charts.page.canvas import LETTER, link, rect, svg, text
from suppilo.charts.page.flow_labels import Frame, place_labels

BOX_HEIGHT, END_HEIGHT, LABEL_HEIGHT = 42, 24, 16
MOST_LABELS = 32
"""The rarest arrows of a larger map have their figures in their titles only."""
MARGIN = 8
_MOST_LETTERS, _CORNER = 24, 7.0
_THIN, _THICK = 1.25, 7.0


@dataclass(frozen=True, slots=True)
class FlowBox:
    """A box: its name, the figure beneath, what appears over it, and where it leads.

    ``kind`` is empty, or ``is-end`` for where all paths begin or end.
    """

    name: str
    figure: str
    title: str
    url: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class FlowArrow:
    """An arrow from one box to another, by their numbers; ``count`` makes it wide.

    ``kind`` is empty; ``is-end`` for one from the beginning or to the end; or what it is to be
    coloured as.
    """

    source: int
    target: int
    count: int
    label: str
    title: str
    url: str = ""
    kind: str = ""


def flow_picture(boxes: Sequence[FlowBox], arrows: Sequence[FlowArrow]) -> str:
    """Return the map; its marks are links."""
    drawn = _Drawn(boxes, arrows)
    return svg(drawn.width, drawn.height, [drawn.picture()], "chart-flow")


def flow_document(boxes: Sequence[FlowBox], arrows: Sequence[FlowArrow], title: str) -> str:
    """Return the map as an SVG document of its own, in the colours of a light page."""
    drawn = _Drawn(boxes, arrows)
    width, height = f"{drawn.width:g}", f"{drawn.height:g}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img"><title>{escape(words.clean(title))}</title>'
        f'<style>{_STYLE}</style><rect width="{width}" height="{height}" fill="#fff"/>'
        f"{drawn.picture()}</svg>\n"
    )


_STYLE = (
    "text{font:12px system-ui,-apple-system,'Segoe UI',sans-serif;fill:#4a5365}"
    ".f-name{font-weight:560;fill:#14181f}.f-box{fill:#e9eefd;stroke:#2f5bea}"
    ".is-end .f-box{fill:#fff;stroke:#7b8496}.is-end .f-name{fill:#4a5365;font-weight:400}"
    ".f-way{fill:none;stroke:#5b8def;stroke-linejoin:round}.f-head{fill:#5b8def}"
    ".is-end .f-way{stroke:#a5adba;stroke-dasharray:4 3}.is-end .f-head{fill:#a5adba}"
    ".f-hit{fill:none;stroke:transparent;stroke-width:12}"
    ".f-plate{fill:#fff;fill-opacity:.85}"
)


class _Drawn:
    """A map with the place of everything in it."""

    def __init__(self, boxes: Sequence[FlowBox], arrows: Sequence[FlowArrow]) -> None:
        most = max((arrow.count for arrow in arrows), default=1)
        named = sorted(arrows, key=lambda arrow: -arrow.count)[:MOST_LABELS]
        self.boxes = boxes
        # The most frequent come first: their labels choose first, and they are drawn last.
        self.arrows = sorted(arrows, key=lambda arrow: -arrow.count)
        self.widths = [_width(arrow, most) for arrow in self.arrows]
        self.sizes = [
            (len(arrow.label) * LETTER + 4, LABEL_HEIGHT) if arrow in named else (0.0, 0.0)
            for arrow in self.arrows
        ]
        self.layout = lay_out([_size(box) for box in boxes], self._weighed())
        self.frames = [_frame(box, at) for box, at in zip(boxes, self.layout.boxes, strict=True)]
        self.labels = place_labels(self.layout.ways, self.sizes, self.frames)
        self.left, self.top, right, bottom = self._extent()
        self.width, self.height = round(right - self.left), round(bottom - self.top)

    def _weighed(self) -> list[Arrow]:
        return [
            Arrow(arrow.source, arrow.target, float(max(1, arrow.count)), width, size)
            for arrow, width, size in zip(self.arrows, self.widths, self.sizes, strict=True)
        ]

    def _extent(self) -> Frame:
        points = [point for way in self.layout.ways for point in way]
        frames = [*self.frames, *((x, y, x, y) for x, y in points)]
        frames += [
            (x - across / 2, y - down / 2, x + across / 2, y + down / 2)
            for (x, y), (across, down) in zip(self.labels, self.sizes, strict=True)
        ]
        if not frames:
            return 0, 0, 1, 1
        lefts, tops, rights, bottoms = zip(*frames, strict=True)
        return min(lefts) - MARGIN, min(tops) - MARGIN, max(rights) + MARGIN, max(bottoms) + MARGIN

    def picture(self) -> str:
        """Return its marks: arrows, the labels on them, and the boxes."""
        ways = list(zip(self.arrows, self.layout.ways, self.widths, strict=True))
        marks = [_arrow(*one) for one in reversed(ways)]
        marks += [
            _label(arrow, at, size)
            for arrow, at, size in zip(self.arrows, self.labels, self.sizes, strict=True)
            if size[0]
        ]
        marks += [_box(box, at) for box, at in zip(self.boxes, self.layout.boxes, strict=True)]
        return f'<g transform="translate({-self.left:.1f} {-self.top:.1f})">{"".join(marks)}</g>'


def _size(box: FlowBox) -> Box:
    letters = max(len(_short(box.name)), len(box.figure))
    if box.kind:
        return Box(letters * LETTER + 28, END_HEIGHT)
    return Box(max(104, letters * (LETTER + 0.9) + 28), BOX_HEIGHT)


def _short(name: str) -> str:
    return words.shorten(words.clean(name), _MOST_LETTERS)


def _width(arrow: FlowArrow, most: int) -> float:
    return _THIN + (_THICK - _THIN) * sqrt(arrow.count / max(1, most))


def _frame(box: FlowBox, middle: Point) -> Frame:
    (x, y), size = middle, _size(box)
    return x - size.width / 2, y - size.height / 2, x + size.width / 2, y + size.height / 2


def _box(box: FlowBox, middle: Point) -> str:
    (x, y), (left, top, right, bottom) = middle, _frame(box, middle)
    height = bottom - top
    frame = rect(left, top, right - left, height, "f-box", height / 2 if box.kind else 7)
    lines = text(x, y + (4 if box.kind else -3), _short(box.name), "middle", "f-name")
    if box.figure:
        lines += text(x, y + 13, box.figure, "middle")
    return f'<g class="f-node {box.kind}">{link(box.url, box.title, frame + lines)}</g>'


def _arrow(arrow: FlowArrow, way: Sequence[Point], width: float) -> str:
    head, points = _head(way, width)
    steps = _rounded(points)
    # Thin ways are hard to hit: an unseen one lies beneath.
    shape = f'<path class="f-hit" d="{steps}"/>'
    shape += f'<path class="f-way" stroke-width="{width:.2f}" d="{steps}"/>'
    return f'<g class="f-edge {arrow.kind}">{link(arrow.url, arrow.title, shape + head)}</g>'


def _label(arrow: FlowArrow, middle: Point, size: tuple[float, float]) -> str:
    (x, y), (across, down) = middle, size
    plate = rect(x - across / 2, y - down / 2, across, down, "f-plate", 3)
    return link(arrow.url, arrow.title, plate + text(x, y + 4, arrow.label, "middle"))


def _head(points: Sequence[Point], width: float) -> tuple[str, list[Point]]:
    """Return the head of an arrow, and the points of its way up to that."""
    (x0, y0), (x1, y1) = points[-2], points[-1]
    length = hypot(x1 - x0, y1 - y0) or 1.0
    dx, dy = (x1 - x0) / length, (y1 - y0) / length
    long, half = 6 + width, 3.5 + width / 2
    bx, by = x1 - dx * long, y1 - dy * long
    corners = [(x1, y1), (bx - dy * half, by + dx * half), (bx + dy * half, by - dx * half)]
    steps = "L".join(f"{x:.1f} {y:.1f}" for x, y in corners)
    short = min(long - 1, length - 0.5)
    return (
        f'<path class="f-head" d="M{steps}Z"/>',
        [*points[:-1], (x1 - dx * short, y1 - dy * short)],
    )


def _rounded(points: Sequence[Point]) -> str:
    """Return a way through points whose corners are round."""
    made = [f"M{points[0][0]:.1f} {points[0][1]:.1f}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        near, far = _towards(corner, before), _towards(corner, after)
        made.append(f"L{near[0]:.1f} {near[1]:.1f}")
        made.append(f"Q{corner[0]:.1f} {corner[1]:.1f} {far[0]:.1f} {far[1]:.1f}")
    made.append(f"L{points[-1][0]:.1f} {points[-1][1]:.1f}")
    return "".join(made)


def _towards(corner: Point, other: Point) -> Point:
    length = hypot(other[0] - corner[0], other[1] - corner[1]) or 1.0
    share = min(_CORNER, length / 2) / length
    return (
        corner[0] + (other[0] - corner[0]) * share,
        corner[1] + (other[1] - corner[1]) * share,
    )

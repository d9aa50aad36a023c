"""Where the boxes and arrows of a graph go: layers from the top down, by the library graphlay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Point = tuple[float, float]
"""Pixels to the right and down; the corner where both are 0 may lie anywhere."""

LAYER_GAP, BOX_GAP = 56.0, 40.0
FEW_ARROWS = 60
"""More are placed with less effort: with many crossings none is worth a second more."""


@dataclass(frozen=True, slots=True)
class Box:
    """A box of the graph, by its size in pixels."""

    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Arrow:
    """An arrow between two boxes, by their numbers; from one to itself it is a loop.

    Attributes
    ----------
    weight
        Heavy arrows go down and straight; where there is a circle, the lightest goes up.
    thickness
        In pixels.
    label
        The width and height of what stands beside it, in pixels.
    """

    source: int
    target: int
    weight: float
    thickness: float
    label: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Layout:
    """The middle of each box, and the corners of each arrow's way."""

    boxes: tuple[Point, ...]
    ways: tuple[tuple[Point, ...], ...]


def lay_out(boxes: Sequence[Box], arrows: Sequence[Arrow]) -> Layout:
    """Place a graph; the same graph is always placed alike."""
    import graphlay

    if not boxes:
        return Layout((), ())
    effort = "balanced" if len(arrows) <= FEW_ARROWS else "fast"
    made = graphlay.layout(
        _graph(boxes, arrows), preset="process_map", options=_OPTIONS | {"effort": effort}
    )
    return Layout(
        tuple((one["center"]["x"], one["center"]["y"]) for one in made.nodes),
        tuple(tuple((at["x"], at["y"]) for at in one["points"]) for one in made.edges),
    )


_OPTIONS: dict[str, Any] = {
    "direction": "topbottom",
    "cycles": {"strategy": "follow_flow"},
    "labels": {"reservation": "always"},
    "spacing": {"layer_gap": LAYER_GAP, "node_gap": BOX_GAP, "edge_label_margin": 8.0},
}


def _graph(boxes: Sequence[Box], arrows: Sequence[Arrow]) -> dict[str, Any]:
    return {
        "nodes": [
            {"size": {"width": box.width, "height": box.height}, "shape": "box", "key": str(n)}
            for n, box in enumerate(boxes)
        ],
        "edges": [
            {
                "source": arrow.source,
                "target": arrow.target,
                "weight": arrow.weight,
                "thickness": arrow.thickness,
                "label_size": {"width": arrow.label[0], "height": arrow.label[1]},
            }
            for arrow in arrows
        ],
    }

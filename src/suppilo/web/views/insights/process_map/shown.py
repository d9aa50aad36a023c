"""A process map as the page shows it: the picture, its tables, and what to call things."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from suppilo.analytics.process_map import (
    EdgeDifference,
    MapComparison,
    MapEdge,
    MapNode,
    ProcessMap,
    Variant,
)
from suppilo.analytics.stages import Conformance, Departure, Moved
from suppilo.charts.page import RowBar, rows_picture
from suppilo.charts.page.flow import flow_picture
from suppilo.charts.process_compare import (
    comparison_sentences,
    conformance_sentences,
    difference_words,
)
from suppilo.charts.process_map import (
    Rework,
    flow_of,
    map_sentence,
    rework_sentences,
    variant_words,
    wait_words,
    way_words,
)
from suppilo.web.templatetags.funnel_words import count, rate, unit_count
from suppilo.web.views.funnels.parts.trend import drawn

MOST_EDGES = 60
MOST_BARS = 10
SIZES = (("wide", 1080), ("middle", 700), ("narrow", 330))
Behind = Callable[..., str]
"""The address of those behind a figure; empty where the reader may not see them."""


@dataclass(frozen=True, slots=True)
class EdgeRow:
    """A way: how often, by whom, and how long it takes."""

    way: str
    edge: MapEdge
    url: str
    median: str
    span: str
    p90: str


@dataclass(frozen=True, slots=True)
class NodeRow:
    """An event, and who did it, begins and ends with it, and did it again."""

    node: MapNode
    url: str
    start_url: str
    end_url: str
    again_url: str


@dataclass(frozen=True, slots=True)
class ReworkLine:
    """What is done again: who does it, or goes there, and who goes back."""

    text: str
    url: str
    back_url: str


@dataclass(frozen=True, slots=True)
class VariantRow:
    """A sequence, whose it is, and how long it takes."""

    words: str
    whole: str
    variant: Variant
    share: float
    url: str
    median: str


@dataclass(frozen=True, slots=True)
class DifferenceRow:
    """A way in two maps."""

    way: str
    edge: EdgeDifference
    a_url: str
    b_url: str
    difference: str
    a_median: str
    b_median: str


@dataclass(frozen=True, slots=True)
class MoveRow:
    """A move off the pipeline's way, and whose deals made it."""

    source: str
    target: str
    how: str
    move: Moved
    url: str
    ever_url: str
    won: str


@dataclass(frozen=True, slots=True)
class ShownMap:
    """A map with its picture and tables.

    ``hidden_edges`` are those of the table that only the file has; ``left_out`` those that the
    picture leaves out at this detail.
    """

    found: ProcessMap
    picture: SafeString
    sentence: str
    rework: list[ReworkLine]
    edges: list[EdgeRow]
    nodes: list[NodeRow]
    variants: list[VariantRow]
    hidden_edges: int
    left_out: int
    url: str
    unit: str


def show_map(
    found: ProcessMap, detail: int, behind: Behind, unit: str, most: int = MOST_EDGES
) -> ShownMap:
    """Return what the page needs of a map; ``most`` is how many ways its table has."""
    boxes, arrows = flow_of(found, detail / 100, behind)
    return ShownMap(
        found,
        drawn(flow_picture(boxes, arrows)),
        map_sentence(found, lambda n: unit_count(n, unit)),
        [_rework(one, behind) for one in rework_sentences(found)],
        [_edge(edge, behind) for edge in found.edges[:most]],
        [_node(node, behind) for node in found.nodes],
        [_variant(variant, found, behind) for variant in found.variants],
        max(0, len(found.edges) - most),
        len(found.edges) - sum(not arrow.kind for arrow in arrows),
        behind("all"),
        unit,
    )


def _rework(one: Rework, behind: Behind) -> ReworkLine:
    urls = [behind(*figure) for figure in one.figures]
    return ReworkLine(one.text, urls[0], urls[1] if len(urls) > 1 else "")


def _edge(edge: MapEdge, behind: Behind) -> EdgeRow:
    return EdgeRow(
        way_words(edge.source, edge.target), edge, behind("edge", edge.source, edge.target),
        wait_words(edge.median_us), _span(edge), wait_words(edge.p90_us),
    )  # fmt: skip


def _span(edge: MapEdge) -> str:
    return f"{wait_words(edge.median_low_us)} – {wait_words(edge.median_high_us)}"


def _node(node: MapNode, behind: Behind) -> NodeRow:
    urls = (behind(figure, node.name) for figure in ("event", "start", "end", "again"))
    return NodeRow(node, *urls)


def _variant(variant: Variant, found: ProcessMap, behind: Behind) -> VariantRow:
    # An address has its limits: who goes a longer way is in no list.
    url = behind("variant", *variant.events) if len(variant.events) <= 30 else ""
    return VariantRow(
        variant_words(variant), " → ".join(variant.events), variant,
        variant.paths / found.paths, url, wait_words(variant.median_us),
    )  # fmt: skip


def show_comparison(
    found: MapComparison,
    names: tuple[str, str],
    behind: Sequence[Behind],
    is_telling: Callable[[EdgeDifference], bool] = bool,
) -> dict[str, Any]:
    """Return what the page needs of two maps side by side."""
    of_a, of_b = behind
    rows = [_difference(edge, of_a, of_b) for edge in found.edges[:MOST_EDGES]]
    return {
        "comparison": found,
        "sentences": comparison_sentences(found, *names, is_telling),
        "difference_rows": rows,
        "side_names": names,
        "level": rate(found.level),
        "hidden_differences": max(0, len(found.edges) - MOST_EDGES),
    }


def _difference(edge: EdgeDifference, of_a: Behind, of_b: Behind) -> DifferenceRow:
    way = edge.source, edge.target
    medians = (wait_words(one.median_us) if one else "" for one in (edge.a, edge.b))
    return DifferenceRow(
        way_words(*way), edge, of_a("edge", *way), of_b("edge", *way), difference_words(edge),
        *medians,
    )  # fmt: skip


def show_conformance(
    found: Conformance, name_of: Callable[[int], str], behind: Callable[..., str]
) -> dict[str, Any]:
    """Return what the page needs of how far deals followed their pipeline."""
    moves = list(_moves(found, name_of, behind))
    return {
        "conformance": found,
        "sentences": conformance_sentences(found, name_of),
        "moves": moves,
        "conformance_pictures": _conformance_pictures(found, moves, behind("followed")),
        "followed_url": behind("followed"),
        "left_url": behind("left"),
    }


def _conformance_pictures(
    found: Conformance, moves: Sequence[MoveRow], followed_url: str
) -> list[tuple[str, SafeString]]:
    """Draw how many deals followed, and how many left where: won, lost, and all the others."""
    kept = found.followed
    bars = [_bar(_("Followed it"), kept.deals, kept.won, kept.lost, followed_url)]
    bars += [
        _bar(way_words(row.source, row.target), row.move.first, row.move.won, row.move.lost,
             row.url)
        for row in moves[:MOST_BARS] if row.move.first
    ]  # fmt: skip
    return [(size, drawn(rows_picture(bars, count, width))) for size, width in SIZES]


def _bar(name: str, deals: int, won: int, lost: int, url: str) -> RowBar:
    title = _("%(name)s: %(deals)s, %(won)s won, %(lost)s lost") % {
        "name": name, "deals": unit_count(deals, "deal"), "won": count(won), "lost": count(lost),
    }  # fmt: skip
    parts = ((won, "c-good"), (lost, "c-bad"), (deals - won - lost, "c-open"))
    return RowBar(name, parts, title, url)


def _moves(
    found: Conformance, name_of: Callable[[int], str], behind: Callable[..., str]
) -> Iterator[MoveRow]:
    for move in found.moves:
        key = f"{move.source},{move.target},{move.how.value}"
        decided = move.won + move.lost
        won = "–"
        if decided:
            won = f"{rate(move.won / decided)} ({count(move.won)} / {count(decided)})"
        yield MoveRow(
            name_of(move.source), name_of(move.target), how_words(move.how), move,
            behind("move", move=key), behind("move", move=key, ever="1"),
            won,
        )  # fmt: skip


def how_words(how: Departure) -> str:
    """Return how a deal left the way."""
    return {
        Departure.BEGAN_LATE: _("began later"),
        Departure.SKIPPED: _("passed over a stage"),
        Departure.WENT_BACK: _("went back"),
        Departure.REOPENED: _("opened again"),
    }[how]


TABLE_HEADER = (
    "source", "target", "count", "paths", "median_s", "median_low_s", "median_high_s", "p90_s",
)  # fmt: skip


def table_rows(found: ProcessMap) -> Iterator[list[str]]:
    """Yield every edge for a file, waits in seconds."""
    for edge in found.edges:
        waits = (edge.median_us, edge.median_low_us, edge.median_high_us, edge.p90_us)
        yield [
            edge.source, edge.target, str(edge.count), str(edge.paths),
            *(str(wait / 1e6) for wait in waits),
        ]  # fmt: skip

"""A process map in words, and as boxes and arrows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from suppilo.analytics.process_map import MapEdge, MapNode, ProcessMap, Variant
from suppilo.analytics.process_map import keep_edges as _keep_edges
from suppilo.analytics.process_map import keep_ends as _keep_ends
from suppilo.charts.i18n import _
from suppilo.charts.page.flow import FlowArrow, FlowBox
from suppilo.charts.words import clean, duration, number, rate, shorten

NAME_WIDTH = 40
MOST_BOXES, MOST_ARROWS = 60, 150
FEWEST_PATHS = 30
"""A map of fewer says that it is a rough one."""
CountWords = Callable[[int], str]
"""How many paths, people or deals, in words."""
UrlOf = Callable[..., str]
"""The address of those behind a figure, by its name and its events; empty for none."""


def no_url(_figure: str, *_events: str) -> str:
    """Return no address."""
    return ""


def wait_words(wait_us: float) -> str:
    """Return a wait in the unit that suits it.

    Examples
    --------
    >>> wait_words(90_000_000)
    '1 min 30 s'
    """
    return duration(wait_us / 1e6)


def flow_of(
    found: ProcessMap, detail: float, url_of: UrlOf = no_url
) -> tuple[list[FlowBox], list[FlowArrow]]:
    """Return what a map's picture shows at a level of detail: 0 (the main ways) to 1 (all).

    Beyond :data:`MOST_BOXES` events and :data:`MOST_ARROWS` ways the rarest are left out: nobody
    could read them.
    """
    drawn = found.nodes[:MOST_BOXES]
    number_of = {node.name: place + 2 for place, node in enumerate(drawn)}
    inside = [edge for edge in found.edges if {edge.source, edge.target} <= number_of.keys()]
    edges = _keep_edges(inside, detail)[:MOST_ARROWS]
    starts, ends = _keep_ends(drawn, edges, detail)
    boxes = [
        FlowBox(_("Start"), "", _("Where paths begin"), url_of("all"), "is-end"),
        FlowBox(_("End"), "", _("Where paths end, so far"), url_of("all"), "is-end"),
        *(_box(found, node, url_of) for node in drawn),
    ]
    nodes = {node.name: node for node in drawn}
    arrows = [
        *(_arrow(edge, number_of, url_of) for edge in edges),
        *(_start(found, nodes[name], number_of[name], url_of) for name in starts),
        *(_end(found, nodes[name], number_of[name], url_of) for name in ends),
    ]
    return boxes, arrows


def _box(found: ProcessMap, node: MapNode, url_of: UrlOf) -> FlowBox:
    text = _("{name}: {paths} of {all}, {events} times; {again} more than once")
    title = text.format(
        name=clean(node.name), paths=number(node.paths), all=number(found.paths),
        events=number(node.events), again=number(node.repeated),
    )  # fmt: skip
    return FlowBox(node.name, number(node.paths), title, url_of("event", node.name))


def _arrow(edge: MapEdge, number_of: dict[str, int], url_of: UrlOf) -> FlowArrow:
    text = _("{way}: {count} times, of {paths}; half within {median}, nine of ten within {p90}")
    title = text.format(
        way=way_words(edge.source, edge.target), count=number(edge.count),
        paths=number(edge.paths), median=wait_words(edge.median_us), p90=wait_words(edge.p90_us),
    )  # fmt: skip
    label = f"{number(edge.count)} · {wait_words(edge.median_us)}"
    url = url_of("edge", edge.source, edge.target)
    return FlowArrow(number_of[edge.source], number_of[edge.target], edge.count, label, title, url)


def _start(found: ProcessMap, node: MapNode, place: int, url_of: UrlOf) -> FlowArrow:
    title = _("{count} of {all} begin here")
    title = title.format(count=number(node.starts), all=number(found.paths))
    url = url_of("start", node.name)
    return FlowArrow(0, place, node.starts, number(node.starts), title, url, "is-end")


def _end(found: ProcessMap, node: MapNode, place: int, url_of: UrlOf) -> FlowArrow:
    title = _("{count} of {all} end here").format(count=number(node.ends), all=number(found.paths))
    url = url_of("end", node.name)
    return FlowArrow(place, 1, node.ends, number(node.ends), title, url, "is-end")


def way_words(source: str, target: str) -> str:
    """Return what an edge is called."""
    return f"{_name(source)} → {_name(target)}"


def _name(name: str) -> str:
    return shorten(clean(name), NAME_WIDTH)


def variant_words(variant: Variant, most: int = 12) -> str:
    """Return a sequence in one line, repeats counted, its middle left out where it is long.

    Examples
    --------
    >>> variant_words(Variant(("a", "b", "b", "c"), 1, 0))
    'a → b ×2 → c'
    """
    runs = [(name, len(list(same))) for name, same in groupby(variant.events)]
    texts = [_name(name) if times == 1 else f"{_name(name)} ×{times}" for name, times in runs]
    if len(texts) > most:
        half = most // 2
        left_out = _("… {n} more …").format(n=len(texts) - 2 * half + 1)
        texts = [*texts[:half], left_out, *texts[-half + 1 :]]
    return " → ".join(texts)


def map_sentence(found: ProcessMap, count_words: CountWords) -> str:
    """Return the most frequent sequence, and what most often comes next; empty without paths."""
    if not found.paths or not found.variants:
        return ""
    first = found.variants[0]
    said = _("The most frequent way of {all} is {way}: {share} go exactly so.").format(
        all=count_words(found.paths), way=variant_words(first, 8),
        share=rate(first.paths / found.paths),
    )  # fmt: skip
    slow = slowest_edge(found)
    if slow is not None:
        text = _(" Most time passes between {source} and {target}: half wait {median} or longer, "
                 "one in ten {p90}.")  # fmt: skip
        said += text.format(
            source=_quoted(slow.source), target=_quoted(slow.target),
            median=wait_words(slow.median_us), p90=wait_words(slow.p90_us),
        )  # fmt: skip
    if found.paths < FEWEST_PATHS:
        said += _(" Too little history to rely on: {n} only.").format(n=number(found.paths))
    return said


def slowest_edge(found: ProcessMap) -> MapEdge | None:
    """Return the way between two events on which most time passes: its median, times its count."""
    ways = [edge for edge in found.edges if not edge.is_loop and edge.median_us > 0]
    return max(ways, key=lambda edge: edge.median_us * edge.count, default=None)


@dataclass(frozen=True, slots=True)
class Rework:
    """A sentence on what is done again, and the figures of the map that it tells of.

    ``figures`` are a figure's kind and the steps that it is of, as a list of paths is asked for.
    """

    text: str
    figures: tuple[tuple[str, ...], ...]


def rework_sentences(found: ProcessMap, most: int = 3) -> list[Rework]:
    """Return what is done again most often, and which ways lead back and forth."""
    again = sorted((node for node in found.nodes if node.repeated), key=lambda one: -one.repeated)
    said = [
        Rework(
            _("{name} is done more than once by {share} of those who do it ({n}).").format(
                name=_quoted(node.name), share=rate(node.repeated / node.paths),
                n=number(node.repeated),
            ),
            (("again", node.name),),
        )
        for node in again[:most]
    ]  # fmt: skip
    for edge, back in back_and_forth(found.edges)[:most]:
        text = _("Between {source} and {target} it goes back and forth: {n} there, {back} back.")
        words = text.format(
            source=_quoted(edge.source), target=_quoted(edge.target),
            n=number(edge.count), back=number(back.count),
        )  # fmt: skip
        ways = (edge, back)
        said.append(Rework(words, tuple(("edge", one.source, one.target) for one in ways)))
    return said


def back_and_forth(edges: Sequence[MapEdge]) -> list[tuple[MapEdge, MapEdge]]:
    """Return pairs of edges that undo each other, the more frequent of two first."""
    known = {(edge.source, edge.target): edge for edge in edges if not edge.is_loop}
    pairs = [
        (edge, known[edge.target, edge.source])
        for edge in known.values()
        if (edge.target, edge.source) in known
    ]
    pairs = [
        (edge, back)
        for edge, back in pairs
        if (-edge.count, edge.source) < (-back.count, back.source)
    ]
    return sorted(pairs, key=lambda pair: -pair[1].count)


def _quoted(name: str) -> str:
    return f"“{_name(name)}”"

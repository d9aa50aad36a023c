"""``suppilo process-map``: the paths that really happen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from suppilo.cli.mapping import mapping_options, take_mapping
from suppilo.cli.moments import moment_options, take_moments
from suppilo.cli.output import count_of, echo_json, echo_text
from suppilo.cli.progress import reading_progress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from suppilo.analytics.events import EventSource
    from suppilo.analytics.process_map import (
        EdgeDifference,
        MapComparison,
        MapEdge,
        MapQuestion,
        ProcessMap,
    )

_MOST_EVENTS, _MOST_DIFFERENCES = 12, 20


@click.command("process-map")
@click.argument("sources", nargs=-1, required=True)
@click.option(
    "--only", "events", multiple=True, metavar="EVENT",
    help=f"An event of the map, and no other; without it, the {_MOST_EVENTS} most frequent.",
)  # fmt: skip
@click.option("--having", multiple=True, metavar="EVENT", help="Only paths that did one of these.")
@click.option("--lacking", multiple=True, metavar="EVENT", help="Only paths that did none.")
@click.option(
    "--detail", type=click.FloatRange(0, 1), default=0.5, show_default=True,
    help="Share of all steps whose edges are shown; the main ways always are.",
)  # fmt: skip
@click.option(
    "--variants", type=click.IntRange(0, 1_000), default=10, show_default=True,
    help="The most frequent sequences, so many.",
)  # fmt: skip
@click.option(
    "--compare", metavar="EVENT",
    help="Set paths that did this, such as deal_won, beside those that did not.",
)  # fmt: skip
@moment_options("paths that begin")
@mapping_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with every edge.")
@click.option(
    "--svg", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="Write the map as a picture, too.",
)  # fmt: skip
def process_map_command(sources: tuple[str, ...], **options: Any) -> None:
    """Say what follows directly on what, how often, and after how long.

    SOURCES are files, patterns, or the folder of one lake, as for suppilo funnel.

    \b
    suppilo process-map events.csv --having won --variants 5
    suppilo process-map events.csv --compare won
    """  # noqa: D301 (click reads the escape)
    from suppilo.analytics.process_map import run_process_map
    from suppilo.sources import open_sources

    as_json, detail, svg = (options.pop(name) for name in ("as_json", "detail", "svg"))
    goal = options.pop("compare")
    if goal is not None and (svg is not None or options["having"]):
        other = "--having" if svg is None else "--svg"
        raise click.ClickException(f"--compare does not go with {other}; leave one of them out")
    asked = {name: options.pop(name) for name in _ASKED}
    mapping = take_mapping(options)
    with (
        reading_progress("reading") as progress,
        open_sources(sources, mapping, on_progress=progress) as opened,
    ):
        try:
            question = _read_question(asked, mapping.timezone or "UTC", opened.events)
            if goal is not None:
                compared = _compare(opened.events, question, goal)
            else:
                found = run_process_map(opened.events, question)
        except ValueError as error:
            raise click.ClickException(str(error)) from error
    if goal is not None:
        if as_json:
            echo_json({"compare": goal} | compared.to_dict())
        else:
            echo_text("\n".join(_describe_comparison(compared, goal)))
        return
    if svg is not None:
        _write_picture(found, detail, svg)
    if as_json:
        echo_json(found.to_dict())
    else:
        echo_text("\n".join(_describe(found, detail)))


def _write_picture(found: ProcessMap, detail: float, file: Path) -> None:
    from suppilo.charts.page.flow import flow_document
    from suppilo.charts.process_map import flow_of

    picture = flow_document(*flow_of(found, detail), file.stem)
    try:
        file.write_text(picture, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"could not write {file}: {error.strerror}") from error


_ASKED = ("events", "having", "lacking", "variants", "start_at", "end_at", "as_of")


def _read_question(asked: dict[str, Any], timezone: str, events: Any) -> MapQuestion:
    from suppilo.analytics.process_map import MapQuestion, choose_events

    moments = take_moments(asked, timezone)
    asked["events"] = asked["events"] or choose_events(events, _MOST_EVENTS)
    return MapQuestion(**asked, **moments)


def _describe(found: ProcessMap, detail: float) -> Iterator[str]:
    from suppilo.analytics.process_map import keep_edges
    from suppilo.charts.process_map import wait_words

    yield f"{count_of(found.paths, 'path')}, {count_of(found.events, 'event')}"
    kept = keep_edges(found.edges, detail)
    wide = max((len(node.name) for node in found.nodes), default=5)
    yield ""
    yield f"{'Event':<{wide}}{'Paths':>10}{'Events':>10}{'Begin':>10}{'End':>10}{'Again':>10}"
    for node in found.nodes:
        counts = (node.paths, node.events, node.starts, node.ends, node.repeated)
        yield f"{node.name:<{wide}}" + "".join(f"{count:>10,}" for count in counts)
    yield ""
    yield f"{'Directly after':<{2 * wide + 3}}{'Times':>10}{'Paths':>10}{'Median':>16}{'90 %':>16}"
    for edge in kept:
        way = f"{edge.source} → {edge.target}"
        waits = "".join(f"{wait_words(value):>16}" for value in (edge.median_us, edge.p90_us))
        yield f"{way:<{2 * wide + 3}}{edge.count:>10,}{edge.paths:>10,}{waits}"
    if len(kept) < len(found.edges):
        yield f"{len(found.edges) - len(kept):,} rarer ways are not shown; --detail 1 shows all"
    yield from _describe_variants(found)


def _describe_variants(found: ProcessMap) -> Iterator[str]:
    from suppilo.charts.process_map import variant_words

    if not found.variants:
        return
    yield ""
    yield f"{count_of(found.variant_count, 'different sequence')}; the most frequent:"
    for variant in found.variants:
        share = variant.paths / found.paths
        yield f"{variant.paths:>9,}  {share:>6.1%}  {variant_words(variant)}"


def _compare(events: EventSource, question: MapQuestion, goal: str) -> MapComparison:
    """Set the map of paths that did the goal beside that of those that did not."""
    from suppilo.analytics.process_map import compare_maps, run_process_map

    did = run_process_map(events, replace(question, having=(goal,)))
    did_not = run_process_map(events, replace(question, lacking=(*question.lacking, goal)))
    compared = compare_maps(did, did_not)
    if compared is None:
        whose = "every path did" if did.paths else "no path did"
        raise ValueError(f"{whose} {goal!r}: there is nothing to compare; choose another event")
    return compared


def _describe_comparison(found: MapComparison, goal: str) -> Iterator[str]:
    from suppilo.charts.process_compare import comparison_sentences, difference_words
    from suppilo.charts.process_map import way_words
    from suppilo.charts.words import clean, rate

    name = clean(goal)
    yield f"{count_of(found.a.paths, 'path')} with {name}, {found.b.paths:,} without"
    yield from comparison_sentences(found, f"Paths with {name}", "Paths without")
    rows = [["Directly after", "With", "Without", f"Without − with ({rate(found.level)})",
             "Median with", "Median without", "Waits longer"]]  # fmt: skip
    for edge in found.edges[:_MOST_DIFFERENCES]:
        medians = (_median(one) for one in (edge.a, edge.b))
        slower = {"a": "with", "b": "without"}.get(edge.slower, "")
        rows.append(
            [way_words(edge.source, edge.target), *_shares(edge), difference_words(edge), *medians,
             slower]
        )  # fmt: skip
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    yield ""
    for row in rows:
        yield "  ".join(
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
    if len(found.edges) > _MOST_DIFFERENCES:
        yield f"and {len(found.edges) - _MOST_DIFFERENCES:,} more ways; --json has all"


def _shares(edge: EdgeDifference) -> list[str]:
    from suppilo.charts.words import MISSING, rate

    walked = edge.walked
    return [MISSING] * 2 if walked is None else [rate(walked.rate_a), rate(walked.rate_b)]


def _median(edge: MapEdge | None) -> str:
    from suppilo.charts.process_map import wait_words
    from suppilo.charts.words import MISSING

    return MISSING if edge is None else wait_words(edge.median_us)

"""``suppilo watch``: which figures have changed, and since when."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from suppilo.cli.mapping import mapping_options, take_mapping
from suppilo.cli.observed import read_as_of
from suppilo.cli.output import echo_json, echo_text
from suppilo.cli.progress import reading_progress

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from suppilo.analytics.watch import DailySeries, Days, Watched
    from suppilo.sources import OpenedSource

_MOST_EVENTS = 10
_LARGEST = 5
_DAY_US = 86_400_000_000


@click.command("watch")
@click.argument("sources", nargs=-1, required=True)
@click.option(
    "--only", "events", multiple=True, metavar="EVENT",
    help=f"Watch how often it happens; without it, the {_MOST_EVENTS} most frequent events.",
)  # fmt: skip
@click.option("--sum", "amount", metavar="PROPERTY", help="Watch what it adds up to instead.")
@click.option(
    "--step", "steps", multiple=True, metavar="STEP",
    help="Watch the conversion of a funnel instead: its steps, in order.",
)  # fmt: skip
@click.option("--window", default="7d", show_default=True, help="Time to convert.")
@click.option("--by", metavar="PROPERTY", help=f"Also its {_LARGEST} largest values, each alone.")
@click.option("--skip", multiple=True, metavar="DATE", help="A day to leave out: a holiday.")
@click.option("--as-of", metavar="TIME", help="Today; by default the day of the last event.")
@mapping_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def watch_command(sources: tuple[str, ...], **options: Any) -> None:
    """Say which figures have changed level or trend, on which day, and by how much.

    Of a figure that stays as it is, fewer than one false alarm a year is to be expected. Today
    is not over and not judged.

    \b
    suppilo watch shop.csv --by channel
    suppilo watch shop.csv --step view --step pay --window 3d --skip 2026-12-25
    """  # noqa: D301 (click reads the escape)
    from suppilo.sources import open_sources

    as_json = options.pop("as_json")
    asked = {name: options.pop(name) for name in _ASKED}
    mapping = take_mapping(options)
    timezone = mapping.timezone or "UTC"
    with (
        reading_progress("reading") as show,
        open_sources(sources, mapping, on_progress=show) as opened,
    ):
        for sentence in opened.guesses:
            click.echo(sentence, err=True)
        found = _watch(opened, asked, timezone)
    if as_json:
        echo_json([one.to_dict() for one in found])
    else:
        echo_text("\n".join(describe_breaks(found)))


_ASKED = ("events", "amount", "steps", "window", "by", "skip", "as_of")


def _watch(opened: OpenedSource, asked: dict[str, Any], timezone: str) -> tuple[Watched, ...]:
    from suppilo.analytics.watch import Days, watch_series

    end = read_as_of(opened.events, asked["as_of"], timezone) + (asked["as_of"] is None)
    days = Days.until(end, timezone)
    series = _conversions if asked["steps"] else _volumes
    return watch_series(list(series(opened, asked, days, timezone)), _read_days(asked["skip"]))


def _read_days(texts: tuple[str, ...]) -> list[date]:
    from datetime import date

    try:
        return [date.fromisoformat(text) for text in texts]
    except ValueError as error:
        raise click.ClickException(f"--skip: {error}; write 2026-12-25") from error


def _volumes(
    opened: OpenedSource, asked: dict[str, Any], days: Days, _timezone: str
) -> Iterator[DailySeries]:
    from suppilo.analytics.watch import DailySeries, Kind, count_events, tally_days

    known = opened.events.event_names()
    for name in asked["events"]:
        if name not in known:
            raise click.ClickException(f"there is no event {name!r}; there are {', '.join(known)}")
    names = asked["events"] or list(count_events(opened.events, known))[:_MOST_EVENTS]
    kind = Kind.SUM if asked["amount"] else Kind.COUNT
    for name in names:
        tally = tally_days(opened.events, name, days, asked["by"], asked["amount"])
        yield DailySeries(name, kind, days.first, tally.total)
        for value, figures in tally.largest(_LARGEST):
            yield DailySeries(f"{name} · {value}", kind, days.first, figures)


def _conversions(
    opened: OpenedSource, asked: dict[str, Any], days: Days, timezone: str
) -> Iterator[DailySeries]:
    from suppilo.analytics.funnel.definition import FunnelDefinition, parse_step
    from suppilo.analytics.watch import conversion_days
    from suppilo.sources import ask_funnel

    definition = FunnelDefinition.from_dict({
        "steps": [parse_step(step) for step in asked["steps"]], "window": asked["window"],
        "every": "day", "timezone": timezone,
    })  # fmt: skip
    edges = days.edges
    definition = replace(
        definition, from_us=int(edges[0]), to_us=int(edges[-1]), as_of_us=int(edges[-1]) - 1
    )
    name = f"{definition.steps[0].name} → {definition.steps[-1].name}"
    for label, where in [(name, ""), *_values(opened, definition, asked["by"], days, name)]:
        entry, *rest = definition.steps
        both = f"({entry.where}) and ({where})" if entry.where and where else where or entry.where
        one = replace(definition, steps=(replace(entry, where=both), *rest))
        found = conversion_days(ask_funnel(opened, one)[1], label)
        if found is not None:
            yield found


def _values(
    opened: OpenedSource, definition: Any, by: str | None, days: Days, name: str
) -> Iterator[tuple[str, str]]:
    """Yield the largest values of the property, and the condition of each."""
    from suppilo.analytics.watch import tally_days

    if not by or definition.steps[0].events is None:
        return
    quoted = '"' + by.replace('"', '""') + '"'
    tally = tally_days(opened.events, definition.steps[0].events[0], days, by)
    for value, _ in tally.largest(_LARGEST):
        text = "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)
        yield f"{name} · {value}", f"{quoted} = {text}"


def describe_breaks(found: tuple[Watched, ...]) -> Iterator[str]:
    """Yield what was found of all figures, line by line: the breaks, then what can't be judged."""
    from suppilo.charts.watch import (
        ending_words,
        finding_sentence,
        method_sentence,
        season_sentence,
        season_words,
        verdict_sentence,
    )
    from suppilo.charts.words import clean

    breaks = [(one, finding) for one in found for finding in one.findings]
    breaks.sort(key=lambda pair: (not pair[1].is_open, -pair[1].found_day.toordinal()))
    if not breaks:
        yield f"Nothing has changed in {len(found)} figure{'' if len(found) == 1 else 's'}."
    for one, finding in breaks:
        said = finding_sentence(clean(one.series.name), one.series.kind, finding)
        yield " ".join(filter(None, (said, season_words(finding), ending_words(finding))))
    for one in found:
        for said in filter(None, (verdict_sentence(one), season_sentence(len(one.seasonal)))):
            yield f"{clean(one.series.name)}: {said}"
    yield ""
    yield method_sentence()

"""``suppilo events``, ``paths`` and ``compact``: looking into a lake, and tidying it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from suppilo.analytics.periods import find_timezone, format_moment
from suppilo.cli.output import count_of, echo_json
from suppilo.cli.progress import table_progress

if TYPE_CHECKING:
    from suppilo.lake import EventSummary, TimelineEvent

lake_option = click.option(
    "--lake",
    required=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of the lake.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def _check_timezone(_context: click.Context, _option: click.Parameter, name: str) -> str:
    try:
        find_timezone(name)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    return name


@click.command("events")
@lake_option
@json_option
def events_command(lake: Path, as_json: bool) -> None:
    """List the events of a lake: how many, from when to when, with which properties."""
    from suppilo.lake import Lake

    summaries = Lake.open(lake).events()
    if as_json:
        echo_json([_event_dict(event) for event in summaries])
        return
    if not summaries:
        click.echo(f"{lake} has no events yet; suppilo import FILE --lake {lake} records some")
        return
    _print_table(
        ("Event", "Count", "First", "Last", "Properties"),
        [
            (
                event.name,
                f"{event.rows:,}",
                _short(event.first_at_us),
                _short(event.last_at_us),
                ", ".join(f"{p.name} ({p.type})" for p in event.properties),
            )
            for event in summaries
        ],
    )
    for event in summaries:
        if event.set_aside:
            values = count_of(event.set_aside, "value")
            click.echo(f"{event.name}: {values} of another type than their property's (_rest)")


@click.command("paths")
@lake_option
@click.option("--path", required=True, help="The path: the person, deal or session.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True)
@click.option("--offset", type=click.IntRange(0), default=0, help="Events to pass over.")
@click.option(
    "--timezone",
    default="UTC",
    show_default=True,
    callback=_check_timezone,
    help="Zone of the times shown.",
)
@json_option
def paths_command(
    lake: Path, path: str, limit: int, offset: int, timezone: str, as_json: bool
) -> None:
    """Show one path's events in the order of time."""
    from suppilo.lake import Lake

    found = Lake.open(lake).timeline(path, limit + 1, offset)
    shown = [_timeline_dict(event, timezone) for event in found[:limit]]
    if as_json:
        echo_json(shown)
        return
    if not shown:
        raise click.ClickException(f"no event of path {path!r} in {lake}; paths are exact text")
    _print_table(
        ("At", "Event", "Session", "Properties"),
        [
            (
                row["at"],
                row["event"],
                row["session_id"] or "",
                ", ".join(f"{name}={value}" for name, value in row["properties"].items()),
            )
            for row in shown
        ],
    )
    if len(found) > limit:
        click.echo(f"more: --offset {offset + limit}")


@click.command("compact")
@lake_option
def compact_command(lake: Path) -> None:
    """Merge a lake's small files into large sorted ones, and remove what is no longer used.

    It can run beside imports and reports, and be stopped at any time.
    """
    from suppilo.lake import Lake

    with table_progress("merging") as show:
        result = Lake.open(lake).compact(progress=show)
    if result.tables:
        merged = f"{count_of(result.tables, 'table')} merged, {count_of(result.rows, 'row')}"
        before, after = count_of(result.files_before, "file"), f"{result.files_after:,}"
        click.echo(f"{merged}: {before} became {after}")
    else:
        click.echo("nothing to merge")
    if result.tables_busy:
        busy = count_of(result.tables_busy, "table")
        click.echo(f"being written to, try again later: {busy}")


def _event_dict(event: EventSummary) -> dict[str, Any]:
    return {
        "name": event.name,
        "count": event.rows,
        "first_at": format_moment(event.first_at_us),
        "last_at": format_moment(event.last_at_us),
        "properties": {p.name: p.type for p in event.properties},
        "set_aside": event.set_aside,
    }


def _timeline_dict(event: TimelineEvent, timezone: str) -> dict[str, Any]:
    return {
        "at": format_moment(event.at_us, timezone),
        "event": event.event,
        "event_id": event.event_id,
        "session_id": event.session_id,
        "properties": event.properties,
    }


def _short(at_us: int) -> str:
    return format_moment(at_us)[:16].replace("T", " ")


def _print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*header, box=None, header_style="dim", pad_edge=False)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    width = None if sys.stdout.isatty() else 200
    Console(width=width, highlight=False).print(table)

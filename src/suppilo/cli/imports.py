"""``suppilo import``: files into a lake."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from suppilo.cli.mapping import mapping_options, take_mapping
from suppilo.cli.output import OUTPUT_FILE, count_of
from suppilo.cli.progress import reading_progress, table_progress

if TYPE_CHECKING:
    from suppilo.sources import Recorded

_REJECTS = "suppilo-rejected.csv"


@click.command("import")
@click.argument("sources", nargs=-1, required=True)
@click.option(
    "--lake",
    required=True,
    type=click.Path(path_type=Path),
    help="Folder of the lake.",
)
@mapping_options
@click.option(
    "--rejects",
    type=OUTPUT_FILE,
    default=_REJECTS,
    show_default=True,
    help="Where rejected rows go: file, row, column, reason, value.",
)
def import_command(sources: tuple[str, ...], lake: Path, rejects: Path, **options: Any) -> None:
    """Record the events of files in a lake.

    SOURCES are files or patterns: CSV, TSV, JSON lines (also .gz and .zst), Parquet, Excel, XES.
    The same files imported again change nothing. Rows that can't be used are written to a CSV.

    Example: suppilo import 'events-*.csv.gz' --lake lake --timezone Europe/Riga
    """
    from suppilo.io.read import guess_mapping
    from suppilo.lake import Lake
    from suppilo.sources import record_files

    given = take_mapping(options)
    store = Lake.create(lake)
    guessed = guess_mapping(sources, given)
    for sentence in guessed.sentences:
        click.echo(sentence, err=True)
    with reading_progress("importing") as show:
        done = record_files(sources, guessed.mapping, store, on_progress=show, reject_csv=rejects)
    with table_progress("merging") as merging:
        store.compact(progress=merging)
    _say(done, rejects, lake)


def _say(done: Recorded, rejects: Path, lake: Path) -> None:
    click.echo(f"{count_of(done.written, 'event')} recorded in {lake}")
    if done.written < done.read:
        there = count_of(done.read - done.written, "event")
        click.echo(f"already there, as these files were imported before: {there}")
    if done.set_aside:
        click.echo(
            f"kept in _rest, as not of their property's type: {count_of(done.set_aside, 'value')}"
        )
    if done.rejected:
        click.echo(f"{count_of(done.rejected, 'row')} rejected, with their reasons in {rejects}")

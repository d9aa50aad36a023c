"""``suppilo import``: files into a lake."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from suppilo.cli.mapping import mapping_options, take_mapping
from suppilo.cli.output import OUTPUT_FILE, count_of
from suppilo.cli.progress import reading_progress, table_progress

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
    from suppilo.io.ahead import read_ahead
    from suppilo.io.read import content_digest, guess_mapping, read_events
    from suppilo.lake import Lake

    given = take_mapping(options)
    store = Lake.create(lake)
    guessed = guess_mapping(sources, given)
    for sentence in guessed.sentences:
        click.echo(sentence, err=True)
    batch_name = f"files {content_digest(sources, guessed.mapping)}"
    written = read = set_aside = rejected = 0
    with reading_progress("importing") as show:
        batches = read_events(sources, guessed.mapping, on_progress=show, reject_csv=rejects)
        for number, batch in enumerate(read_ahead(batches)):
            result = store.write(batch.core, batch_name, batch.properties, sequence=number)
            read += batch.core.num_rows
            written += result.rows
            set_aside += result.set_aside
            rejected += batch.rejects.total
    with table_progress("merging") as merging:
        store.compact(progress=merging)
    _say(read, written, set_aside, rejected, rejects, lake)


def _say(read: int, written: int, set_aside: int, rejected: int, rejects: Path, lake: Path) -> None:
    click.echo(f"{count_of(written, 'event')} recorded in {lake}")
    if written < read:
        there = count_of(read - written, "event")
        click.echo(f"already there, as these files were imported before: {there}")
    if set_aside:
        click.echo(
            f"kept in _rest, as not of their property's type: {count_of(set_aside, 'value')}"
        )
    if rejected:
        click.echo(f"{count_of(rejected, 'row')} rejected, with their reasons in {rejects}")

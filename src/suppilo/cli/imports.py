"""``suppilo import``: files into a lake."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from suppilo.cli.home import setup_django
from suppilo.cli.mapping import mapping_options, take_mapping
from suppilo.cli.output import OUTPUT_FILE, count_of
from suppilo.cli.progress import reading_progress, table_progress

if TYPE_CHECKING:
    from suppilo.apps.imports.suppressed import Sieve
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
    In a server's own lake, rows of suppressed people are left out.

    Example: suppilo import 'events-*.csv.gz' --lake lake --timezone Europe/Riga
    """
    from suppilo.io.read import guess_mapping
    from suppilo.lake import Lake
    from suppilo.sources import record_files

    given = take_mapping(options)
    sieve = _find_sieve(lake)
    store = Lake.create(lake)
    guessed = guess_mapping(sources, given)
    for sentence in guessed.sentences:
        click.echo(sentence, err=True)
    with reading_progress("importing") as show:
        done = record_files(
            sources, guessed.mapping, store, on_progress=show, reject_csv=rejects,
            sift=sieve.sift if sieve else None,
        )  # fmt: skip
    with table_progress("merging") as merging:
        store.compact(progress=merging)
    _say(done, rejects, lake)
    if sieve is not None and sieve.left_out:
        rows = count_of(sieve.left_out, "row")
        click.echo(f"{rows} left out, about people of whom nothing is kept")


def _find_sieve(lake: Path) -> Sieve | None:
    """Return what leaves suppressed people out of a server's own lake; none of any other."""
    from suppilo.apps.config import FILE
    from suppilo.apps.operations.database import check_database
    from suppilo.apps.operations.home import open_home

    home = lake.expanduser().absolute().parent
    if not (home / FILE).is_file():
        return None
    os.environ["SUPPILO_HOME"] = str(home)
    config = open_home(os.environ)
    if config.lake.resolve() != lake.expanduser().resolve():
        return None
    check_database(config)
    setup_django()
    from suppilo.apps.imports.suppressed import Sieve

    return Sieve()


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

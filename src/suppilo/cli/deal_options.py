"""The options that say how files of deals are read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from suppilo.cli.output import count_of

if TYPE_CHECKING:
    from suppilo.cli.deal_files import DealFile, FiledDeals

Command = TypeVar("Command", bound=Callable[..., Any])

_LOST = {"lost", "closed lost", "closed_lost"}
_OPTIONS = (
    click.argument(
        "files",
        nargs=-1,
        required=True,
        metavar="FILE...",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
    ),
    click.option("--deal", metavar="COLUMN", help="The deal's number or name."),
    click.option("--opened", metavar="COLUMN", help="When it was opened; without it, never."),
    click.option("--closed", metavar="COLUMN", help="When it was won or lost; empty: it is open."),
    click.option("--outcome", metavar="COLUMN", help="What became of it."),
    click.option("--won", default="Won", show_default=True, help="The outcome of a won deal."),
    click.option(
        "--stages",
        metavar="A,B,…",
        default="",
        help="The stages in order, the last one won: entered by the rows of a file of moves, "
        "or on the dates in columns of these names.",
    ),
    click.option("--stage", metavar="COLUMN", help="A file of moves: the stage entered."),
    click.option("--at", metavar="COLUMN", help="A file of moves: when."),
    click.option(
        "--disqualified",
        metavar="NAME",
        multiple=True,
        default=("Disqualified",),
        show_default=True,
        help="An end that is no loss: it was no deal.",
    ),
    click.option(
        "--elsewhere",
        metavar="NAME",
        multiple=True,
        default=("Elsewhere",),
        show_default=True,
        help="It was handed over to another pipeline.",
    ),
)


def deal_file_options(command: Command) -> Command:
    """Add the argument ``files`` and the options that say how to read them."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def ask_files(
    files: Sequence[Path], options: Mapping[str, Any], columns: Sequence[str]
) -> list[DealFile]:
    """Return how files are to be read.

    Parameters
    ----------
    columns
        Which of the options name columns.

    Raises
    ------
    click.ClickException
        If a timezone or a stage makes no sense.
    """
    from suppilo.analytics.periods import find_timezone
    from suppilo.cli.deal_files import DealFile

    try:
        find_timezone(options["timezone"])
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    stages = tuple(name.strip() for name in options["stages"].split(",") if name.strip())
    if len(stages) == 1:
        raise click.ClickException("--stages takes two stages or more; the last one is won")
    if twice := [name for name, count in Counter(stages).items() if count > 1]:
        raise click.ClickException(f"--stages: {twice[0]!r} is there twice; name each once")
    named = {name: options[name] for name in columns}
    disqualified, elsewhere = (
        frozenset(name.strip().lower() for name in options[key])
        for key in ("disqualified", "elsewhere")
    )
    return [
        DealFile(file, named, stages, options["won"], options["timezone"], disqualified,
                 elsewhere)
        for file in files
    ]  # fmt: skip


def tell_of_rows(deals: FiledDeals) -> list[str]:
    """Return in sentences which rows were left out, or taken for what they may not be."""
    from suppilo.charts.words import name_of

    notes = []
    if deals.undated:
        notes.append(f"{count_of(deals.undated, 'row')} left out: no date says when it began")
    if deals.early:
        notes.append(
            f"{count_of(deals.early, 'deal')} closed before being opened: taken as closed at once"
        )
    others = [name for name in deals.lost if name.lower() not in _LOST]
    if others:
        named = ", ".join(
            f"{name_of(name)} ({count_of(deals.lost[name], 'row')})" for name in others[:10]
        )
        more = f" and {len(others) - 10} other names" if len(others) > 10 else ""
        notes.append(f"taken as lost: {named}{more}")
    return notes

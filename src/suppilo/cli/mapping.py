"""The options that say how a file is read; the same for every command that reads files."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from suppilo.io.mapping import Mapping

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--path", help="Column of the path: the person, deal or session that moves."),
    click.option("--event", help="Column of the event's name."),
    click.option("--at", help="Column of the time."),
    click.option("--event-id", help="Column of the event's own id."),
    click.option("--session", help="Column of the session."),
    click.option("--event-name", help="Name of every event, where no column has one."),
    click.option(
        "--wide",
        metavar="COL=EVENT,…",
        help="One row per path with a date column per stage: first_contact_date=lead,won_date=won.",
    ),
    click.option(
        "--timezone", metavar="ZONE", help="Zone of times without an offset: Europe/Riga."
    ),
    click.option(
        "--dayfirst/--monthfirst",
        default=None,
        help="Read 03/04/2026 as 3 April, or as March 4.",
    ),
    click.option("--delimiter", help="Sign between cells, or: tab, whitespace."),
    click.option("--decimal", type=click.Choice([".", ","]), help="Decimal sign."),
    click.option("--encoding", help="Text encoding: utf-8, latin-1, cp1257…"),
    click.option("--columns", metavar="A,B,…", help="Names of the columns, without a header."),
    click.option("--sheet", help="Sheet of an Excel workbook."),
)

NAMES = (
    "path", "event", "at", "event_id", "session", "event_name", "wide", "timezone", "dayfirst",
    "delimiter", "decimal", "encoding", "columns", "sheet",
)  # fmt: skip


def mapping_options(command: F) -> F:
    """Add the options to a command; :func:`take_mapping` reads them."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def take_mapping(options: dict[str, Any], timezone: str | None = None) -> Mapping:
    """Take the mapping's options out of a command's options."""
    from suppilo.io.mapping import Mapping

    given = {name: options.pop(name) for name in NAMES}
    if given["columns"] is not None:
        given["columns"] = tuple(name.strip() for name in given["columns"].split(","))
    if given["delimiter"] == "tab":
        given["delimiter"] = "\t"
    given["timezone"] = given["timezone"] or timezone
    return Mapping(**given)

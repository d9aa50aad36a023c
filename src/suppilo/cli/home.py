"""``suppilo init``, and what every command of the server shares: the data folder, Django."""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from suppilo.apps.config import Config


def _use_home(_context: click.Context, _option: click.Parameter, home: Path | None) -> Path | None:
    # Whatever a server writes is its owner's alone to read.
    os.umask(0o077)
    if home is not None:
        os.environ["SUPPILO_HOME"] = str(home.expanduser().absolute())
    return home


home_option = click.option(
    "--home",
    type=click.Path(path_type=Path),
    callback=_use_home,
    expose_value=False,
    is_eager=True,
    help="The data folder. Default: SUPPILO_HOME, else the user's own data folder.",
)
log_format_option = click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    envvar="SUPPILO_LOG_FORMAT",
    help="One record a line on standard error, for people or for machines.",
)


def setup_django() -> None:
    """Make models and services usable in this process, with the folder that was named."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "suppilo.web.settings")
    django.setup()


def open_server() -> Config:
    """Open the data folder and bring its database to this version.

    Raises
    ------
    OperationError
        If the folder or its database can't be used; nothing was changed then.
    """
    from suppilo.apps.operations.database import check_database, migrate_database
    from suppilo.apps.operations.home import open_home

    config = open_home(os.environ)
    check_database(config)
    setup_django()
    migrate_database(config)
    return config


@click.command("init")
@home_option
@click.option("--owner", metavar="EMAIL", help="Make this owner's account, too.")
@click.option("--name", default="", help="The owner's name.")
@click.option(
    "--password-stdin", is_flag=True, help="Read the owner's password from standard input."
)
def init_command(owner: str | None, name: str, password_stdin: bool) -> None:
    """Make a server's data folder: settings, database, lake. Run again, it changes nothing."""
    from suppilo.apps.operations.home import create_home

    made = create_home(os.environ)
    config = open_server()
    _make_lake(config)
    click.echo(f"{'made' if made else 'found'} the server's folder {config.home}")
    if owner:
        _make_owner(owner, name, _ask_password(password_stdin))
    click.echo("start it with: suppilo serve" + _home_argument(config))


def _make_lake(config: Config) -> None:
    # Made after the database: from now on a missing database is a loss, not a beginning.
    from suppilo.lake.folder import mark_folder

    mark_folder(config.lake)


def _ask_password(from_stdin: bool) -> str | None:
    """Return the password that was typed or piped in; None where one is to be made."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    if not sys.stdin.isatty():
        return None
    typed: Any = click.prompt(
        "Password (empty: one is made)", hide_input=True, default="", show_default=False, err=True
    )
    return str(typed) or None


def _make_owner(email: str, name: str, password: str | None) -> None:
    from suppilo.apps.operations.owner import create_owner

    given = password or secrets.token_urlsafe(12)
    if not create_owner(email, name or email.split("@")[0], given):
        click.echo(f"{email} has an account already; it was left as it is")
    elif password is None:
        click.echo(f"owner {email}, password {given}")
    else:
        click.echo(f"owner {email}")


def _home_argument(config: Config) -> str:
    return f" --home {config.home}" if "SUPPILO_HOME" in os.environ else ""

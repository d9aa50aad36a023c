"""``suppilo demo``: a server with a company in it, to look around."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING
from urllib.parse import quote

import click

from suppilo.cli.home import open_server
from suppilo.cli.serve import host_option, port_option, serve_command

if TYPE_CHECKING:
    from suppilo.apps.config import Config

OWNER = "owner@example.com"
OPEN_WITHIN_S = 60
_PAUSE = Event()


@click.command("demo")
@click.option(
    "--home",
    type=click.Path(path_type=Path),
    default=Path("demo/home"),
    show_default=True,
    help="The folder that the demonstration lives in.",
)
@host_option
@port_option
@click.option("--open", "open_page", is_flag=True, help="Open the browser, too.")
@click.option("--no-serve", is_flag=True, help="Only make and fill the folder.")
@click.option(
    "--people",
    type=click.IntRange(100, 1_000_000),
    default=60_000,
    show_default=True,
    help="How many people come to the company's site; it counts when the folder is filled.",
)
@click.pass_context
def demo_command(
    context: click.Context,
    home: Path,
    host: str,
    port: int,
    open_page: bool,
    no_serve: bool,
    people: int,
) -> None:
    """Run a server with a simulated company in it: 18 months, 60,000 people, 400,000 events.

    The folder is made and filled once; run again, it serves what is there. It is never that of
    SUPPILO_HOME: no made-up company gets into a server's own data.
    """
    from suppilo.apps.operations.home import create_home
    from suppilo.apps.operations.locks import hold

    os.umask(0o077)
    home = home.expanduser().absolute()
    os.environ["SUPPILO_HOME"] = str(home)
    # Printed, the made-up company's mails would push the address and the password off the screen.
    os.environ.setdefault("SUPPILO_EMAIL_URL", f"file://{quote(str(home / 'mail'))}")
    create_home(os.environ)
    # Machine code is made beside the loading, not when somebody waits for the first funnel.
    subprocess.Popen([sys.executable, "-m", "suppilo.apps.demo.warm"], stderr=subprocess.DEVNULL)
    config = open_server()
    with hold(home, "demo"):  # Whoever runs it twice at once fills it once.
        password = _fill(config, people)
    address = f"http://{host}:{port}"
    click.echo(f"open {address}")
    click.echo(f"log in as {OWNER}, " + (f"password {password}" if password else _KNOWN))
    click.echo(f"or, with the same password, as {_others()}")
    if no_serve:
        return
    if open_page:
        Thread(target=_open_when_ready, args=(address,), daemon=True).start()
    context.invoke(serve_command, host=host, port=port, log_format="text")


_KNOWN = "with the password printed the first time; delete the folder to begin anew"


def _fill(config: Config, people: int) -> str | None:
    """Make the account and the data where they are missing; return the account's password."""
    from suppilo.apps.accounts.models import User
    from suppilo.apps.demo.load import is_loaded, load_company
    from suppilo.apps.operations.owner import create_owner
    from suppilo.lake import Lake

    password = secrets.token_urlsafe(9)
    is_new = create_owner(OWNER, "Demo Owner", password)
    if not is_loaded():
        with _loading_progress() as show:
            owner = User.objects.get(email=OWNER)
            today = datetime.now(UTC).date()
            lake = Lake.create(config.lake)
            load_company(owner, lake, today, show, people, password if is_new else None)
    return password if is_new else None


def _others() -> str:
    from suppilo.apps.demo.team import list_logins

    return ", ".join(list_logins())


@contextmanager
def _loading_progress() -> Iterator[Callable[[str, int, int], None]]:
    """Show bars on a terminal, and lines elsewhere."""
    if not sys.stderr.isatty():
        yield _say
        return
    from suppilo.cli.progress import table_progress

    with table_progress("") as show:
        yield show


def _say(what: str, done: int, total: int) -> None:
    if done == total:
        click.echo(f"{what}: {total:,}" if total > 2 else what, err=True)


def _open_when_ready(address: str) -> None:
    """Open the browser as soon as the server answers."""
    import http.client
    from time import monotonic
    from urllib.parse import urlsplit

    until = monotonic() + OPEN_WITHIN_S
    while monotonic() < until:
        asked = http.client.HTTPConnection(urlsplit(address).netloc, timeout=5)
        try:
            asked.request("GET", "/health/live")
            asked.getresponse().read()
        except OSError:
            _PAUSE.wait(0.2)
        else:
            webbrowser.open(address)
            return
        finally:
            asked.close()

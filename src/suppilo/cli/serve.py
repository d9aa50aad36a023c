"""``suppilo serve`` and ``suppilo web``: from the folder to a listening server."""

from __future__ import annotations

import os
import socket
import sys
from importlib import import_module
from typing import TYPE_CHECKING

import click

from suppilo.cli.home import home_option, log_format_option, open_server, setup_django

if TYPE_CHECKING:
    from suppilo.apps.operations.locks import Role
    from suppilo.apps.operations.logs import LogFormat
    from suppilo.apps.operations.supervise import ChildSpec

BACKLOG = 2048

host_option = click.option("--host", default="127.0.0.1", show_default=True, envvar="SUPPILO_HOST")
port_option = click.option(
    "--port", type=click.IntRange(0, 65535), default=8000, show_default=True, envvar="SUPPILO_PORT"
)
supervised_option = click.option("--supervised", is_flag=True, hidden=True)


@click.command("serve")
@home_option
@host_option
@port_option
@log_format_option
def serve_command(host: str, port: int, log_format: LogFormat) -> None:
    """Run the server until it is told to stop (Ctrl-C or SIGTERM).

    A web process and a worker run under one parent, which starts them again after a crash.
    """
    from suppilo.apps.operations.home import open_home
    from suppilo.apps.operations.locks import lock_role
    from suppilo.apps.operations.logs import setup_logging
    from suppilo.apps.operations.supervise import Supervisor

    home = open_home(os.environ).home
    locks = {"web": lock_role(home, "web"), "worker": lock_role(home, "worker")}
    config = open_server()
    setup_logging(log_format)
    listening = _listen(host, port)
    os.environ["SUPPILO_HOME"] = str(home)
    os.environ["SUPPILO_PORT"] = str(listening.getsockname()[1])
    children = [
        _child("web", log_format, "--listen-fd", str(listening.fileno()),
               descriptors=(locks["web"], listening.fileno())),
        _child("worker", log_format, descriptors=(locks["worker"],)),
    ]  # fmt: skip
    click.echo(f"Suppilo on {_address(listening)} (data in {config.home}); Ctrl-C stops it")
    sys.exit(Supervisor(children, on_stop=listening.close).run())


@click.command("web")
@home_option
@host_option
@port_option
@log_format_option
@supervised_option
@click.option("--listen-fd", type=int, hidden=True)
def web_command(
    host: str, port: int, log_format: LogFormat, supervised: bool, listen_fd: int | None
) -> None:
    """Run the pages and the capture alone; the worker runs elsewhere (suppilo worker)."""
    from suppilo.apps.operations.logs import setup_logging
    from suppilo.apps.operations.supervise import stop_with_parent

    if listen_fd is None and port:
        os.environ["SUPPILO_PORT"] = str(port)
    start_role("web", supervised)
    setup_logging(log_format)
    if listen_fd is None:
        listening = _listen(host, port)
        click.echo(f"Suppilo on {_address(listening)}; Ctrl-C stops it")
    else:
        listening = socket.socket(fileno=listen_fd)
        stop_with_parent()
    # By name: the rooms of commands and of pages don't import each other.
    import_module("suppilo.web.server").run_server(listening)


def start_role(role: Role, supervised: bool) -> None:
    """Lock a role and open the server's folder; a supervised process inherits the lock."""
    from suppilo.apps.operations.home import open_home
    from suppilo.apps.operations.locks import lock_role

    if supervised:
        setup_django()
        return
    lock_role(open_home(os.environ).home, role)
    open_server()


def _child(name: str, log_format: LogFormat, *more: str, descriptors: tuple[int, ...]) -> ChildSpec:
    from suppilo.apps.operations.supervise import ChildSpec

    command = (sys.executable, "-m", "suppilo", name, "--supervised", "--log-format", log_format)
    return ChildSpec(name, (*command, *more), descriptors)


def _listen(host: str, port: int) -> socket.socket:
    """Take the port before anything is started on it."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise click.ClickException(
            f"can't listen on {host}:{port}: {error.strerror or error}; "
            "stop what uses that port, or choose another with --port"
        ) from error


def _address(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

"""``suppilo worker``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from suppilo.cli.home import home_option, log_format_option
from suppilo.cli.serve import start_role, supervised_option

if TYPE_CHECKING:
    from suppilo.apps.operations.logs import LogFormat


@click.command("worker")
@home_option
@log_format_option
@supervised_option
def worker_command(log_format: LogFormat, supervised: bool) -> None:
    """Run the worker alone: it moves captured events on, and runs jobs."""
    from suppilo.apps.operations.logs import setup_logging
    from suppilo.apps.operations.supervise import stop_with_parent
    from suppilo.apps.operations.work import run_worker

    start_role("worker", supervised)
    setup_logging(log_format)
    if supervised:
        stop_with_parent()
    run_worker()

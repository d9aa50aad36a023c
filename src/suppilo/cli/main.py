"""The ``suppilo`` command. Each command lives in a module that is loaded when it is called."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper

import click

from suppilo import __version__

_COMMANDS = {
    "funnel": ("suppilo.cli.funnel", "Count a funnel over files or a lake, and draw it."),
    "import": ("suppilo.cli.imports", "Record the events of files in a lake."),
    "events": ("suppilo.cli.lakes", "List the events of a lake, with their properties."),
    "paths": ("suppilo.cli.lakes", "Show the timeline of one path."),
    "attribution": ("suppilo.cli.attribution", "Say which channels conversions are owed to."),
    "budget": ("suppilo.cli.budget", "Say what spend brings, and split a budget best."),
    "channels": ("suppilo.cli.channels", "Say what channels cost and bring."),
    "change": ("suppilo.cli.change", "Say why a conversion differs between two sides."),
    "what-if": ("suppilo.cli.whatif", "Say what a funnel becomes after a change."),
    "value": ("suppilo.cli.value", "Say what customers are worth."),
    "process-map": ("suppilo.cli.process_map", "Say what follows on what, and how long it takes."),
    "cohorts": ("suppilo.cli.cohorts", "Say who comes back, by when they first came."),
    "score": ("suppilo.cli.score", "Say who is hot by rules, and how likely a goal is."),
    "segment": ("suppilo.cli.segment", "Say who did, or did not do, what."),
    "goals": ("suppilo.cli.goals", "Say where goals stand, and where their periods end."),
    "watch": ("suppilo.cli.watch", "Say which figures have changed, and since when."),
    "pipeline": ("suppilo.cli.pipeline", "Say what became of deals, and how long they take."),
    "next-action": ("suppilo.cli.next_action", "Say what to do next for deals, by what worked."),
    "forecast": ("suppilo.cli.forecast", "Say what will be won, by week or month."),
    "demo": ("suppilo.cli.demo", "Run a server with a simulated company in it."),
    "init": ("suppilo.cli.home", "Make a server's data folder, and its first owner."),
    "serve": ("suppilo.cli.serve", "Run the server: pages, capture and worker."),
    "web": ("suppilo.cli.serve", "Run the pages and the capture alone."),
    "worker": ("suppilo.cli.worker", "Run the worker alone."),
    "check": ("suppilo.cli.check", "Check a server's settings and data, with remedies."),
    "backup": ("suppilo.cli.backup", "Write a server's data into one file, while it runs."),
    "restore": ("suppilo.cli.backup", "Make a new data folder from a backup."),
    "compact": ("suppilo.cli.lakes", "Merge a lake's small files into large sorted ones."),
}


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        module, _ = _COMMANDS[cmd_name]
        command: click.Command = getattr(
            import_module(module), f"{cmd_name.replace('-', '_')}_command"
        )
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])


@click.group(
    cls=_Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="suppilo")
@click.pass_context
def suppilo(context: click.Context) -> None:
    """Sales funnels: who goes how far, where they leave, and how long it takes.

    suppilo COMMAND --help explains a command.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command; a mistake in the call or the data is one line, and exit code 2."""
    from suppilo.cli.mistakes import explain

    if isinstance(sys.stdout, TextIOWrapper):
        # A sign that the output's encoding lacks becomes a question mark, not the end.
        sys.stdout.reconfigure(errors="replace")
    # Nothing here multiplies matrices; starting a pool of threads for it costs every call.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    logging.basicConfig(format="suppilo: %(message)s")
    logging.getLogger("suppilo").setLevel(logging.INFO)
    try:
        code = suppilo.main(arguments, "suppilo", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader of our output (a pager, head) has seen enough; nothing is left to flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except (KeyboardInterrupt, click.Abort):
        click.echo("suppilo: stopped", err=True)
        code = 130
    except Exception as error:
        message = explain(error)
        if message is None:
            raise
        click.echo(f"suppilo: {message}", err=True)
        code = 2
    sys.exit(code if isinstance(code, int) else 0)

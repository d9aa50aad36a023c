"""The options that say which dates a report is of, and when the observation ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

_KEYS = {"from_us": "start_at", "to_us": "end_at", "as_of_us": "as_of"}


def moment_options(who: str) -> Callable[[Command], Command]:
    """Add ``--from``, ``--to`` and ``--as-of``; ``who`` is chosen by the first two, in words."""
    options = (
        click.option("--from", "start_at", metavar="TIME", help=f"Only {who} from then on."),
        click.option("--to", "end_at", metavar="TIME", help=f"Only {who} before."),
        click.option(
            "--as-of", metavar="TIME", help="End of the observation; by default the last event."
        ),
    )

    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def take_moments(options: dict[str, Any], timezone: str) -> dict[str, Any]:
    """Return the times as ``from_us``, ``to_us`` and ``as_of_us``, taken out of the other options.

    Raises
    ------
    ValueError
        If a text is no time.
    """
    from suppilo.analytics.periods import parse_moment

    texts = {name: options.pop(key) for name, key in _KEYS.items()}
    return {
        name: None if text is None else parse_moment(text, timezone) for name, text in texts.items()
    }

"""The moment of observation of a question asked of files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from suppilo.analytics.events import EventSource


def read_as_of(events: EventSource, text: str | None, timezone: str) -> int:
    """Return what ``--as-of`` says, or the last event's time; microseconds UTC.

    Raises
    ------
    ClickException
        If there are no events, or the text is no moment.
    """
    latest = events.latest_at()
    if latest is None:
        raise click.ClickException("there are no events")
    return latest if text is None else parse_as_of(text, timezone)


def parse_as_of(text: str, timezone: str) -> int:
    """Return what ``--as-of`` says; microseconds UTC.

    Raises
    ------
    ClickException
        If the text is no moment.
    """
    from suppilo.analytics.periods import parse_moment

    try:
        return parse_moment(text, timezone)
    except ValueError as error:
        raise click.ClickException(f"--as-of: {error}") from error

"""A person's mistakes, told from ours: the first are explained, the second are tracebacks."""

from __future__ import annotations

import sys

import click


def explain(error: Exception) -> str | None:
    """Return one line that says what is wrong and what to do; None where the fault is ours."""
    from suppilo.analytics.funnel.spec import DefinitionError
    from suppilo.apps.config import ConfigError
    from suppilo.apps.operations.errors import OperationError

    if isinstance(error, click.ClickException):
        return " ".join(error.format_message().split())
    if isinstance(error, DefinitionError | ConfigError | OperationError):
        return _one_line(str(error))
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        return f"{place}{error.strerror or error}"
    return _explain_rooms(error)


def _explain_rooms(error: Exception) -> str | None:
    """Explain the errors of rooms that are only loaded if something there went wrong."""
    from suppilo.io.errors import InputError
    from suppilo.lake.errors import LakeError, WhereError
    from suppilo.sources import SourceError

    if isinstance(error, WhereError):
        if sys.stderr.isatty() or error.place is None:
            return str(error)
        return f"{_one_line(error.reason)} (at character {error.place + 1} of {error.text!r})"
    if isinstance(error, InputError | LakeError | SourceError):
        return _one_line(str(error))
    return None


def _one_line(text: str) -> str:
    return " ".join(text.split())

"""What fails in a round of the worker: it is told, and the rounds go on."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import InterfaceError, OperationalError


@contextmanager
def told_failures(log: logging.Logger, message: str, *names: object) -> Iterator[None]:
    """Write what fails within into the log, and go on after it.

    A database that is away or busy is no failure of what was done: it is raised, and the worker
    waits for it.

    Parameters
    ----------
    message, names
        What the log says, as ``log.exception`` takes it.
    """
    try:
        yield
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception(message, *names)

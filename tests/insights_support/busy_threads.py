"""Threads of calculations that are all busy with something else."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

from suppilo.apps.funnels.ask import RUNNING
from suppilo.apps.funnels.running import WORKERS

PATIENCE_S = 120


@contextmanager
def busy_threads(questions: int = WORKERS) -> Iterator[None]:
    """Have so many long questions asked; they are answered at the end."""
    go_on = Event()
    asked = [RUNNING.start(object(), lambda _: go_on.wait(PATIENCE_S)) for _ in range(questions)]
    try:
        yield
    finally:
        go_on.set()
        for one in asked:
            one.wait(PATIENCE_S)

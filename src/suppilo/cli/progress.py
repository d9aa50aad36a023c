"""Progress on standard error, where a person is watching."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import TaskID

    from suppilo.io.read import Progress


def _ignore(*_: object) -> None:
    """Show nothing."""


@contextmanager
def reading_progress(label: str) -> Iterator[Callable[[Progress], None]]:
    """Show how many rows were read and left out, and which file is being read."""
    if not sys.stderr.isatty():
        # Nobody is watching, and drawing bars takes a while to load.
        yield _ignore
        return
    from rich.console import Console
    from rich.progress import Progress as Bar
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    text = "{task.description}  {task.fields[rows]} rows, {task.fields[rejected]} rejected"
    bar = Bar(
        SpinnerColumn(), TextColumn(text), TimeElapsedColumn(),
        console=console, transient=True,
    )  # fmt: skip
    with bar:
        task = bar.add_task(label, rows="0", rejected="0")

        def show(state: Progress) -> None:
            bar.update(
                task,
                description=f"{label} file {min(state.files_done + 1, state.files)}/{state.files}",
                rows=f"{state.rows:,}",
                rejected=f"{state.rejected:,}",
            )

        yield show


@contextmanager
def table_progress(label: str) -> Iterator[Callable[[str, int, int], None]]:
    """Show how far each table is."""
    if not sys.stderr.isatty():
        yield _ignore
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    bar = Bar(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
        console=console, transient=True,
    )  # fmt: skip
    with bar:
        tasks: dict[str, TaskID] = {}

        def show(name: str, done: int, total: int) -> None:
            task = tasks.get(name)
            if task is None:
                task = tasks[name] = bar.add_task(f"{label} {name}", total=total)
            bar.update(task, completed=done)

        yield show

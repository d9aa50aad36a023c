"""What a comparison is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Ask = Callable[[], dict[str, float]]
"""Answers a question anew each time: figures by name."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much there is, and in which folder the loaded events are."""

    folder: Path
    events: int
    paths: int
    customers: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """A question, and how either side gets ready to answer it; getting ready is not timed.

    Attributes
    ----------
    target_s
        Our answer is to take no longer.
    reads_events
        Whether the events of the shop must be loaded before.
    is_slow
        Whether the peer is asked only once.
    tolerance
        How far figures may differ, relatively: those of iterative fits and of draws do.
    """

    name: str
    title: str
    peer: str
    ours: Callable[[Sizes], Ask]
    theirs: Callable[[Sizes], Ask]
    target_s: float
    reads_events: bool = False
    is_slow: bool = False
    tolerance: float = 1e-3


def open_lake(sizes: Sizes) -> Any:
    """Return the source of the loaded events."""
    from benchmarks.engines import Suppilo

    engine = Suppilo(sizes.folder)
    engine.open()
    return engine._source


def open_duckdb(sizes: Sizes) -> Any:
    """Return DuckDB's connection to its own table of the same events."""
    from benchmarks.engines import DuckDB

    engine = DuckDB(sizes.folder)
    engine.open()
    return engine._connection

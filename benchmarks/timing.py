"""Timing a question asked again and again."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

from benchmarks.worker import peak_bytes


def time_runs(ask: Callable[[], dict[str, Any]], runs: int) -> dict[str, Any]:
    """Ask once for the figures and so many times for the seconds, by clock and by processors."""
    figures, seconds, cpu_seconds = ask(), [], []
    for _ in range(runs):
        begun, worked = time.perf_counter(), time.process_time()
        ask()
        seconds.append(time.perf_counter() - begun)
        cpu_seconds.append(time.process_time() - worked)
    return {
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "peak_bytes": peak_bytes(),
        "figures": dict(sorted(figures.items())),
    }


def row_of(name: str, found: dict[str, Any]) -> str:
    """Return a row of a table: the median, with its range, seconds of processors, memory."""
    seconds = found["seconds"]
    return (
        f"| {name} | {statistics.median(seconds):.2f} ({min(seconds):.2f}–{max(seconds):.2f}) | "
        f"{statistics.median(found['cpu_seconds']):.2f} | {found['peak_bytes'] / 1e9:.2f} GB |"
    )

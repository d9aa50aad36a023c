"""Timing a question asked again and again, and the table of both sides."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from benchmarks.worker import peak_bytes


def time_runs(ask: Callable[[], dict[str, Any]], runs: int) -> dict[str, Any]:
    """Ask once for the figures and so many times for the seconds, by clock and by processors.

    With 0 runs the first time is the one that counts: nothing is warm then.
    """
    seconds: list[float] = []
    cpu_seconds: list[float] = []
    figures: dict[str, Any] = {}
    for run in range(runs + 1):
        begun, worked = time.perf_counter(), time.process_time()
        found = ask()
        if run or not runs:
            seconds.append(time.perf_counter() - begun)
            cpu_seconds.append(time.process_time() - worked)
        figures = figures or found
    return {
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "peak_bytes": peak_bytes(),
        "figures": dict(sorted(figures.items())),
    }


def print_table(title: str, found: Mapping[str, Any], target_s: float | None = None) -> None:
    """Print both sides of a comparison, ours first."""
    print(f"{title}; median (range) of warm runs\n")
    print("| | seconds | of all processors | memory at most |\n|---|---|---|---|")
    print("\n".join(row_of(name, one) for name, one in found.items()))
    ours, theirs = (statistics.median(one["seconds"]) for one in found.values())
    met = "met" if target_s is not None and ours <= target_s else "missed"
    target = "" if target_s is None else f"; target {target_s:g} s: {met}"
    print(f"\nThe peer takes {theirs / ours:.2g} times as long{target}.\n", flush=True)


def agrees(ours: dict[str, float], theirs: dict[str, float], tolerance: float = 1e-3) -> bool:
    """Return whether both found the same, to one in a thousand by default; say what differs."""
    wrong = [
        name
        for name in ours.keys() | theirs.keys()
        if not np.isclose(
            ours.get(name, np.nan), theirs.get(name, np.nan), rtol=tolerance, atol=1e-9
        )
    ]
    told = [f"{name} ({ours.get(name)} and {theirs.get(name)})" for name in sorted(wrong)[:5]]
    if wrong or not ours:
        print(f"The figures differ: {', '.join(told) or 'there are none'}\n", flush=True)
    return bool(ours) and not wrong


def row_of(name: str, found: dict[str, Any]) -> str:
    """Return a row of a table: the median, with its range, seconds of processors, memory."""
    seconds = found["seconds"]
    return (
        f"| {name} | {statistics.median(seconds):.3g} ({min(seconds):.3g}–{max(seconds):.3g}) | "
        f"{statistics.median(found['cpu_seconds']):.3g} | {found['peak_bytes'] / 1e9:.2f} GB |"
    )

"""Measure every insight beside its peer: ``python -m benchmarks.insights --only NAME``.

Over 10 million events, 10 million touches, or a million customers; each side runs in a process of
its own, gets its data ready before the clock starts, and is asked again and again; a slow peer is
asked once. Exit code 1 where figures differ.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.dataset import Size, prepare_files
from benchmarks.funnel import answer_of, load_engine, say
from benchmarks.insights import (
    attribution,
    channels,
    cohorts,
    durations,
    forecast,
    goals,
    losses,
    plans,
    segments,
    value,
    watch,
)
from benchmarks.insights.asking import Comparison, Sizes
from benchmarks.timing import agrees, print_table, time_runs

EVENTS, PATHS, CUSTOMERS = 10_000_000, 500_000, 1_000_000
TOPICS = (
    cohorts, durations, losses, channels, attribution, forecast, plans, goals, watch, segments,
    value,
)  # fmt: skip
COMPARISONS: dict[str, Comparison] = {
    one.name: one for topic in TOPICS for one in topic.COMPARISONS
}


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.insights", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=tuple(COMPARISONS), metavar="NAME",
                        default=tuple(COMPARISONS), help=", ".join(COMPARISONS))  # fmt: skip
    parser.add_argument("--events", type=int, default=EVENTS, help="events, and touches")
    parser.add_argument("--paths", type=int, help="by default a twentieth of the events")
    parser.add_argument("--customers", type=int, help="cases and figures go with them; by default "
                        "a tenth of the events")  # fmt: skip
    parser.add_argument("--folder", type=Path,
                        default=Path(__file__).parents[1] / "data" / "map")  # fmt: skip
    parser.add_argument("--runs", type=int, default=3, help="medians are over this many")
    parser.add_argument("--reuse", action="store_true", help="keep what was loaded before")
    parser.add_argument("--worker", choices=("ours", "theirs"), help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    """Measure, print a table for each, and say by the exit code whether all figures agree."""
    chosen = parse_arguments(arguments)
    sizes = Sizes(
        chosen.folder.resolve(), chosen.events, chosen.paths or max(chosen.events // 20, 1),
        chosen.customers or max(chosen.events // 10, 1),
    )  # fmt: skip
    if chosen.worker:
        print(json.dumps(work(COMPARISONS[chosen.only[0]], chosen.worker, sizes, chosen.runs)))
        return 0
    wanted = [COMPARISONS[name] for name in chosen.only]
    sizes.folder.mkdir(parents=True, exist_ok=True)
    if any(one.reads_events for one in wanted):
        load(sizes, reuse=chosen.reuse)
    agree = [compare(one, sizes, chosen.runs) for one in wanted]
    return 0 if all(agree) else 1


def load(sizes: Sizes, *, reuse: bool) -> None:
    """Make the events unless they are there, and load them."""
    files = prepare_files(sizes.folder, Size(sizes.events, sizes.paths), 1)
    for name in ("suppilo", "duckdb"):
        say(f"{name}: loading")
        load_engine(name, files, reuse=reuse)


def compare(asked: Comparison, sizes: Sizes, runs: int) -> bool:
    """Measure a question both ways, print its table, and return whether the figures agree."""
    names = {"ours": "suppilo", "theirs": asked.peer}
    found = {name: measure(asked, side, sizes, runs) for side, name in names.items()}
    print_table(f"{asked.name}: {asked.title}", found, asked.target_s)
    return agrees(found["suppilo"]["figures"], found[asked.peer]["figures"], asked.tolerance)


def measure(asked: Comparison, side: str, sizes: Sizes, runs: int) -> dict[str, Any]:
    """Time one side in a process of its own."""
    say(f"{asked.name}: asking {side}")
    command = [sys.executable, "-m", "benchmarks.insights", "--worker", side, "--only", asked.name]
    command += ["--folder", str(sizes.folder), "--runs", str(runs), "--events", str(sizes.events)]
    command += ["--paths", str(sizes.paths), "--customers", str(sizes.customers)]
    return answer_of(command, sizes.folder)


def work(asked: Comparison, side: str, sizes: Sizes, runs: int) -> dict[str, Any]:
    """Get one side ready, and time it."""
    if side == "ours":
        return time_runs(asked.ours(sizes), runs)
    return time_runs(asked.theirs(sizes), 0 if asked.is_slow else runs)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

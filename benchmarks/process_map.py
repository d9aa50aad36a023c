"""The process map of 10 million events by Suppilo and by DuckDB's SQL: same figures, same machine.

Both count by edge: how often, in how many paths, median and 90th percentile of the waits. Suppilo
finds the events, the starts and ends and the sequences as well. Each runs in a process of its own,
on two threads at most, over its own files. Exit code 1 where figures differ.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.dataset import DataFiles, Size, prepare_files
from benchmarks.engines import THREADS, DuckDB, Suppilo
from benchmarks.funnel import answer_of, load_engine, say
from benchmarks.timing import row_of, time_runs

EVENTS, PATHS = 10_000_000, 500_000
TARGET_S = 2.0

Figures = dict[str, list[int]]
"""By edge: count, paths, median and 90th percentile of the waits in microseconds."""

EDGES = """
WITH steps AS (
  SELECT user_id, event AS target, lag(event) OVER walk AS source,
    at_us - lag(at_us) OVER walk AS wait_us
  FROM events WINDOW walk AS (PARTITION BY user_id ORDER BY at_us)
)
SELECT source, target, count(*), count(DISTINCT user_id),
  quantile_disc(wait_us, [0.5, 0.9])
FROM steps WHERE source IS NOT NULL GROUP BY source, target
"""


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--paths", type=int, default=PATHS)
    parser.add_argument("--folder", type=Path, default=Path(__file__).with_name("data") / "map")
    parser.add_argument("--runs", type=int, default=5, help="medians are over this many")
    parser.add_argument("--reuse", action="store_true", help="keep what was loaded before")
    parser.add_argument("--worker", choices=("suppilo", "duckdb"), help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    """Measure both, print the table, and say by the exit code whether all figures agree."""
    chosen = parse_arguments(arguments)
    if chosen.worker:
        print(json.dumps(WORKERS[chosen.worker](chosen.folder, chosen.runs)))
        return 0
    files = prepare_files(chosen.folder.resolve(), Size(chosen.events, chosen.paths), 1)
    found = {name: measure(name, files, chosen) for name in WORKERS}
    print(render(found, chosen))
    differs = found["suppilo"]["figures"] != found["duckdb"]["figures"]
    if differs:
        say("the figures differ")
    return 1 if differs else 0


def measure(name: str, files: DataFiles, chosen: argparse.Namespace) -> dict[str, Any]:
    """Load an engine, and time it in a process of its own."""
    say(f"{name}: loading")
    load_engine(name, files, reuse=chosen.reuse)
    say(f"{name}: asking")
    command = [sys.executable, "-m", "benchmarks.process_map", "--worker", name]
    command += ["--folder", str(files.folder), "--runs", str(chosen.runs)]
    return answer_of(command, files.folder)


def ask_suppilo(folder: Path, runs: int) -> dict[str, Any]:
    """Time the map of all events, sequences included."""
    from suppilo.analytics.process_map import MapQuestion, run_process_map

    engine = Suppilo(folder)
    engine.open()

    def ask() -> Figures:
        found = run_process_map(engine._source, MapQuestion(), THREADS)
        return {
            f"{edge.source} → {edge.target}": [
                edge.count, edge.paths, edge.median_us, edge.p90_us
            ]
            for edge in found.edges
        }  # fmt: skip

    return time_runs(ask, runs)


def ask_duckdb(folder: Path, runs: int) -> dict[str, Any]:
    """Time the same by a window function and a grouping."""
    engine = DuckDB(folder)
    engine.open()

    def ask() -> Figures:
        rows = engine._connection.execute(EDGES).fetchall()
        return {
            f"{source} → {target}": [n, paths, *waits] for source, target, n, paths, waits in rows
        }

    return time_runs(ask, runs)


WORKERS = {"suppilo": ask_suppilo, "duckdb": ask_duckdb}


def render(found: dict[str, Any], chosen: argparse.Namespace) -> str:
    """Return the table."""
    lines = [
        f"Process map of {chosen.events:,} events of {chosen.paths:,} paths, "
        f"{len(found['suppilo']['figures']):,} edges; median (range) of {chosen.runs} warm runs, "
        f"{THREADS} threads at most",
        "",
        "| | seconds | of all processors | memory at most |",
        "|---|---|---|---|",
    ]
    lines += [row_of(name, one) for name, one in found.items()]
    middle = {name: statistics.median(one["seconds"]) for name, one in found.items()}
    ratio = middle["duckdb"] / middle["suppilo"]
    met = "met" if middle["suppilo"] <= TARGET_S else "missed"
    lines += ["", f"DuckDB takes {ratio:.1f} times as long; target {TARGET_S:g} s: {met}."]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

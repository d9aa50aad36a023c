"""Funnels by Suppilo, ClickHouse (chdb) and DuckDB: same events, same machine, same answers.

Every engine runs in processes of its own, one after the other. Exit code 1 where counts differ.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.dataset import DataFiles, Size, prepare_files
from benchmarks.questions import BASE, QUESTIONS
from benchmarks.tables import render

ROOT = Path(__file__).parents[1]
ENGINES = ("suppilo", "chdb", "duckdb")
QUICK = Size(events=1_000_000, paths=50_000)


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=20_000_000)
    parser.add_argument("--paths", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=QUICK.seed)
    parser.add_argument("--folder", type=Path, default=Path(__file__).with_name("data"))
    parser.add_argument("--runs", type=int, default=7, help="medians are over this many")
    parser.add_argument("--csv-rows", type=int, default=5_000_000, help="rows imported from CSV")
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=list(ENGINES))
    parser.add_argument("--json", type=Path, help="write everything measured to this file")
    parser.add_argument("--quick", action="store_true", help="1 M events, 3 runs")
    parser.add_argument("--reuse", action="store_true", help="keep what was loaded before")
    chosen = parser.parse_args(arguments)
    if chosen.quick:
        chosen.events, chosen.paths, chosen.runs = QUICK.events, QUICK.paths, 3
    return chosen


def main(arguments: Sequence[str]) -> int:
    """Measure, print the table, and say by the exit code whether all counts agree."""
    chosen = parse_arguments(arguments)
    size = Size(chosen.events, chosen.paths, chosen.seed)
    files = prepare_files(chosen.folder.resolve(), size, chosen.csv_rows)
    found: dict[str, Any] = {
        "command": "python -m benchmarks.funnel " + " ".join(arguments),
        "machine": describe_machine(),
        "events": size.events,
        "paths": size.paths,
        "runs": chosen.runs,
        "load_before": os.getloadavg(),
        "engines": {name: measure(name, files, chosen) for name in chosen.engines},
        "load_after": os.getloadavg(),
    }
    found["differences"] = find_differences(found["engines"])
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=1))
    print(render(found))
    return 1 if found["differences"] else 0


def describe_machine() -> dict[str, Any]:
    """Return what the figures depend on, engines aside."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(": ")[1] for line in lines if line.startswith("model name")), "?")
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "system": platform.platform(),
        "python": platform.python_version(),
    }


def measure(name: str, files: DataFiles, chosen: argparse.Namespace) -> dict[str, Any]:
    """Load an engine and take all its figures."""
    say(f"{name}: loading")
    load = load_engine(name, files, reuse=chosen.reuse)
    say(f"{name}: asking")
    warm = work(name, files, "warm", str(chosen.runs))
    say(f"{name}: starting afresh")
    result = {"version": version(name), "load": load, "warm": warm}
    result["cold"] = start_afresh([*worker(name, files), "once"], files, chosen.runs)
    if name == "suppilo":
        result["command_line"] = time_command_line(files, chosen.runs)
        say("suppilo: importing CSV")
        result["csv"] = {"rows": files.csv_rows, **import_csv(files)}
    return result


def worker(name: str, files: DataFiles) -> list[str]:
    """Return the command of an engine's process, up to the verb."""
    return [sys.executable, "-m", "benchmarks.worker", name, str(files.folder)]


def work(name: str, files: DataFiles, *verb: str) -> dict[str, Any]:
    """Run an engine's process and return what it found."""
    return answer_of([*worker(name, files), *verb], files.folder)


def environment(folder: Path) -> dict[str, str]:
    """Return the environment of engines' processes: bytecode is kept, as after an installation."""
    kept = {n: v for n, v in os.environ.items() if n != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPYCACHEPREFIX": str(folder / "bytecode")}


def answer_of(command: list[str], folder: Path) -> dict[str, Any]:
    """Run a command and return the JSON object that it prints."""
    done = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, cwd=ROOT, env=environment(folder)
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def load_engine(name: str, files: DataFiles, *, reuse: bool) -> dict[str, Any]:
    """Load the set into an engine, or return what loading it took the last time."""
    kept = files.folder / f"{name}.json"
    if reuse and kept.is_file():
        loaded: dict[str, Any] = json.loads(kept.read_text())
        return loaded
    for leftover in (kept, files.folder / name, files.folder / "lake"):
        if leftover.is_dir() and (name == "suppilo" or leftover.name == name):
            shutil.rmtree(leftover)
        elif leftover.is_file():
            leftover.unlink()
    loaded = work(name, files, "load", str(files.parquet))
    kept.write_text(json.dumps(loaded))
    return loaded


def import_csv(files: DataFiles) -> dict[str, Any]:
    """Import the CSV file into a lake of its own, and remove that again."""
    lake = files.folder / "lake-from-csv"
    shutil.rmtree(lake, ignore_errors=True)
    try:
        return work("suppilo", files, "load-csv", str(files.csv))
    finally:
        shutil.rmtree(lake, ignore_errors=True)


def start_afresh(command: list[str], files: DataFiles, runs: int) -> dict[str, Any]:
    """Time a whole process from its start to its answer; files are in the page cache."""
    found = answer_of(command, files.folder)
    seconds = [time_call(command, files) for _ in range(runs)]
    return {"seconds": seconds, **found}


def time_call(command: list[str], files: DataFiles) -> float:
    """Run a command and return how long it took, in seconds."""
    begun = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment(files.folder))
    return time.perf_counter() - begun


def time_command_line(files: DataFiles, runs: int) -> dict[str, Any]:
    """Time ``suppilo funnel LAKE --spec FILE --json`` from start to end."""
    spec = files.folder / "funnel.json"
    spec.write_text(json.dumps(BASE.to_spec()))
    program = Path(sys.executable).with_name("suppilo")
    command = [str(program), "funnel", str(files.folder / "lake"), "--spec", str(spec), "--json"]
    command += ["--threads", "2"]
    found = start_afresh(command, files, runs)
    return {
        "seconds": found["seconds"],
        "answer": {"all": [step["count"] for step in found["steps"]]},
    }


def find_differences(engines: dict[str, Any]) -> list[str]:
    """Return a sentence for every answer that is not the first engine's."""
    differences = []
    for question in QUESTIONS:
        answers = {
            way: found["answers"]
            for way, found in every_way(engines, question.name).items()
            if "answers" in found
        }
        differences += _differing(question.name, answers)
    afresh = {name: [found["cold"]["answer"]] for name, found in engines.items()}
    for name, found in engines.items():
        if "command_line" in found:
            afresh[f"{name} command line"] = [found["command_line"]["answer"]]
    return differences + _differing(f"{BASE.name}, cold", afresh)


def every_way(engines: dict[str, Any], question: str) -> dict[str, Any]:
    """Return the timings of a question by engine, and by variant of an engine."""
    ways = {}
    for name, found in engines.items():
        ways[name] = found["warm"][question]
        for variant, timed in found["warm"][question]["variants"].items():
            ways[f"{name} {variant}"] = timed
    return ways


def _differing(question: str, answers: dict[str, Any]) -> list[str]:
    first = next(iter(answers))
    return [
        f"{question}: {way} counts {found}, {first} counts {answers[first]}"
        for way, found in answers.items()
        # What is slow is asked less often; run by run it is the same question.
        if any(mine != first_s for mine, first_s in zip(found, answers[first], strict=False))
    ]


def say(text: str) -> None:
    """Tell how far the measuring is."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

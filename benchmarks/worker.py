"""One engine in a process of its own; prints one JSON object."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.engines import ENGINES, GaveUpError, folder_bytes
from benchmarks.questions import BASE, QUESTIONS, Answer, Question

ENOUGH_RUNS, PATIENCE_S = 3, 60
"""After so many runs, a question that has taken so long is asked no more."""


def main() -> None:
    """Run ``python -m benchmarks.worker ENGINE FOLDER VERB [ARGUMENT]``."""
    name, folder, verb, *arguments = sys.argv[1:]
    engine = ENGINES[name](Path(folder))
    print(json.dumps(VERBS[verb](engine, *arguments)))


def load(engine: Any, parquet: str) -> dict[str, Any]:
    """Load the set, and measure the time and the place that it takes."""
    seconds = engine.load(Path(parquet))
    return {"seconds": seconds, "bytes": folder_bytes(engine.folder)}


def load_csv(engine: Any, csv: str) -> dict[str, Any]:
    """Import a CSV file."""
    return {"seconds": engine.load_csv(Path(csv))}


def warm(engine: Any, runs: str) -> dict[str, Any]:
    """Answer every question once to get warm, then again and again by the clock."""
    engine.open()
    return {question.name: _time_question(engine, question, int(runs)) for question in QUESTIONS}


def _time_question(engine: Any, question: Question, runs: int) -> dict[str, Any]:
    return _time_way(engine.ask, question, runs) | {
        "variants": {
            name: _time_way(way, question, runs) for name, way in engine.variants().items()
        }
    }


def _time_way(way: Callable[[Question], Answer | None], question: Question, runs: int) -> Any:
    answers, seconds = [], []
    try:
        way(question)
        for run in range(runs):
            if run >= ENOUGH_RUNS and sum(seconds) > PATIENCE_S:
                break
            asked = question.at_run(run)
            begun = time.perf_counter()
            answer = way(asked)
            seconds.append(time.perf_counter() - begun)
            answers.append(answer)
    except GaveUpError as error:
        return {"gave_up": str(error)}
    return {"seconds": seconds} | ({} if answers[0] is None else {"answers": answers})


def once(engine: Any) -> dict[str, Any]:
    """Answer the four-step question once, as a process that has just begun."""
    engine.open()
    answer: Answer = engine.ask(BASE)
    return {"answer": answer, "peak_bytes": peak_bytes()}


def peak_bytes() -> int:
    """Return the most memory that this process has had, mapped files included."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


VERBS = {"load": load, "load-csv": load_csv, "warm": warm, "once": once}

if __name__ == "__main__":
    main()

"""ClickHouse's ``windowFunnel`` as a second opinion on what a funnel counts.

Mode ``strict_once`` ("count each event only once in the chain even if it meets the condition
several times") looks for the longest chain of different events, as ``sequential`` does. It was
tried which streams the two agree on: all of them, also where events of one moment stand in no
order (``windowFunnel`` sorts them by step, which finds the same chains as trying every order),
where steps repeat, and where one event matches several steps. So nothing had to be left out.
Without the mode one event may serve several steps there, which is another question.
"""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from oracle.bruteforce import Event, run_bruteforce
from oracle.compare import run_engine
from suppilo.analytics.funnel.definition import FunnelDefinition, Step

STREAMS = 3000
SECOND_US = 1_000_000
WINDOWS_S = (0, 1, 3, 5, 1000)
FUNNELS = (
    ("a", "b"),
    ("a", "b", "c"),
    ("a", "b", "c", "d"),
    ("a", "a", "a"),
    ("ab", "bc", "abcd"),
    ("cd", "bc", "ab", "a"),
)
"""Steps by the letters of the events that match them."""


def make_streams(seed: int) -> list[Event]:
    """One path per stream: up to ten events; half of the streams are full of ties."""
    random_ = random.Random(seed)
    events: list[Event] = []
    for path in range(STREAMS):
        at = random_.randrange(1000)
        pauses = (1, 1, 1, 2, 3) if path % 2 else (0, 0, 0, 1, 2)
        for _ in range(random_.randint(1, 10)):
            at += random_.choice(pauses)
            events.append(Event(len(events), path, at * SECOND_US, random_.choice("abcdabcdx")))
    return events


@pytest.fixture(scope="module")
def events() -> list[Event]:
    return make_streams(seed=20)


@pytest.fixture(scope="module")
def clickhouse_levels(
    events: list[Event], tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[tuple[str, ...], int], list[int]]:
    """Each stream's level by (steps, window), from one query over all streams."""
    table = tmp_path_factory.mktemp("chdb") / "events.csv"
    write_csv(table, events)
    asked = [(steps, window) for steps in FUNNELS for window in WINDOWS_S]
    columns = ", ".join(window_funnel(steps, window) for steps, window in asked)
    structure = "path UInt32, at UInt32, name String"
    sql = f"SELECT {columns} FROM file('{table}', CSV, '{structure}') GROUP BY path ORDER BY path"
    lines = ask_clickhouse(sql).strip().splitlines()
    levels = zip(*([int(level) for level in line.split(",")] for line in lines), strict=True)
    return {key: list(column) for key, column in zip(asked, levels, strict=True)}


def ask_clickhouse(sql: str) -> str:
    """Ask in a process of its own: chdb's symbols break LLVM's loader, which our kernels need."""
    program = "import sys, chdb; print(chdb.query(sys.argv[1], 'CSV'))"
    command = [sys.executable, "-c", program, sql]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def write_csv(file: Path, events: list[Event]) -> None:
    lines = [f"{event.path},{event.at // SECOND_US},{event.name}\n" for event in events]
    file.write_text("".join(lines))


def window_funnel(steps: tuple[str, ...], window_s: int) -> str:
    conditions = ", ".join(f"position('{letters}', name) > 0" for letters in steps)
    return f"windowFunnel({window_s}, 'strict_once')(at, {conditions})"


def ask(steps: tuple[str, ...], window_s: int) -> FunnelDefinition:
    return FunnelDefinition(
        tuple(Step(letters, tuple(letters)) for letters in steps),
        window_us=window_s * SECOND_US,
    )


def test_engine_reaches_the_levels_of_window_funnel(events, clickhouse_levels):
    for (steps, window_s), expected in clickhouse_levels.items():
        answer, report = run_engine(events, ask(steps, window_s))
        levels = {unit.path: unit.level for unit in answer.units}
        assert [levels.get(path, 0) for path in range(STREAMS)] == expected
        counts = [sum(level > step for level in expected) for step in range(len(steps))]
        assert [step.count for step in report.steps] == counts


def test_brute_force_reaches_the_levels_of_window_funnel(events, clickhouse_levels):
    for (steps, window_s), expected in clickhouse_levels.items():
        answer = run_bruteforce(events[:4000], ask(steps, window_s))
        levels = {unit.path: unit.level for unit in answer.units}
        complete = events[4000].path
        assert [levels.get(path, 0) for path in range(complete)] == expected[:complete]


def test_streams_reach_every_level(clickhouse_levels):
    for (steps, _), expected in clickhouse_levels.items():
        assert set(expected) == set(range(len(steps) + 1))

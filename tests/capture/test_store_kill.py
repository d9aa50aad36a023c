"""Processes killed at any moment lose nothing that was acknowledged, and store nothing twice."""

import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from database_support.migrated import drop_database
from store_support.store_process import BATCH

TESTS = Path(__file__).parents[1]
KILLS = 12


@pytest.fixture
def environment(tmp_path: Path, migrated) -> Iterator[dict[str, str]]:
    given = {
        **os.environ,
        "SUPPILO_HOME": str(tmp_path),
        "SUPPILO_SECRET_KEY": "only-for-tests-" + "x" * 40,
        "DJANGO_SETTINGS_MODULE": "suppilo.web.settings",
        "PYTHONPATH": str(TESTS),
    }
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith("postgres"):
        migrated.copy_into(tmp_path)
        yield given
        return
    name = f"suppilo_kill_{os.getpid()}"
    migrated.copy_to(name)
    yield given | {"DATABASE_URL": f"{url.rsplit('/', 1)[0]}/{name}"}
    drop_database(name)


def run(role: str, environment: dict[str, str]) -> str:
    command = [sys.executable, "-m", "store_support.store_process", role]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def forking(role: str, environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "store_support.store_process", role]
    with subprocess.Popen(
        command, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        yield process
        process.stdin.close()


def start(process: subprocess.Popen[str]) -> int:
    process.stdin.write("go\n")
    process.stdin.flush()
    return int(process.stdout.readline())


def kill(process: subprocess.Popen[str], child: int) -> None:
    os.kill(child, signal.SIGKILL)
    assert process.stdout.readline() == "ended\n"


def kill_often(
    process: subprocess.Popen[str],
    seed: int,
    longest_s: float,
    has_done_something: Callable[[], bool],
) -> None:
    """Kill one after the other; on a busy machine some may live longer, so that work gets done."""
    chance = random.Random(seed)
    for kills in itertools.count(1):
        child = start(process)
        time.sleep(chance.uniform(0.05, longest_s))
        kill(process, child)
        if kills >= KILLS and has_done_something():
            return
        assert kills < 5 * KILLS
        longest_s *= 1.05


def test_nothing_acknowledged_is_lost_and_nothing_is_stored_twice(environment, tmp_path):
    def has_flushed() -> bool:
        return len(list((tmp_path / "ids").glob("*.ids"))) >= 3

    run("prepare", environment)
    with (
        forking("write", environment) as writers,
        forking("work", environment) as workers,
        ThreadPoolExecutor(2) as pool,
    ):
        one = pool.submit(kill_often, writers, 1, 1.5, (tmp_path / "acked").exists)
        other = pool.submit(kill_often, workers, 2, 2.0, has_flushed)
        one.result()
        other.result()
    found = json.loads(run("report", environment))
    numbers = {int(line) for line in (tmp_path / "acked").read_text().splitlines()}
    acked = {f"{number}-{i}" for number in numbers for i in range(BATCH)}
    stored = found["lake"]
    assert len(numbers) > KILLS
    assert acked <= set(stored)
    assert len(stored) == len(set(stored)) == found["counts"]["stored"]
    assert found["counts"]["received"] == found["counts"]["stored"] + found["counts"]["duplicate"]
    assert found["check"] == []
    print(f"{len(acked)} acknowledged, {len(stored)} stored, {found['waited']} waited")


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
@pytest.mark.skipif(
    os.environ.get("DATABASE_URL", "").startswith("postgres"), reason="PostgreSQL syncs by itself"
)
def test_the_disk_has_the_commit_before_anything_is_acknowledged(environment, tmp_path):
    """Whatever a power cut takes, it is not what was synced: so nothing acknowledged."""
    run("prepare", environment)
    trace = tmp_path / "trace"
    command = ["strace", "-f", "-y", "-o", str(trace), "-e", "trace=fsync,fdatasync,write"]
    command += [sys.executable, "-m", "store_support.store_process", "write"]
    with subprocess.Popen(
        command, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        child = start(process)
        deadline = time.monotonic() + 60
        acked = tmp_path / "acked"
        while not acked.exists() or len(acked.read_text().splitlines()) < 10:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        kill(process, child)
        process.stdin.close()
    is_synced, answers = False, 0
    for line in trace.read_text().splitlines():
        if "sync(" in line and "-wal>" in line:
            is_synced = True
        elif "write(" in line and "/acked>" in line:
            assert is_synced, line
            is_synced, answers = False, answers + 1
    assert answers >= 10

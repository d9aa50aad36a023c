"""A server killed at any moment hands each domain event on once, and in order."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

# The processes have an SQLite file, whatever the other tests run on.
pytestmark = pytest.mark.any_database

KILLS = 8


@pytest.fixture
def environment(tmp_path: Path, migrated) -> dict[str, str]:
    migrated.copy_into(tmp_path)
    given = {
        **os.environ,
        "SUPPILO_HOME": str(tmp_path),
        "SUPPILO_SECRET_KEY": "only-for-tests-" + "x" * 40,
        "DJANGO_SETTINGS_MODULE": "suppilo.web.settings",
        "PYTHONPATH": str(Path(__file__).parents[1]),
    }
    given.pop("DATABASE_URL", None)
    return given


def run(role: str, environment: dict[str, str]) -> str:
    command = [sys.executable, "-m", "outbox_support.relay_process", role]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_events_are_handed_on_once_and_in_order_whenever_the_server_is_killed(
    environment, tmp_path
):
    run("prepare", environment)
    chance = random.Random(4)
    noted = tmp_path / "noted"
    command = [sys.executable, "-m", "outbox_support.relay_process", "live"]
    with subprocess.Popen(
        command, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        for _ in range(KILLS):
            before = noted.stat().st_size if noted.exists() else 0
            process.stdin.write("go\n")
            process.stdin.flush()
            child = int(process.stdout.readline())
            deadline = time.monotonic() + 30
            while not noted.exists() or noted.stat().st_size == before:
                assert time.monotonic() < deadline
                time.sleep(0.02)
            time.sleep(chance.uniform(0.05, 1.2))
            os.kill(child, signal.SIGKILL)
            assert process.stdout.readline() == "ended\n"
        process.stdin.close()
    found = json.loads(run("report", environment))
    assert len(found["recorded"]) > 100
    assert found["stored"] == found["recorded"]
    counts = found["counts"]
    assert counts["stored"] == len(found["stored"])
    assert counts["received"] == counts["stored"] + counts["duplicate"]
    print(
        f"{len(found['stored'])} stored, {counts['duplicate']} doubles known, {found['left']} left"
    )

"""Several workers at once, as processes: one effect each, whoever is killed or frozen."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from ops_support.server_homes import ServerHome, server_home, wait_until

WORKER = str(Path(__file__).parent.parent / "ops_support" / "run_jobs.py")
_QUEUE = """
import sys, django; django.setup()
import ops_support.job_kinds
from suppilo.apps.jobs.services import start_job
for _ in range(int(sys.argv[1])):
    start_job(None, "test_effect", {"gate": sys.argv[2]})
"""
_READ = """
import json, django; django.setup()
from suppilo.apps.accounts.models import Team
from suppilo.apps.jobs.models import Job
print(json.dumps({
    "effects": sorted(Team.objects.values_list("name", flat=True)),
    "jobs": list(Job.objects.order_by("id").values("id", "state", "result", "attempts")),
}))
"""


@pytest.fixture
def home(tmp_path: Path):
    with server_home(tmp_path / "home") as made:
        yield made


def python(home: ServerHome, program: str, *arguments: str) -> str:
    environ = {**home.environ, "DJANGO_SETTINGS_MODULE": "suppilo.web.settings"}
    done = subprocess.run(
        [os.sys.executable, "-c", program, *arguments],
        env=environ, check=True, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    return done.stdout


def read(home: ServerHome) -> dict:
    import json

    return json.loads(python(home, _READ))


def all_done(home: ServerHome) -> bool:
    return all(job["state"] == "done" for job in read(home)["jobs"])


def test_four_workers_have_each_job_once(home: ServerHome, tmp_path: Path) -> None:
    gate, stop = tmp_path / "gate", tmp_path / "stop"
    gate.mkdir()
    (gate / "go").touch()
    python(home, _QUEUE, "40", str(gate))
    workers = [home.start_python(WORKER, "30", str(stop)) for _ in range(4)]
    wait_until(lambda: all_done(home), home.log.read_text)
    stop.touch()
    assert [worker.wait(20) for worker in workers] == [0, 0, 0, 0]
    found = read(home)
    assert len(found["effects"]) == 40
    assert all(job["attempts"] == 1 for job in found["jobs"])


def test_frozen_worker_comes_back_late_and_changes_nothing(
    home: ServerHome, tmp_path: Path
) -> None:
    gate, stop = tmp_path / "gate", tmp_path / "stop"
    gate.mkdir()
    python(home, _QUEUE, "1", str(gate))
    frozen = home.start_python(WORKER, "2", str(stop))
    wait_until((gate / f"began-{frozen.pid}").exists, home.log.read_text)
    frozen.send_signal(signal.SIGSTOP)
    other = home.start_python(WORKER, "2", str(stop))
    wait_until((gate / f"began-{other.pid}").exists, home.log.read_text)
    (gate / "go").touch()
    wait_until(lambda: all_done(home), home.log.read_text)
    frozen.send_signal(signal.SIGCONT)
    wait_until(lambda: "taken over" in home.log.read_text(), home.log.read_text)
    stop.touch()
    assert frozen.wait(20) == 0
    found = read(home)
    assert len(found["effects"]) == 1
    assert found["effects"][0].endswith(f"by {other.pid}")
    assert found["jobs"][0]["result"] == f"by {other.pid}"


def test_job_of_a_killed_worker_is_done_by_the_next(home: ServerHome, tmp_path: Path) -> None:
    gate, stop = tmp_path / "gate", tmp_path / "stop"
    gate.mkdir()
    python(home, _QUEUE, "1", str(gate))
    killed = home.start_python(WORKER, "1", str(stop))
    wait_until((gate / f"began-{killed.pid}").exists, home.log.read_text)
    killed.kill()
    killed.wait()
    (gate / "go").touch()
    home.start_python(WORKER, "1", str(stop))
    wait_until(lambda: all_done(home), home.log.read_text)
    stop.touch()
    assert len(read(home)["effects"]) == 1
    assert read(home)["jobs"][0]["attempts"] == 2

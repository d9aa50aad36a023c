"""The parent of the processes: back-off, giving up, killing what does not end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic

import pytest

PARENT = """
import sys
from suppilo.apps.operations import supervise
from suppilo.apps.operations.logs import setup_logging
setup_logging("text")
supervise.FIRST_PAUSE_S = 0.05
supervise.STOP_WITHIN_S = 1.0
spec = supervise.ChildSpec("child", (sys.executable, "-c", sys.argv[1]))
sys.exit(supervise.Supervisor([spec], on_stop=lambda: print("stopping", flush=True)).run())
"""
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    "print('up', flush=True); time.sleep(60)"
)


def start(child: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PARENT, child],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_child_that_always_crashes_is_given_up_with_a_reason() -> None:
    out, err = start("raise SystemExit(3)").communicate(timeout=60)
    assert "stopping" in out
    assert err.count("starting it again") == 4
    assert "giving up" in err
    assert "exit code 3" in err


def test_child_that_does_not_end_is_killed_and_the_exit_code_says_so() -> None:
    parent = start(STUBBORN)
    assert parent.stdout is not None
    assert parent.stdout.readline() == "up\n"
    began_s = monotonic()
    parent.terminate()
    _, err = parent.communicate(timeout=30)
    assert parent.returncode == 1
    assert "killed" in err
    assert monotonic() - began_s < 20


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signal_reaches_the_child_and_the_end_is_clean(number: int, tmp_path: Path) -> None:
    child = (
        "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(0)); "
        "print('up', flush=True); time.sleep(60)"
    )
    parent = start(child)
    assert parent.stdout is not None
    assert parent.stdout.readline() == "up\n"
    os.kill(parent.pid, number)
    parent.communicate(timeout=30)
    assert parent.returncode == 0


def test_child_shares_its_memory_among_threads_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("MALLOC_ARENA_MAX", raising=False)
    monkeypatch.setenv("ARROW_DEFAULT_MEMORY_POOL", "mimalloc")
    child = (
        "import os, time; "
        "print(*map(os.environ.get, ('MALLOC_ARENA_MAX', 'ARROW_DEFAULT_MEMORY_POOL')), "
        "flush=True); time.sleep(60)"
    )
    parent = start(child)
    assert parent.stdout is not None
    assert parent.stdout.readline() == "2 mimalloc\n"
    parent.terminate()
    parent.communicate(timeout=30)

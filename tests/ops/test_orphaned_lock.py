"""A server that was killed does not keep the next one from starting."""

import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from suppilo.apps.operations.locks import AlreadyRunningError, lock_file, lock_role

# A parent that takes the lock, gives it to a child that ends by itself, and waits.
PARENT = """
import subprocess, sys, time
from pathlib import Path
from suppilo.apps.operations.locks import lock_role
lock = lock_role(Path(sys.argv[1]), "web")
subprocess.Popen(["sleep", sys.argv[2]], pass_fds=[lock], stdout=subprocess.DEVNULL)
print("locked", flush=True)
time.sleep(60)
"""


def start_parent(home, child_s):
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(home), str(child_s)],
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    with parent.stdout:
        parent.stdout.readline()
    return parent


def test_start_waits_for_the_children_of_a_killed_server(tmp_path):
    parent = start_parent(tmp_path, 2)
    parent.kill()
    parent.wait()
    with pytest.raises(BlockingIOError), lock_file(tmp_path, "web").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(lock_role(tmp_path, "web"))
    assert json.loads(lock_file(tmp_path, "web").read_text()) == {"pid": os.getpid()}


def test_start_beside_a_running_server_is_refused_at_once(tmp_path):
    parent = start_parent(tmp_path, 60)
    try:
        began_s = time.monotonic()
        with pytest.raises(AlreadyRunningError, match=f"process {parent.pid}"):
            lock_role(tmp_path, "web")
        assert time.monotonic() - began_s < 5
    finally:
        os.killpg(parent.pid, signal.SIGKILL)
        parent.wait()


def test_lock_without_a_readable_owner_is_refused(tmp_path):
    descriptor = lock_role(tmp_path, "web")
    os.ftruncate(descriptor, 0)
    found = []
    thread = threading.Thread(target=lambda: found.append(_refusal(tmp_path)))
    thread.start()
    thread.join(10)
    os.close(descriptor)
    assert "process unknown" in found[0]


def _refusal(home):
    with pytest.raises(AlreadyRunningError) as caught:
        lock_role(home, "web")
    return str(caught.value)

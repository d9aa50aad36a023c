"""Processes that work on a lake and are killed meanwhile."""

from __future__ import annotations

import multiprocessing
import time

# A server that has everything loaded and has opened nothing: its children start in milliseconds.
processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(
    # pandas, because Arrow loads it where it is installed: a second before the first write.
    ["suppilo.lake.write", "suppilo.lake.compact", "suppilo.lake.read", "pyarrow.parquet", "pandas"]
)


def run_and_kill(target, folder, first, seconds):
    """Run a process, kill it with SIGKILL after ``seconds`` of work, and return what it said."""
    ours, theirs = processes.Pipe(duplex=False)
    process = processes.Process(target=target, args=(folder, first, theirs))
    process.start()
    theirs.close()
    assert ours.recv() == "ready"
    time.sleep(seconds)
    process.kill()
    process.join()
    said = []
    try:
        while True:
            said.append(ours.recv())
    except EOFError:
        return said

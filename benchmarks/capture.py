"""Events over HTTP: how many, how fast, with how many ids known; beside a plain unique index.

A real server as ``suppilo serve`` starts it, one client process, and somebody who looks at a funnel
every two seconds: first as much as the server takes, then half of that, for how long an answer
takes where there is no queue. "Per core" is by the processor time that the web process took. The
peer is one SQLite table with a unique index on (source, id) as text, filled with as many ids, and
committed to in groups of the same size: the usual way to have each event once.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parents[1]
RUNS = (0.3, 0.3, 0.2, 0.1, 0.05, 0.03, 0.01, 0.005, 0.005)
"""Shares of the ids in files of these sizes, as merging leaves them."""

PREPARE = """
import json, sys, django; django.setup()
import numpy as np
from pathlib import Path
from django.conf import settings
from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.services.tokens import make_token
from suppilo.apps.capture.ids import Ids, write_run
from suppilo.apps.capture.models import IdRun
from suppilo.apps.capture.services import make_source
owner = User.objects.get(role="owner")
random = np.random.default_rng(1)
for number, share in enumerate(json.loads(sys.argv[2])):
    count = int(share * int(sys.argv[1]))
    if count:
        first = np.sort(random.integers(0, 2**64, count, np.uint64))
        ids = Ids(first, random.integers(0, 2**64, count, np.uint64), np.zeros(count, np.uint32))
        write_run(Path(settings.SUPPILO.home) / "ids" / f"bench{number}.ids", ids)
        IdRun.objects.create(file=f"bench{number}.ids", count=count)
source = make_source(owner, "Bench", "server")
print(json.dumps([source.keys.get().key, make_token(owner, "bench")[1]]))
"""


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ids", type=int, default=10_000_000, help="ids known before")
    parser.add_argument("--seconds", type=float, default=20, help="of each measurement")
    parser.add_argument("--json", type=Path, help="write everything measured to this file")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    """Measure at an empty table and at many ids, and print a table."""
    chosen = parse_arguments(arguments)
    found: dict[str, Any] = {"load_before": os.getloadavg(), "measured": []}
    for ids in (0, chosen.ids):
        with server(ids) as running:
            for name, batch, connections in (("single", 1, 48), ("batches of 100", 100, 12)):
                measured = measure(running, batch, connections, chosen.seconds)
                found["measured"].append({"ids": ids, "what": name, **measured})
                rate = measured["requests"] / measured["seconds"] / 2
                measured = measure(running, batch, connections, chosen.seconds, rate)
                found["measured"].append({"ids": ids, "what": f"{name}, half", **measured})
    found["peer"] = [peer(ids, chosen.seconds) for ids in (0, chosen.ids)]
    print(render(found))
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=2), "utf-8")
    return 0


@contextmanager
def server(ids: int) -> Iterator[dict[str, Any]]:
    """Start a server in a folder of its own, with so many ids known."""
    home = Path(tempfile.mkdtemp(prefix="suppilo-bench-"))
    environ = {
        **os.environ,
        "SUPPILO_HOME": str(home / "home"),
        "DJANGO_SETTINGS_MODULE": "suppilo.web.settings",
        "DATABASE_URL": "",
    }
    port = 8790
    run = [sys.executable, "-m", "suppilo"]
    quiet = {"env": environ, "stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
    subprocess.run([*run, "init", "--owner", "owner@example.com"], check=True, **quiet)
    made = subprocess.run(
        [sys.executable, "-c", PREPARE, str(ids), json.dumps(RUNS)],
        env=environ, check=True, capture_output=True, text=True,
    )  # fmt: skip
    key, token = json.loads(made.stdout.splitlines()[-1])
    with (home / "log").open("wb") as log:
        parent = subprocess.Popen([*run, "serve", "--port", str(port)], **quiet, stderr=log)
    try:
        wait_for(port)
        send_one(port, key)
        yield {"port": port, "key": key, "token": token, "parent": psutil.Process(parent.pid)}
    finally:
        parent.terminate()
        parent.wait(60)
        shutil.rmtree(home)


def wait_for(port: int) -> None:
    """Wait until the server answers."""
    for _ in range(600):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/live", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the server did not start")


def send_one(port: int, key: str) -> None:
    """Send the event that a funnel needs to be asked for at all."""
    event = {"type": "track", "event": "Product Viewed", "userId": "first", "messageId": "first"}
    body = json.dumps({"batch": [event], "writeKey": key}).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/v1/batch", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        answer.read()


def measure(
    running: dict[str, Any], batch: int, connections: int, seconds: float, rate: float = 0.0
) -> Any:
    """Send for some seconds while somebody looks at a funnel.

    Parameters
    ----------
    rate
        Requests a second; 0: as many as the server takes.
    """
    web, worker = find_processes(running["parent"])
    looking = Looker(running)
    looking.look()  # the first answer loads what it is computed with: once in a server's life
    before = [sum(process.cpu_times()[:2]) for process in (web, worker)]
    memory_before = own_mb(web)
    looking.start()
    specification = {
        "host": "127.0.0.1", "port": running["port"], "key": running["key"],
        "batch": batch, "connections": connections, "seconds": seconds, "rate": rate,
    }  # fmt: skip
    sent = subprocess.run(
        [sys.executable, "-m", "benchmarks.load", json.dumps(specification)],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    looking.over.set()
    looking.join()
    found = json.loads(sent.stdout)
    web_s, worker_s = (
        sum(process.cpu_times()[:2]) - cpu
        for process, cpu in zip((web, worker), before, strict=True)
    )
    return {
        **found,
        "events_per_s": found["requests"] * batch / found["seconds"],
        "events_per_core_s": found["requests"] * batch / web_s,
        "worker_cpu_s": worker_s,
        "memory_mb": [memory_before, own_mb(web)],
        "funnel_ms": [round(1e3 * s) for s in looking.took_s],
    }


def own_mb(process: psutil.Process) -> int:
    """Return the memory that is the process's own, without the pages of files that it looks at."""
    info = process.memory_info()
    return round((info.rss - info.shared) / 2**20)


def find_processes(parent: psutil.Process) -> tuple[psutil.Process, psutil.Process]:
    """Return the web process and the worker of a running server."""
    children = parent.children()
    web = next(child for child in children if "web" in child.cmdline())
    return web, next(child for child in children if "worker" in child.cmdline())


class Looker(threading.Thread):
    """Asks for a funnel every two seconds, and keeps how long each answer took."""

    def __init__(self, running: dict[str, Any]) -> None:
        super().__init__(daemon=True)
        self.over = threading.Event()
        self.took_s: list[float] = []
        steps = [{"event": "Product Viewed"}, {"event": "Product Viewed"}]
        self._request = urllib.request.Request(
            f"http://127.0.0.1:{running['port']}/api/funnels/ask",
            json.dumps({"definition": {"steps": steps, "window": "7d"}}).encode(),
            {"Authorization": f"Bearer {running['token']}", "Content-Type": "application/json"},
        )

    def run(self) -> None:
        while not self.over.wait(2):
            self.took_s.append(self.look())

    def look(self) -> float:
        """Ask once, and return the seconds it took."""
        begun = time.perf_counter()
        try:
            with urllib.request.urlopen(self._request, timeout=60) as answer:
                answer.read()
        except OSError as error:
            print(f"the funnel was not answered: {error}", file=sys.stderr)
        return time.perf_counter() - begun


def peer(ids: int, seconds: float) -> dict[str, Any]:
    """Insert into one table with a unique index on source and id, a hundred a commit."""
    folder = Path(tempfile.mkdtemp(prefix="suppilo-bench-peer-"))
    base = sqlite3.connect(folder / "peer.sqlite3", isolation_level=None)
    base.executescript(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA cache_size=-65536;"
        "CREATE TABLE event (seq INTEGER PRIMARY KEY, source INTEGER, id TEXT, payload BLOB)"
    )
    payload = b"x" * 600
    base.execute("BEGIN")
    rows = ((1, str(uuid.uuid4()), b"") for _ in range(ids))
    base.executemany("INSERT INTO event (source, id, payload) VALUES (?, ?, ?)", rows)
    base.execute("COMMIT")
    base.execute("CREATE UNIQUE INDEX once ON event (source, id)")
    base.execute("PRAGMA synchronous=FULL")
    begun, cpu, count = time.monotonic(), time.process_time(), 0
    while time.monotonic() - begun < seconds:
        group = [(1, str(uuid.uuid4()), payload) for _ in range(100)]
        base.execute("BEGIN IMMEDIATE")
        base.executemany("INSERT OR IGNORE INTO event (source, id, payload) VALUES (?,?,?)", group)
        base.execute("COMMIT")
        count += len(group)
    took_s, cpu_s = time.monotonic() - begun, time.process_time() - cpu
    base.close()
    shutil.rmtree(folder)
    return {"ids": ids, "events_per_s": count / took_s, "events_per_core_s": count / cpu_s}


def render(found: dict[str, Any]) -> str:
    """Return what was measured as a table of text."""
    lines = [
        f"load before: {found['load_before'][0]:.1f}",
        f"{'ids known':>12} {'what':<20} {'events/s':>10} {'per core':>10} {'p50 ms':>8} "
        f"{'p99 ms':>8} {'memory MB':>12}  funnel ms (median), statuses",
    ]
    for row in found["measured"]:
        looked = sorted(row["funnel_ms"]) or [0]
        lines.append(
            f"{row['ids']:>12,} {row['what']:<20} {row['events_per_s']:>10,.0f} "
            f"{row['events_per_core_s']:>10,.0f} {row['p50_ms']:>8.1f} {row['p99_ms']:>8.1f} "
            f"{row['memory_mb'][0]:>5} > {row['memory_mb'][1]:<4}  "
            f"{looked[len(looked) // 2]} {row['statuses']}"
        )
    lines += [
        f"{row['ids']:>12,} {'unique index':<20} {row['events_per_s']:>10,.0f} "
        f"{row['events_per_core_s']:>10,.0f}"
        for row in found["peer"]
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

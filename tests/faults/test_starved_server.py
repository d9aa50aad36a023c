"""A server without descriptors, without room, with a slow disk, with a full queue, for long."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import psutil
import pytest
from django.db import connection

from capture_support.asgi_calls import call
from faults_support.stubborn_clients import check_delivered, stubborn_clients
from ops_support.senders import Sender, make_key
from ops_support.server_homes import ON_POSTGRES, ServerHome, server_home, wait_until
from suppilo.apps.capture import store as stores
from suppilo.apps.capture.http import CaptureApp
from suppilo.apps.capture.models import Source, SourceKey
from suppilo.apps.capture.store import Store

SOAK_S = float(os.environ.get("SUPPILO_SOAK_S", "10"))
TRACK = {"type": "track", "event": "Seen", "userId": "u"}


@pytest.fixture
def home(tmp_path: Path) -> Iterator[ServerHome]:
    with server_home(tmp_path / "home") as made:
        yield made


def web_process(parent: int) -> psutil.Process:
    children = psutil.Process(parent).children()
    return next(child for child in children if "web" in child.cmdline())


def send_on(line: HTTPConnection, key: str, event_id: str) -> int:
    """Send an event on a connection that is kept."""
    body = json.dumps({"batch": [TRACK | {"messageId": event_id}], "writeKey": key})
    line.request("POST", "/v1/batch", body, {"Content-Type": "application/json"})
    with line.getresponse() as answer:
        answer.read()
        return answer.status


def test_server_without_descriptors_waits_for_some_and_loses_nothing(home: ServerHome) -> None:
    key = make_key(home)
    process, address = home.serve()
    web, port = web_process(process.pid), int(address.rsplit(":", 1)[1])
    line = HTTPConnection("127.0.0.1", port, timeout=30)
    assert send_on(line, key, "before") == 200
    usual = web.rlimit(psutil.RLIMIT_NOFILE)
    web.rlimit(psutil.RLIMIT_NOFILE, (web.num_fds(), usual[1]))
    waiting = [socket.create_connection(("127.0.0.1", port)) for _ in range(20)]
    busy_s = sum(web.cpu_times()[:2])
    meanwhile = send_on(line, key, "meanwhile")
    assert meanwhile in {200, 503}
    threading.Event().wait(3)
    assert sum(web.cpu_times()[:2]) - busy_s < 2, "it does not try without pause"
    for one in waiting:
        one.close()
    web.rlimit(psutil.RLIMIT_NOFILE, usual)
    wait_until(lambda: Sender(address, key).send(["after"]) == 200, home.log.read_text, 30)
    assert send_on(line, key, "meanwhile") == 200
    line.close()
    assert web.is_running()
    assert home.log.read_text().count("\n") < 300


@pytest.mark.skipif(ON_POSTGRES, reason="about SQLite's files")
def test_disk_that_fails_is_503_and_what_was_sent_arrives_afterwards(home: ServerHome) -> None:
    key = make_key(home)
    process, address = home.serve()
    web = web_process(process.pid)
    with stubborn_clients(address, key, 2) as clients:
        wait_until(lambda: all(one.acked for one in clients), home.log.read_text)
        usual = web.rlimit(psutil.RLIMIT_FSIZE)
        web.rlimit(psutil.RLIMIT_FSIZE, (4096, usual[1]))  # every write fails from now on
        wait_until(lambda: all(503 in one.statuses for one in clients), home.log.read_text)
        lines = home.log.read_text().count("\n")
        threading.Event().wait(3)
        assert home.log.read_text().count("\n") - lines < 100
        web.rlimit(psutil.RLIMIT_FSIZE, usual)
        delivered = [len(one.acked) for one in clients]
        wait_until(
            lambda: all(len(c.acked) > n for c, n in zip(clients, delivered, strict=True)),
            home.log.read_text,
        )
    assert set.union(*(one.statuses for one in clients)) <= {200, 503}
    process.terminate()
    assert process.wait(20) == 0
    check_delivered(home, clients)


@pytest.mark.skipif(ON_POSTGRES, reason="PostgreSQL syncs by itself")
@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_slow_disk_slows_answers_and_nothing_else(home: ServerHome) -> None:
    key = make_key(home)
    process, address = home.serve()
    web = web_process(process.pid)
    calls = "fsync,fdatasync"
    tracer = subprocess.Popen(
        ["strace", "-f", "-qq", "-o", "/dev/null", "-p", str(web.pid), "-e", f"trace={calls}",
         "-e", f"inject={calls}:delay_exit=200000"],
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        with stubborn_clients(address, key, 6) as clients:
            wait_until(lambda: all(len(one.acked) > 10 for one in clients), home.log.read_text)
            before = web.memory_info().rss
            threading.Event().wait(4)
            grown = web.memory_info().rss - before
    finally:
        tracer.terminate()
        tracer.wait()
    assert grown < 32 << 20
    assert set.union(*(one.statuses for one in clients)) <= {200, 503}
    assert 0.15 < max(one.longest_s for one in clients) < 8
    process.terminate()
    assert process.wait(20) == 0
    check_delivered(home, clients)


@pytest.mark.timeout(300 + 2 * SOAK_S)
def test_server_under_steady_load_grows_neither_memory_nor_descriptors(home: ServerHome) -> None:
    key = make_key(home)
    process, address = home.serve()
    family = psutil.Process(process.pid).children()
    with stubborn_clients(address, key, 2) as clients:
        for one in clients:
            one.pause_s = 2 * one.batch / 200  # 200 events a second in all
        # What writes event tables is loaded with the first flush.
        wait_until(lambda: len(list(home.folder.glob("ids/flush-*.ids"))) > 1, home.log.read_text)
        before = [(one.memory_info().rss, one.num_fds()) for one in family]
        threading.Event().wait(SOAK_S)
        after = [(one.memory_info().rss, one.num_fds()) for one in family]
    for (rss, files), (rss_after, files_after) in zip(before, after, strict=True):
        assert rss_after - rss < 48 << 20
        assert files_after - files < 12
    assert set.union(*(one.statuses for one in clients)) == {200}
    process.terminate()
    assert process.wait(20) == 0
    check_delivered(home, clients)


@pytest.mark.skipif(ON_POSTGRES, reason="the lock is SQLite's")
@pytest.mark.django_db(transaction=True)
def test_full_queue_is_said_to_clients_at_once(tmp_path: Path, monkeypatch) -> None:
    source = Source.objects.create(name="Shop", kind="server")
    SourceKey.objects.create(source=source, key="wk_shop")
    store = Store(tmp_path, max_events=1_000, reserve_bytes=1 << 16)
    store.start()
    monkeypatch.setattr(stores, "_store", store)
    app, heard = CaptureApp(), []

    def send(prefix: str, count: int) -> int:
        batch = [TRACK | {"messageId": f"{prefix}-{n}"} for n in range(count)]
        body = json.dumps({"batch": batch, "writeKey": "wk_shop"}).encode()
        return call(app, "POST", "/v1/batch", body).status

    assert send("first", 1) == 200
    other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    threads = [threading.Thread(target=lambda n=n: heard.append(send(f"t{n}", 500)))
               for n in range(5)]  # fmt: skip
    for one in threads:
        one.start()
    wait_until(lambda: store.depth[0] >= 1_000, within_s=10)
    took_s = []
    for n in range(10):
        began_s = time.perf_counter()
        assert send(f"late{n}", 1) == 503
        took_s.append(time.perf_counter() - began_s)
    assert min(took_s) < 0.05
    assert store.depth[0] <= 1_500
    other.execute("ROLLBACK")
    other.close()
    for one in threads:
        one.join()
    assert set(heard) <= {200, 503}
    wait_until(lambda: send("again", 1) == 200, within_s=10)
    assert store.drain()


@pytest.mark.skipif(ON_POSTGRES, reason="about SQLite's files")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")
def test_folder_that_can_not_be_written_is_said_and_left_alone(home: ServerHome) -> None:
    folder = str(home.folder)
    subprocess.run(["mount", "--bind", folder, folder], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True)
        done = home.run("serve", code=None)
        assert done.returncode == 2, done.stderr
        assert folder in done.stderr
        assert "Traceback" not in done.stderr
    finally:
        subprocess.run(["umount", "-l", folder], check=True)
    assert home.run("check", code=None).returncode == 0

"""``suppilo serve`` as a process tree: starts, crashes, second servers, stops under load."""

from __future__ import annotations

import json
import signal
import sqlite3
from pathlib import Path
from time import monotonic

import psutil
import pytest

from ops_support.senders import Sender, make_key, read_stored
from ops_support.server_homes import (
    ON_POSTGRES,
    ServerHome,
    free_port,
    get,
    server_home,
    wait_until,
)


@pytest.fixture
def home(tmp_path: Path):
    with server_home(tmp_path / "home") as made:
        yield made


def role_of(home: ServerHome, parent: int, role: str) -> psutil.Process:
    """Return the child that does this."""
    children = psutil.Process(parent).children()
    return next(child for child in children if role in child.cmdline())


def ready(address: str) -> bool:
    return get(f"{address}/health/ready").status == 200


def test_server_under_load_stops_within_ten_seconds_and_loses_nothing(home: ServerHome) -> None:
    key = make_key(home)
    process, address = home.serve()
    senders = [Sender(address, key) for _ in range(4)]
    for sender in senders:
        sender.start()
    wait_until(lambda: all(len(sender.acked) > 50 for sender in senders), home.log.read_text)
    began_s = monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(15) == 0, home.log.read_text()
    assert monotonic() - began_s < 10
    for sender in senders:
        sender.stop()
    assert set.union(*(sender.statuses for sender in senders)) <= {0, 200, 503}
    acked = set.union(*(sender.acked for sender in senders))
    stored = read_stored(home)
    assert acked <= set(stored["ids"])
    assert len(stored["ids"]) == len(set(stored["ids"]))
    for count in stored["counts"]:
        parts = ("stored", "duplicate", "quarantined", "suppressed", "filtered")
        assert count["received"] == sum(count[part] for part in parts)
    assert home.run("check", "--json").returncode == 0


@pytest.mark.any_database
def test_second_server_on_the_folder_is_refused_and_told_who_has_it(home: ServerHome) -> None:
    process, _ = home.serve()
    done = home.run("serve", "--port", str(free_port()), code=2)
    assert str(home.folder) in done.stderr
    assert str(process.pid) in done.stderr
    for role in ("web", "worker"):
        assert "already runs" in home.run(role, code=2).stderr


@pytest.mark.any_database
def test_port_in_use_is_said_before_anything_is_started(home: ServerHome) -> None:
    _, address = home.serve()
    other = home.folder.with_name("other")
    with server_home(other) as second:
        done = second.run("serve", "--port", address.rsplit(":", 1)[1], code=2)
    assert "--port" in done.stderr


def test_killed_web_process_is_started_again(home: ServerHome) -> None:
    process, address = home.serve()
    first = role_of(home, process.pid, "web")
    first.kill()
    wait_until(
        lambda: any(
            child.pid != first.pid and "web" in child.cmdline()
            for child in psutil.Process(process.pid).children()
            if child.status() != psutil.STATUS_ZOMBIE
        ),
        home.log.read_text,
    )
    wait_until(lambda: get(f"{address}/health/live").status == 200, home.log.read_text)
    assert "signal SIGKILL" in home.log.read_text()


def test_children_end_when_the_parent_is_killed(home: ServerHome) -> None:
    process, address = home.serve()
    children = psutil.Process(process.pid).children()
    process.kill()
    process.wait()
    _, alive = psutil.wait_procs(children, timeout=20)
    assert not alive
    assert get(f"{address}/health/live").status == 0
    home.serve()


def test_readiness_turns_red_when_the_worker_is_gone_and_green_again(home: ServerHome) -> None:
    process, address = home.serve()
    wait_until(lambda: ready(address), lambda: home.log.read_text())
    worker = role_of(home, process.pid, "worker")
    worker.suspend()
    wait_until(lambda: get(f"{address}/health/ready").status == 503, within_s=60)
    assert "no worker" in get(f"{address}/health/ready").json()["signs"]["worker"]
    worker.resume()
    wait_until(lambda: ready(address), home.log.read_text)


@pytest.mark.skipif(ON_POSTGRES, reason="about the SQLite file")
def test_locked_database_is_503_and_not_500_and_passes(home: ServerHome) -> None:
    key = make_key(home)
    _, address = home.serve()
    wait_until(lambda: ready(address), home.log.read_text)
    sender = Sender(address, key)
    with sqlite3.connect(home.folder / "suppilo.sqlite3", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        assert sender.send(["while-locked"]) == 503
        answer = get(f"{address}/health/ready")
        assert answer.status == 503
        assert "database" in {k for k, v in answer.json()["signs"].items() if v != "ok"}
        assert get(f"{address}/login/").status in {200, 302}
        other.execute("COMMIT")
    other.close()
    assert sender.send(["after"]) == 200
    wait_until(lambda: ready(address), home.log.read_text)
    assert read_stored(home)["ids"].count("after") == 1


@pytest.mark.skipif(ON_POSTGRES, reason="about the SQLite file")
@pytest.mark.parametrize("harm", ["missing", "empty", "cut", "text"])
def test_lost_or_damaged_database_is_never_replaced_by_an_empty_one(
    home: ServerHome, harm: str
) -> None:
    file = home.folder / "suppilo.sqlite3"
    content = file.read_bytes()
    left = {"missing": None, "empty": b"", "cut": content[: len(content) // 2], "text": b"x" * 9000}
    file.unlink()
    if left[harm] is not None:
        file.write_bytes(left[harm])
    for command in ("serve", "init", "web"):
        done = home.run(command, code=2)
        assert str(file) in done.stderr
        assert "suppilo restore" in done.stderr
    assert (file.read_bytes() if file.exists() else None) == left[harm]
    findings = json.loads(home.run("check", "--json", code=1).stdout)
    assert any(f["level"] == "error" and f["subject"] == "database" for f in findings)


def test_database_of_a_newer_version_is_refused(home: ServerHome) -> None:
    from ops_support.senders import in_home

    in_home(
        home,
        "import django; django.setup()\n"
        "from django.db.migrations.recorder import MigrationRecorder as R\n"
        "from django.db import connection\n"
        "R(connection).record_applied('jobs', '0999_from_the_future')",
    )
    done = home.run("serve", code=2)
    assert "newer version" in done.stderr
    assert "jobs.0999_from_the_future" in done.stderr


def test_folder_without_a_server_is_not_made_one_by_serving(tmp_path: Path) -> None:
    done = ServerHome(tmp_path / "none").run("serve", code=2)
    assert "suppilo init" in done.stderr
    assert not (tmp_path / "none").exists()


def test_folder_with_other_things_is_not_made_a_server(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "cat.jpg").touch()
    done = ServerHome(folder).run("init", code=2)
    assert "cat.jpg" in done.stderr
    assert [path.name for path in folder.iterdir()] == ["cat.jpg"]


def test_files_are_their_owners_alone(home: ServerHome) -> None:
    for path in home.folder.rglob("*"):
        assert not path.stat().st_mode & 0o077, path
    assert home.folder.stat().st_mode & 0o777 == 0o700

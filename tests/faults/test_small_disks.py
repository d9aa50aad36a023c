"""Disks that are full, and disks that break, under a running server and under its commands."""

from __future__ import annotations

import gc
import io
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook
from xlsxwriter.exceptions import FileCreateError

from faults_support.small_disks import SmallDisk, home_on, small_disk
from faults_support.stubborn_clients import check_delivered, stubborn_clients
from ops_support.senders import in_home, make_key, read_stored
from ops_support.server_homes import ON_POSTGRES, ServerHome, get, wait_until
from people_support.people_world import evidence, user
from suppilo.apps.config import Config
from suppilo.apps.operations.wal import checkpoint, wal_bytes
from suppilo.apps.people.services import record_evidence
from web_support.accounts import client_for

pytestmark = pytest.mark.skipif(ON_POSTGRES, reason="about SQLite's files")

TRACK = {"type": "track", "event": "Seen", "userId": "u"}
_UNDO_LAST = """
import django; django.setup()
from django.core.management import call_command
call_command("migrate", "watch", "zero", verbosity=0)
"""
_MAKE_READER = """
import django; django.setup()
from suppilo.apps.accounts.models import Role, User
from suppilo.apps.accounts.services.tokens import make_token
user = User.objects.create(email="reader@example.com", name="Reader", role=Role.ADMIN)
print(make_token(user, "reading")[1])
"""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", 64) as mounted:
        yield mounted


@pytest.fixture
def home(disk: SmallDisk, tmp_path: Path) -> Iterator[ServerHome]:
    with home_on(disk, tmp_path / "home") as made:
        yield made


def send(address: str, key: str, event_id: str) -> tuple[int, str | None]:
    """Send an event; return the status, and when to come again."""
    body = json.dumps({"batch": [TRACK | {"messageId": event_id}], "writeKey": key})
    with closing(HTTPConnection(address.removeprefix("http://"), timeout=30)) as line:
        line.request("POST", "/v1/batch", body, {"Content-Type": "application/json"})
        with line.getresponse() as answer:
            answer.read()
            return answer.status, answer.getheader("Retry-After")


def make_reader(home: ServerHome) -> str:
    return in_home(home, _MAKE_READER).strip()


def read_people(address: str, token: str) -> list[dict[str, object]]:
    answer = get(f"{address}/api/people", Authorization=f"Bearer {token}")
    assert answer.status == 200, answer.body
    return answer.json()["people"]


def test_server_on_a_full_disk_refuses_shows_what_it_has_and_recovers_alone(
    disk: SmallDisk, home: ServerHome
) -> None:
    key, token = make_key(home), make_reader(home)
    process, address = home.serve()
    wait_until(lambda: get(f"{address}/health/ready").status == 200, home.log.read_text)
    with stubborn_clients(address, key, 2) as clients:
        wait_until(lambda: all(one.acked for one in clients), home.log.read_text)
        wait_until(lambda: read_people(address, token), home.log.read_text)
        with disk.filled():
            wait_until(lambda: all(503 in one.statuses for one in clients), home.log.read_text)
            wait_until(lambda: get(f"{address}/health/ready").status == 503, home.log.read_text)
            assert b"MB are free" in get(f"{address}/health/ready").body
            assert send(address, key, "meanwhile") == (503, "1")
            assert get(f"{address}/health/live").status == 200
            assert read_people(address, token)
            lines = home.log.read_text().count("\n")
        delivered = [len(one.acked) for one in clients]
        wait_until(
            lambda: all(len(c.acked) > n for c, n in zip(clients, delivered, strict=True)),
            home.log.read_text,
        )
        wait_until(lambda: get(f"{address}/health/ready").status == 200, home.log.read_text)
    assert lines < 400
    assert set.union(*(one.statuses for one in clients)) == {200, 503}
    process.terminate()
    assert process.wait(20) == 0
    check_delivered(home, clients)


def read_schema(home: ServerHome) -> list[str]:
    with sqlite3.connect(home.folder / "suppilo.sqlite3") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        rows = database.execute("SELECT name FROM sqlite_master ORDER BY name").fetchall()
        rows += database.execute("SELECT app || name FROM django_migrations ORDER BY 1").fetchall()
    return [name for (name,) in rows]


def test_migration_on_a_full_disk_changes_nothing_and_is_made_when_there_is_room(
    disk: SmallDisk, home: ServerHome
) -> None:
    whole = read_schema(home)
    in_home(home, _UNDO_LAST)
    before = read_schema(home)
    assert before != whole
    with disk.filled(leave=96 << 10):
        done = home.run("init", code=None)
    assert done.returncode == 2, done.stderr
    assert "the disk is full" in done.stderr
    assert "Traceback" not in done.stderr
    assert read_schema(home) == before
    home.run("init")
    assert read_schema(home) == whole


def test_log_that_has_no_room_to_be_written_back_stays_and_loses_nothing(
    disk: SmallDisk,
) -> None:
    config = Config(home=disk.folder, secret_key="x" * 50)
    database = sqlite3.connect(disk.folder / "suppilo.sqlite3", isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA wal_autocheckpoint=1000000")
    database.execute("CREATE TABLE rows (value)")
    for _ in range(100):
        database.execute("INSERT INTO rows VALUES (randomblob(20000))")
    with disk.filled():
        assert not checkpoint(config)
        assert database.execute("SELECT count(*) FROM rows").fetchone() == (100,)
    assert checkpoint(config)
    assert wal_bytes(config) == 0
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert database.execute("SELECT count(*) FROM rows").fetchone() == (100,)
    database.close()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.django_db
def test_export_without_room_breaks_off_leaves_nothing_and_is_made_later(
    disk: SmallDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_evidence("source:1", evidence(*(user(f"user-{number}") for number in range(20))))
    client = client_for("analyst")
    monkeypatch.setattr(tempfile, "tempdir", str(disk.folder))
    with disk.filled():
        with pytest.raises((OSError, FileCreateError)):
            b"".join(client.get("/people/export/xlsx/").streaming_content)
        gc.collect()  # the half workbook's files say here that they could not be closed
        assert [file.name for file in disk.folder.iterdir()] == ["filler"]
    made = io.BytesIO(b"".join(client.get("/people/export/xlsx/").streaming_content))
    rows = CalamineWorkbook.from_filelike(made).get_sheet_by_index(0).to_python()
    assert len(rows) == 21
    assert not list(disk.folder.iterdir())


def test_server_whose_disk_turns_read_only_refuses_reads_on_and_has_lost_nothing(
    tmp_path: Path,
) -> None:
    with small_disk(tmp_path / "disk", 96, "ext4") as disk, home_on(disk, tmp_path / "h") as home:
        key, token = make_key(home), make_reader(home)
        process, address = home.serve()
        assert send(address, key, "before") == (200, None)
        reader = {"Authorization": f"Bearer {token}"}
        wait_until(lambda: get(f"{address}/api/people", **reader).json()["people"])
        disk.break_off()
        wait_until(lambda: send(address, key, "meanwhile")[0] == 503, home.log.read_text, 30)
        assert get(f"{address}/health/live").status == 200
        assert get(f"{address}/health/ready").status == 503
        assert get(f"{address}/api/people", **reader).status == 200
        process.terminate()
        process.wait(20)
        assert home.log.read_text().count("\n") < 400
        saved = tmp_path / "saved"
        copy_of = ServerHome(saved)
        shutil.copytree(disk.folder, saved)
    assert "before" in read_stored(copy_of)["ids"]
    assert copy_of.run("check", code=None).returncode == 0

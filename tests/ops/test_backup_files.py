"""Backups and restores: whole or not at all, checked before anything is put in place."""

from __future__ import annotations

import os
import re
import sqlite3
import stat
import subprocess
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from ops_support.server_homes import ON_POSTGRES, ServerHome, new_database, server_home
from suppilo.lake import Lake


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory):
    with server_home(tmp_path_factory.mktemp("server") / "home") as made:
        made.run("init", "--owner", "o@example.com", "--password-stdin", text="staple battery 9\n")
        write_events(made, 500)
        yield made


def write_events(home: ServerHome, count: int) -> None:
    at = pa.array([datetime(2026, 1, 1, tzinfo=UTC)] * count, pa.timestamp("us", "UTC"))
    events = pa.table(
        {"path": [f"p{n}" for n in range(count)], "at": at, "event": ["seen"] * count}
    )
    Lake.create(home.folder / "lake").write(events, batch="test")


@contextmanager
def restored(home: ServerHome, archive: Path, folder: Path):
    with new_database() as url:
        new = ServerHome(folder, url)
        new.run("restore", str(archive), "--home", str(folder), **new.environ)
        yield new


def test_restored_folder_has_the_same_lake_settings_and_accounts(
    home: ServerHome, tmp_path: Path
) -> None:
    archive = tmp_path / "b.tar.zst"
    home.run("backup", str(archive))
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    with restored(home, archive, tmp_path / "new") as new:
        assert [(e.name, e.rows) for e in Lake.open(new.folder / "lake").events()] == [
            ("seen", 500)
        ]
        settings = new.folder / "suppilo.toml"
        assert settings.read_text() == (home.folder / "suppilo.toml").read_text()
        assert stat.S_IMODE(settings.stat().st_mode) == 0o600
        again = new.run("init", "--owner", "o@example.com")
        assert "has an account already" in again.stdout
        assert not list(new.folder.glob(".restoring*"))


def test_nothing_of_the_work_is_left_in_the_folder(home: ServerHome, tmp_path: Path) -> None:
    home.run("backup", str(tmp_path / "b.tar.zst"))
    assert list((home.folder / "tmp").iterdir()) == []
    assert [path.name for path in tmp_path.glob("*.part")] == []


_SUPPRESS = """
import sys, django; django.setup()
from suppilo.apps.accounts.models import User
from suppilo.apps.capture.services import suppress_identifiers
suppress_identifiers(User.objects.get(), [sys.argv[1]])
"""
_SUPPRESSED = """
import django; django.setup()
from suppilo.apps.capture.selectors import find_suppressed
print(*sorted(find_suppressed(["early", "late"])))
"""


def run_python(home: ServerHome, program: str, *arguments: str) -> str:
    environ = {**home.environ, "DJANGO_SETTINGS_MODULE": "suppilo.web.settings"}
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env=environ, check=True, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    return done.stdout


def test_restore_says_since_when_suppressions_have_to_be_made_again(
    home: ServerHome, tmp_path: Path
) -> None:
    run_python(home, _SUPPRESS, "early")
    began = datetime.now(UTC).replace(microsecond=0)
    home.run("backup", str(tmp_path / "b.tar.zst"))
    ended = datetime.now(UTC)
    run_python(home, _SUPPRESS, "late")
    assert run_python(home, _SUPPRESSED).split() == ["early", "late"]
    with new_database() as url:
        new = ServerHome(tmp_path / "new", url)
        done = new.run("restore", str(tmp_path / "b.tar.zst"), "--home", str(new.folder))
        assert run_python(new, _SUPPRESSED).split() == ["early"]
    said = done.stdout.splitlines()[-1]
    after = re.search(r"suppressed after (\S+) are not", said)
    assert after
    assert began <= datetime.fromisoformat(after[1]) <= ended
    assert "suppress them again" in said
    with new_database() as url:
        new = ServerHome(tmp_path / "safe", url)
        old = home.database_url or str(home.folder)
        done = new.run("restore", str(tmp_path / "b.tar.zst"), "--home", str(new.folder),
                       "--suppressed-in", old)  # fmt: skip
        assert "1 identifier suppressed since then" in done.stdout
        assert run_python(new, _SUPPRESSED).split() == ["early", "late"]


def test_restore_makes_nothing_where_the_old_suppressions_cannot_be_read(
    home: ServerHome, tmp_path: Path
) -> None:
    home.run("backup", str(tmp_path / "b.tar.zst"))
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "suppilo.sqlite3").write_bytes(b"SQLite format 3\x00" + bytes(5_000))
    new = tmp_path / "new"
    done = home.run("restore", str(tmp_path / "b.tar.zst"), "--home", str(new),
                    "--suppressed-in", str(tmp_path / "old"), code=2)  # fmt: skip
    assert "suppressed identifiers" in done.stderr
    assert "by hand" in done.stderr
    assert not new.exists()


def test_restore_refuses_a_folder_that_holds_something(home: ServerHome, tmp_path: Path) -> None:
    archive = tmp_path / "b.tar.zst"
    home.run("backup", str(archive))
    new = tmp_path / "new"
    new.mkdir()
    (new / "precious").write_text("mine")
    done = home.run("restore", str(archive), "--home", str(new), code=2)
    assert "not empty" in done.stderr
    assert [path.name for path in new.iterdir()] == ["precious"]


def test_backup_and_restore_name_files_that_were_damaged_before(
    home: ServerHome, tmp_path: Path
) -> None:
    (file,) = (home.folder / "lake" / "tables").glob("seen-*/*.parquet")
    whole = file.read_bytes()
    file.write_bytes(whole[:-20] + bytes([whole[-20] ^ 1]) + whole[-19:])
    done = home.run("backup", str(tmp_path / "b.tar.zst"))
    file.write_bytes(whole)
    assert f"{file.name} is damaged" in done.stderr
    assert "is damaged" not in home.run("backup", str(tmp_path / "good.tar.zst")).stderr
    with new_database() as url:
        new = ServerHome(tmp_path / "new", url)
        done = new.run("restore", str(tmp_path / "b.tar.zst"), "--home", str(new.folder))
    assert f"{file.name} was damaged when it was backed up" in done.stderr


@pytest.mark.parametrize("harm", ["flip", "cut", "text", "empty"])
def test_damaged_backup_is_refused_and_leaves_nothing(
    home: ServerHome, tmp_path: Path, harm: str
) -> None:
    archive = tmp_path / "b.tar.zst"
    home.run("backup", str(archive))
    content = bytearray(archive.read_bytes())
    if harm == "flip":
        content[len(content) // 2] ^= 0xFF
    changed = {"flip": bytes(content), "cut": bytes(content[: len(content) * 2 // 3]),
               "text": b"hello", "empty": b""}  # fmt: skip
    archive.write_bytes(changed[harm])
    with new_database() as url:
        environ = {"DATABASE_URL": url} if url else {}
        done = home.run("restore", str(archive), "--home", str(tmp_path / "new"), code=2, **environ)
    assert str(archive) in done.stderr
    assert not (tmp_path / "new").exists()


@pytest.mark.skipif(not ON_POSTGRES, reason="about a PostgreSQL database")
def test_restore_refuses_a_database_that_has_tables(home: ServerHome, tmp_path: Path) -> None:
    archive = tmp_path / "b.tar.zst"
    home.run("backup", str(archive))
    done = home.run("restore", str(archive), "--home", str(tmp_path / "new"), code=2)
    assert "has tables already" in done.stderr
    assert not (tmp_path / "new").exists()


@pytest.mark.skipif(ON_POSTGRES, reason="about a SQLite backup")
def test_restore_into_another_kind_of_database_is_refused(home: ServerHome, tmp_path: Path) -> None:
    archive = tmp_path / "b.tar.zst"
    home.run("backup", str(archive))
    done = home.run(
        "restore", str(archive), "--home", str(tmp_path / "new"), code=2,
        DATABASE_URL="postgres://nobody@127.0.0.1:1/none",
    )  # fmt: skip
    assert "holds a sqlite database" in done.stderr


@pytest.fixture
def small_disk(tmp_path: Path):
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("no mount here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_disk_full_while_the_backup_is_written_leaves_no_part_of_it(
    home: ServerHome, small_disk: Path
) -> None:
    (home.folder / "uploads").mkdir()
    (home.folder / "uploads" / "noise").write_bytes(os.urandom(1_000_000))
    old = small_disk / "b.tar.zst"
    old.write_text("the backup before")
    done = home.run("backup", str(old), code=2)
    assert "the disk is full" in done.stderr
    assert [path.name for path in small_disk.iterdir()] == ["b.tar.zst"]
    assert old.read_text() == "the backup before"
    assert list((home.folder / "tmp").iterdir()) == []


def test_backup_of_no_server_says_so(tmp_path: Path) -> None:
    done = ServerHome(tmp_path / "none").run("backup", str(tmp_path / "b"), code=2)
    assert "there is no Suppilo server" in done.stderr
    assert "suppilo init" in done.stderr


@pytest.mark.skipif(ON_POSTGRES, reason="about the SQLite file")
def test_backup_holds_the_database_as_of_its_start(home: ServerHome, tmp_path: Path) -> None:
    writer = sqlite3.connect(home.folder / "suppilo.sqlite3", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("INSERT INTO accounts_team (name, created_at) VALUES ('late', '2026-01-01')")
    home.run("backup", str(tmp_path / "b.tar.zst"))
    writer.execute("COMMIT")
    with restored(home, tmp_path / "b.tar.zst", tmp_path / "new") as new:
        copy = sqlite3.connect(new.folder / "suppilo.sqlite3")
        assert copy.execute("SELECT count(*) FROM accounts_team").fetchone() == (0,)
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        copy.close()
    writer.close()

"""SQLite's write-ahead log: bounded, measured, and warned of."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from suppilo.apps.config import Config
from suppilo.apps.operations import upkeep
from suppilo.apps.operations.upkeep import Upkeep
from suppilo.apps.operations.wal import checkpoint, wal_bytes


@pytest.fixture
def config(tmp_path: Path, settings) -> Config:
    made = Config(home=tmp_path, secret_key="x" * 50)
    settings.SUPPILO = made
    return made


@pytest.fixture
def database(config: Config):
    connection = sqlite3.connect(config.home / "suppilo.sqlite3", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA wal_autocheckpoint=1000000")
    connection.execute("CREATE TABLE rows (value)")
    yield connection
    connection.close()


def write(database: sqlite3.Connection, count: int = 200) -> None:
    for _ in range(count):
        database.execute("INSERT INTO rows VALUES (randomblob(20000))")


def test_long_log_is_written_back_and_cut(config: Config, database: sqlite3.Connection) -> None:
    write(database)
    assert wal_bytes(config) > 1_000_000
    figures = Upkeep(checkpoint_bytes=1_000_000)()
    assert figures == {"wal_bytes": 0, "checkpoints_refused": 0}
    assert database.execute("SELECT count(*) FROM rows").fetchone() == (200,)


def test_short_log_is_left_alone(config: Config, database: sqlite3.Connection) -> None:
    write(database, 3)
    size = wal_bytes(config)
    assert Upkeep()()["wal_bytes"] == size


def test_long_reader_is_waited_for_shortly_counted_and_warned_of_once(
    config: Config, database: sqlite3.Connection, monkeypatch, caplog
) -> None:
    monkeypatch.setattr(upkeep, "WARN_BYTES", 1_000_000)
    reader = sqlite3.connect(config.home / "suppilo.sqlite3", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM rows").fetchone()
    write(database)
    keeper = Upkeep(checkpoint_bytes=1_000_000)
    assert keeper()["checkpoints_refused"] == 1
    assert keeper()["checkpoints_refused"] == 2
    assert sum("lsof" in record.message for record in caplog.records) == 1
    reader.execute("ROLLBACK")
    reader.close()
    assert keeper() == {"wal_bytes": 0, "checkpoints_refused": 0}


def test_writers_go_on_while_the_log_can_not_be_cut(
    config: Config, database: sqlite3.Connection
) -> None:
    reader = sqlite3.connect(config.home / "suppilo.sqlite3", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM rows").fetchone()
    write(database)
    assert not checkpoint(config)
    write(database, 1)
    assert database.execute("SELECT count(*) FROM rows").fetchone() == (201,)
    reader.close()

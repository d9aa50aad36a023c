"""The database in a file: as it was at one moment, while it is being written to."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from suppilo.apps.config import Config
from suppilo.apps.operations.database import find_damage, sqlite_file
from suppilo.apps.operations.errors import OperationError


class Snapshot(ABC):
    """The database at the moment that the snapshot was taken."""

    name: str

    @abstractmethod
    def dump(self, folder: Path) -> Path:
        """Write the database as of the snapshot into a file of the folder."""


@contextmanager
def take_snapshot(config: Config) -> Iterator[Snapshot]:
    """Hold on to the database as it is now; others write on meanwhile."""
    path = sqlite_file(config)
    if path is not None:
        with closing(sqlite3.connect(path, timeout=20, isolation_level=None)) as connection:
            connection.execute("BEGIN")
            # The snapshot is taken with the first read, not with BEGIN.
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            yield _SqliteSnapshot(connection)
        return
    import psycopg

    with psycopg.connect(config.database) as postgres:
        postgres.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        found = postgres.execute("SELECT pg_export_snapshot()").fetchone()
        yield _PostgresSnapshot(config.database, str(found and found[0]))


def load_dump(config: Config, dump: Path) -> None:
    """Make a dump the database of a restored folder.

    Raises
    ------
    OperationError
        If a database is there already, or the dump can't be loaded.
    """
    path = sqlite_file(config)
    if path is None:
        _check_empty(config.database)
        _run("pg_restore", config.database, "--no-owner", "--no-privileges", "--exit-on-error",
             "--single-transaction", "--dbname", _name_of(config.database), str(dump))  # fmt: skip
        dump.unlink()
        return
    if path.exists():
        raise OperationError(f"there is a database at {path} already; move it away first")
    if reason := find_damage(dump):
        raise OperationError(f"the database in the backup {reason}; take another backup")
    dump.replace(path)


class _SqliteSnapshot(Snapshot):
    name = "sqlite"

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def dump(self, folder: Path) -> Path:
        target = folder / "database.sqlite3"
        with closing(sqlite3.connect(target)) as copy:
            # All pages in one step, within the transaction that was begun: one moment's content.
            self._connection.backup(copy, pages=-1)
            copy.execute("PRAGMA journal_mode=DELETE")
        return target


class _PostgresSnapshot(Snapshot):
    name = "postgresql"

    def __init__(self, url: str, snapshot: str) -> None:
        self._url, self._snapshot = url, snapshot

    def dump(self, folder: Path) -> Path:
        target = folder / "database.pgdump"
        # The archive is compressed as a whole.
        _run("pg_dump", self._url, "--format=custom", "--compress=0", "--no-owner",
             f"--snapshot={self._snapshot}", f"--file={target}")  # fmt: skip
        return target


def _check_empty(url: str) -> None:
    import psycopg

    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"
        ).fetchone()
    if found and found[0]:
        raise OperationError(
            f"the database {_name_of(url)} has tables already; make an empty one (createdb) and "
            "name it with DATABASE_URL"
        )


def _run(tool: str, url: str, *arguments: str) -> None:
    """Run one of PostgreSQL's tools; its password goes by the environment, not the command."""
    done = subprocess.run(  # noqa: S603 (a tool that was looked up, no shell)
        [_find_tool(tool), "--no-password", *arguments],
        env={**os.environ, **_variables_of(url)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        said = " ".join(done.stderr.split())[-500:]
        raise OperationError(f"{tool} failed: {said}")


def _find_tool(tool: str) -> str:
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{tool}"))
    found = str(installed[-1]) if installed else shutil.which(tool)
    if found is None:
        raise OperationError(
            f"{tool} is needed for a PostgreSQL database and is not installed; on Debian: "
            "apt-get install postgresql-client"
        )
    return found


def _parts_of(url: str) -> dict[str, Any]:
    from psycopg.conninfo import conninfo_to_dict

    return dict(conninfo_to_dict(url))


def _name_of(url: str) -> str:
    return str(_parts_of(url)["dbname"])


def _variables_of(url: str) -> dict[str, str]:
    names = {
        "host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD",
        "dbname": "PGDATABASE", "sslmode": "PGSSLMODE",
    }  # fmt: skip
    parts = _parts_of(url)
    return {names[key]: str(value) for key, value in parts.items() if key in names and value}

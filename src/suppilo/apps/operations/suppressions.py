"""Suppressed identifiers of another database: a restore of an older backup must not forget them."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from suppilo.apps.config import Config, read_config
from suppilo.apps.operations.database import sqlite_file
from suppilo.apps.operations.errors import OperationError

Suppressed = tuple[bytes, datetime]
"""The hash of an identifier, and since when nothing of it is kept."""

_READ = "SELECT digest, created_at FROM capture_suppression"
_ADD = "INSERT INTO capture_suppression (digest, created_at) VALUES "


def read_suppressions(old: str) -> list[Suppressed]:
    """Return what is suppressed in another data folder, or in a PostgreSQL database.

    Parameters
    ----------
    old
        The folder, or the address of the database: ``postgresql://…``.

    Raises
    ------
    OperationError
        If it can't be read.
    """
    if "://" in old:
        return _read_postgres(old)
    config = read_config({"SUPPILO_HOME": str(Path(old).expanduser().absolute())})
    path = sqlite_file(config)
    return _read_postgres(config.database) if path is None else _read_sqlite(path)


def add_suppressions(config: Config, suppressed: Sequence[Suppressed]) -> int:
    """Suppress identifiers in a folder's database as well; return how many were not there."""
    path = sqlite_file(config)
    if path is not None:
        with closing(sqlite3.connect(path)) as connection, connection:
            before = connection.total_changes
            connection.executemany(
                f"{_ADD} (?, ?) ON CONFLICT (digest) DO NOTHING",
                [(digest, at.replace(tzinfo=None).isoformat(" ")) for digest, at in suppressed],
            )
            return connection.total_changes - before
    import psycopg

    with psycopg.connect(config.database) as postgres, postgres.cursor() as cursor:
        cursor.executemany(f"{_ADD} (%s, %s) ON CONFLICT (digest) DO NOTHING", suppressed)
        return cursor.rowcount


def _read_sqlite(path: Path) -> list[Suppressed]:
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            rows = connection.execute(_READ).fetchall()
    except sqlite3.Error as error:
        raise _unreadable(str(path), error) from error
    return [
        (bytes(digest), datetime.fromisoformat(text).replace(tzinfo=UTC)) for digest, text in rows
    ]


def _read_postgres(url: str) -> list[Suppressed]:
    import psycopg

    try:
        with psycopg.connect(url) as postgres:
            rows = postgres.execute(_READ).fetchall()
    except psycopg.Error as error:
        raise _unreadable("the old database", error) from error
    return [(bytes(digest), at.astimezone(UTC)) for digest, at in rows]


def _unreadable(what: str, error: Exception) -> OperationError:
    said = " ".join(str(error).split())
    return OperationError(
        f"the suppressed identifiers of {what} can't be read ({said}); name the old data folder or "
        "its database's address, or leave out --suppressed-in and suppress them again by hand"
    )

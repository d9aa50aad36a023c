"""The database before anything is served: there, whole, of this version, migrated."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from urllib.parse import unquote, urlsplit

from suppilo.apps.config import Config
from suppilo.apps.operations.errors import OperationError
from suppilo.apps.operations.locks import hold

_MAGIC = b"SQLite format 3\x00"
_CHECKED_WHOLE = 256 * 1024**2
"""Larger files are only looked at on their outside before a start; ``suppilo check`` reads all."""


class DatabaseUnusableError(OperationError):
    """The database is missing, damaged, or of a newer version."""


def sqlite_file(config: Config) -> Path | None:
    """Return the SQLite file; None where another database is used."""
    parts = urlsplit(config.database)
    return Path(unquote(parts.path).removeprefix("/")) if parts.scheme == "sqlite" else None


def has_data(config: Config) -> bool:
    """Return whether events were recorded in this folder: then a database belongs to it."""
    ids = config.home / "ids"
    return (config.lake / "suppilo-lake.json").exists() or (ids.is_dir() and any(ids.iterdir()))


def check_database(config: Config) -> None:
    """Make sure that the SQLite file is there and whole, as far as can be seen quickly.

    Raises
    ------
    DatabaseUnusableError
        If it is not: an empty one is never put in its place.
    """
    path = sqlite_file(config)
    if path is None:
        return
    if not path.exists() or path.stat().st_size == 0:
        if has_data(config):
            raise DatabaseUnusableError(_explain(config, path, "is missing or empty"))
        return
    reason = find_damage(path)
    if reason:
        raise DatabaseUnusableError(_explain(config, path, reason))


def find_damage(path: Path) -> str | None:
    """Return what is wrong with a SQLite file, or None."""
    with path.open("rb") as file:
        if file.read(16) != _MAGIC:
            return "is no SQLite database any more"
    try:
        return _look_inside(path)
    except sqlite3.DatabaseError as error:
        return f"is damaged ({error})"


def _look_inside(path: Path) -> str | None:
    connection = sqlite3.connect(path, timeout=20, isolation_level=None)
    try:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        page_bytes = connection.execute("PRAGMA page_size").fetchone()[0]
        wal = path.with_name(path.name + "-wal")
        size = path.stat().st_size
        if size < pages * page_bytes and not (wal.exists() and wal.stat().st_size):
            return f"is cut off ({size:,} of {pages * page_bytes:,} bytes)"
        if size <= _CHECKED_WHOLE:
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            return None if found == "ok" else f"is damaged ({found})"
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    finally:
        connection.close()
    return None


def migrate_database(config: Config) -> int:
    """Bring the database to this version; return how many migrations were made.

    Two processes that start at once do it one after the other. What was interrupted is done
    again: each migration is one transaction.

    Raises
    ------
    DatabaseUnusableError
        If a newer version has made the database what it is, or the disk is full.
    """
    from django.core.management import call_command
    from django.db import DatabaseError, connection

    from suppilo.apps.capture.patience import is_disk_full

    with hold(config.home, "migrate"):
        check_version(config)
        count = len(list_unapplied())
        try:
            if count:
                call_command("migrate", interactive=False, verbosity=0)
        except DatabaseError as error:
            if not is_disk_full(error):
                raise
            raise DatabaseUnusableError(
                f"the disk is full: the database of {config.home} could not be brought to this "
                "version. Migrations are made whole or not at all; free some space, and start again"
            ) from error
    connection.close()
    return count


def list_unapplied() -> list[str]:
    """Return the migrations that are still to be made, as ``app.name``."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def list_unknown() -> list[str]:
    """Return the migrations that the database has and this version does not know."""
    from django.apps import apps
    from django.db import connection
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(connection)
    known = {config.label for config in apps.get_app_configs()}
    applied = loader.applied_migrations or {}
    return sorted(
        f"{app}.{name}"
        for app, name in applied
        if app in known and (app, name) not in (loader.disk_migrations or {})
    )


def check_version(config: Config) -> None:
    """Make sure that no newer version has changed the database.

    Raises
    ------
    DatabaseUnusableError
        If one has.
    """
    unknown = list_unknown()
    if unknown:
        raise DatabaseUnusableError(
            f"the database of {config.home} was made by a newer version of Suppilo "
            f"({unknown[0]} is not known here); upgrade Suppilo, or restore a backup of this "
            "version with suppilo restore"
        )


def _explain(config: Config, path: Path, reason: str) -> str:
    return (
        f"the database {path} {reason}, and events were recorded in {config.home}. Nothing was "
        "changed. Put the file back, or restore a backup into a new folder: "
        "suppilo restore FILE --home NEW"
    )

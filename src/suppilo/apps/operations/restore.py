"""A new data folder from a backup: checked whole before anything is put in place."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from suppilo.apps.config import FILE, read_config
from suppilo.apps.operations.archive import Manifest, unpack
from suppilo.apps.operations.dumps import load_dump
from suppilo.apps.operations.errors import OperationError
from suppilo.apps.operations.suppressions import Suppressed, add_suppressions

_DUMPS = {"sqlite": "database.sqlite3", "postgresql": "database.pgdump"}


def restore_backup(
    archive: Path, home: Path, environ: Mapping[str, str], suppressed: Sequence[Suppressed] = ()
) -> tuple[Manifest, int]:
    """Make a data folder from a backup.

    Parameters
    ----------
    archive
        A file that ``suppilo backup`` wrote.
    home
        A folder that does not exist or is empty.
    environ
        The environment: ``DATABASE_URL`` says where a PostgreSQL database goes.
    suppressed
        Identifiers that are to be suppressed besides those of the backup.

    Returns
    -------
    Manifest, int
        What is in the backup, and how many of ``suppressed`` were not.

    Raises
    ------
    OperationError
        If the folder or the database holds something, or the backup is damaged. The folder is as
        it was then.
    """
    _check_empty(home)
    with _staging(home) as staging:
        manifest = unpack(archive, staging)
        files = staging / "home"
        dump = staging / _DUMPS[manifest.database]
        _check_kind(manifest, files, environ)
        settings = files / FILE
        for path in sorted(files.iterdir()):
            if path != settings:
                path.replace(home / path.name)
        config = read_config({**_settings_beside(settings, environ), "SUPPILO_HOME": str(home)})
        load_dump(config, dump)
        added = add_suppressions(config, suppressed)
        # Last: a folder with settings is one that is whole.
        settings.replace(home / FILE)
        os.sync()
    return manifest, added


def _check_kind(manifest: Manifest, files: Path, environ: Mapping[str, str]) -> None:
    config = read_config({**environ, "SUPPILO_HOME": str(files)})
    kind = "sqlite" if config.database.startswith("sqlite") else "postgresql"
    if kind != manifest.database:
        raise OperationError(
            f"the backup holds a {manifest.database} database, the settings name a {kind} one; "
            "set DATABASE_URL to one of the backup's kind (or to nothing for SQLite)"
        )


def _settings_beside(settings: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment with the database that the backup's own settings name."""
    named = read_config({**environ, "SUPPILO_HOME": str(settings.parent)}).database_url
    return {**environ, **({"DATABASE_URL": named} if named else {})}


def _check_empty(home: Path) -> None:
    if home.exists() and not home.is_dir():
        raise OperationError(f"{home} is a file; name a new folder")
    if home.is_dir() and any(home.iterdir()):
        raise OperationError(f"{home} is not empty; name a new folder, nothing is overwritten")


@contextmanager
def _staging(home: Path) -> Iterator[Path]:
    """Give a folder within ``home`` to unpack into; after a failure all of it is gone."""
    was_there = home.exists()
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    staging = home / f".restoring-{uuid.uuid4().hex}"
    staging.mkdir(mode=0o700)
    try:
        yield staging
    except BaseException:
        _clear(home)
        if not was_there:
            home.rmdir()
        raise
    shutil.rmtree(staging)


def _clear(home: Path) -> None:
    for path in home.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()

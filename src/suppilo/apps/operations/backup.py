"""One file with everything: database, lake, ids, settings, as of one moment.

The database's snapshot and the links to the files are taken while no flush may run: what the
database says is in the lake then is, and nothing else of the inbox. Both take milliseconds;
the rest happens at leisure while the server runs on.
"""

from __future__ import annotations

import errno
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from suppilo import __version__
from suppilo.apps.config import Config
from suppilo.apps.operations.archive import Manifest, new_archive
from suppilo.apps.operations.database import sqlite_file
from suppilo.apps.operations.dumps import take_snapshot
from suppilo.apps.operations.errors import OperationError
from suppilo.apps.operations.files import replacing, write_private
from suppilo.apps.operations.locks import hold
from suppilo.lake.folder import lock_table
from suppilo.lake.parquet import find_spoiled

WORKSPACE = "tmp"
LAST = "backup.last"
_LEFT_OUT = frozenset({WORKSPACE, LAST, "static", "reserve"})
_LEFT_OUT_ENDS = (".lock", ".part", ".tmp", "-wal", "-shm", "-journal")


@dataclass(frozen=True, slots=True)
class BackupSummary:
    """What was written: the file, its size in bytes, and how many files are in it.

    ``spoiled`` are files of the event tables that are damaged, and are so in the backup.
    """

    file: Path
    bytes: int
    files: int
    spoiled: tuple[str, ...] = ()


def write_backup(
    config: Config, target: Path, now_s: Callable[[], float] = time.time
) -> BackupSummary:
    """Write a backup while the server runs.

    The file holds the secret key and all data; only its owner may read it.

    Raises
    ------
    OperationError
        If it can't be written; a file that was there under this name is unharmed then.
    """
    if not target.parent.is_dir():
        raise OperationError(f"there is no folder {target.parent}; make it first")
    made_at = datetime.fromtimestamp(now_s(), UTC).isoformat(timespec="seconds")
    with hold(config.home, "backup"), _explain_full_disk(target):
        clear_workspace(config.home)
        with _workspace(config.home) as folder, replacing(target) as temporary:
            manifest = _write(config, folder, temporary, made_at)
            spoiled = find_spoiled(folder / "files")
        write_private(config.home / LAST, str(int(now_s())).encode())
    return BackupSummary(target, target.stat().st_size, len(manifest.files), tuple(spoiled))


def last_backup_s(home: Path) -> int | None:
    """Return when the last backup of this folder was made (seconds since 1970), if ever."""
    try:
        return int((home / LAST).read_text())
    except (FileNotFoundError, ValueError):
        return None


def clear_workspace(home: Path) -> None:
    """Remove what a backup that was killed has left behind."""
    for left in (home / WORKSPACE).glob("backup-*"):
        shutil.rmtree(left, ignore_errors=True)


def _write(config: Config, folder: Path, file: Path, made_at: str) -> Manifest:
    linked = folder / "files"
    with ExitStack() as stack:
        with hold(config.home, "flush"):
            snapshot = stack.enter_context(take_snapshot(config))
            _link_home(config, linked)
        dump = snapshot.dump(folder)
    with new_archive(file) as archive:
        archive.add(dump.name, dump)
        for path in sorted(linked.rglob("*")):
            if path.is_file():
                archive.add(f"home/{path.relative_to(linked)}", path)
        return archive.finish(made_at, __version__, snapshot.name)


def _link_home(config: Config, folder: Path) -> None:
    """Link all files of the data folder into another; each table's log before its data.

    A table's files never change, and what its log names is there before the log says so: data
    files that come in between are more than is needed, never less.
    """
    folder.mkdir()
    for table in sorted((config.lake / "tables").glob("*")):
        if table.is_dir():
            with lock_table(table):
                for path in _files_of(table / "_delta_log"):
                    _link(path, folder / path.relative_to(config.home))
    for path in _files_of(config.home):
        if not _is_left_out(config, path) and "_delta_log" not in path.parts:
            _link(path, folder / path.relative_to(config.home))


def _files_of(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path


def _is_left_out(config: Config, path: Path) -> bool:
    first = path.relative_to(config.home).parts[0]
    return (
        first in _LEFT_OUT
        or path.name.endswith(_LEFT_OUT_ENDS)
        or path.name == "_lock"
        or path == sqlite_file(config)
    )


def _link(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(path, target)
    except FileNotFoundError:
        # A temporary file that got its name meanwhile, or one that was tidied away.
        return
    except OSError as error:
        if error.errno not in {errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP}:
            raise
        shutil.copyfile(path, target)


@contextmanager
def _workspace(home: Path) -> Iterator[Path]:
    folder = home / WORKSPACE / f"backup-{uuid.uuid4().hex}"
    folder.mkdir(parents=True, mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _explain_full_disk(target: Path) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        if not _is_disk_full(error):
            raise
        raise OperationError(
            f"the disk is full; {target} was not written, and nothing else was changed. Free "
            "space, or write the backup to another disk"
        ) from error


def _is_disk_full(error: Exception) -> bool:
    full = isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}
    return full or "disk is full" in str(error) or os.strerror(errno.ENOSPC) in str(error)

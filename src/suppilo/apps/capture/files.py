"""Locks and the emergency reserve in the data folder."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

RESERVE_BYTES = 8 << 20
"""More than SQLite's write-ahead log (4 MiB): to empty that into the database takes as much."""


class LockHeldError(Exception):
    """Another process holds the lock; the message says which file."""


class FileLock:
    """A lock that goes with the process, however that ends.

    Raises
    ------
    LockHeldError
        If somebody else holds it.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a+b")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            raise LockHeldError(f"{path} is locked by another process") from error

    def release(self) -> None:
        """Give the lock back."""
        self._file.close()


@contextmanager
def file_lock(path: Path) -> Iterator[None]:
    """Hold a lock for the block.

    Raises
    ------
    LockHeldError
        If somebody else holds it.
    """
    lock = FileLock(path)
    try:
        yield
    finally:
        lock.release()


def sync_folder(folder: Path) -> None:
    """Wait until a folder's entries are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Reserve:
    """Disk space kept back, so that a full disk can still be worked on.

    Deleting rows needs space too: on a full disk the reserve is given up, no more events are taken
    in, and it is made again as soon as there is room for two.

    Parameters
    ----------
    path
        The file, in the folder of the database.
    """

    def __init__(self, path: Path, size: int = RESERVE_BYTES) -> None:
        self._path, self._size = path, size

    @property
    def is_there(self) -> bool:
        """Whether the space is kept back at present."""
        return self._path.exists()

    def release(self) -> None:
        """Give the space up."""
        self._path.unlink(missing_ok=True)

    def restore(self) -> bool:
        """Keep the space back again where there is room, and return whether it is."""
        if self.is_there:
            return True
        if shutil.disk_usage(self._path.parent).free < 2 * self._size:
            return False
        temporary = self._path.with_suffix(".tmp")
        try:
            with temporary.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, self._size)
            temporary.replace(self._path)
        except OSError:
            temporary.unlink(missing_ok=True)
            return False
        return True

"""Locks on the data folder: one server at a time, and a pause for backups.

A lock is the system's own (``flock``): it ends with the last process that holds it, however that
process ends, so there is no stale lock to clear away.
"""

from __future__ import annotations

import fcntl
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from suppilo.apps.operations.errors import OperationError

Role = Literal["web", "worker"]

ORPHANS_END_WITHIN_S = 12.0
"""Longer than a server's children take to store what they have and end."""
LOOK_EVERY_S = 0.1


class AlreadyRunningError(OperationError):
    """Another process serves the same folder in the same role."""


def lock_file(home: Path, role: Role) -> Path:
    """Return the file that is locked by who serves the folder in this role."""
    return home / f"server.{role}.lock"


def lock_role(home: Path, role: Role) -> int:
    """Lock a role for this process and those that inherit the descriptor, and return that.

    Raises
    ------
    AlreadyRunningError
        If somebody has it; the message names the folder and the process.
    """
    descriptor = os.open(lock_file(home, role), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    if not _try_lock(descriptor) and not _outwait_orphans(descriptor):
        holder = _read_holder(descriptor)
        os.close(descriptor)
        raise AlreadyRunningError(
            f"Suppilo already runs on {home} ({role}, process {holder or 'unknown'}). "
            "Stop that one first, or give this one a folder of its own with --home."
        )
    _write_holder(descriptor)
    return descriptor


def is_running(home: Path, role: Role) -> bool:
    """Return whether somebody serves the folder in this role."""
    try:
        descriptor = os.open(lock_file(home, role), os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


@contextmanager
def hold(home: Path, name: str) -> Iterator[None]:
    """Wait for a named lock on the folder (``flush``, ``migrate``, ``backup``) and keep it."""
    descriptor = os.open(home / f"{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _outwait_orphans(descriptor: int) -> bool:
    """Wait for the children of a server that was killed: they hold its lock while they end."""
    pause = threading.Event()
    for _ in range(int(ORPHANS_END_WITHIN_S / LOOK_EVERY_S)):
        if _is_alive(_read_holder(descriptor)):
            return False
        pause.wait(LOOK_EVERY_S)
        if _try_lock(descriptor):
            return True
    return False


def _is_alive(process: int) -> bool:
    """Return whether a process runs on this machine; one that is not known may do so."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _write_holder(descriptor: int) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps({"pid": os.getpid()}).encode(), 0)


def _read_holder(descriptor: int) -> int:
    """Return the process that wrote its number into a lock; 0 where there is none."""
    try:
        return int(json.loads(os.pread(descriptor, 200, 0))["pid"])
    except (ValueError, KeyError, TypeError):
        return 0

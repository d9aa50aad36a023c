"""Where received events go: stored once, committed before anybody is told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from django.conf import settings
from django.db import connection

from suppilo.apps.capture.files import RESERVE_BYTES, FileLock, LockHeldError, Reserve
from suppilo.apps.capture.keys import KeyRing, read_keys
from suppilo.apps.capture.prepare import prepare
from suppilo.apps.capture.quarantine import apply_rules
from suppilo.apps.capture.queue import MAX_BYTES, MAX_EVENTS, SubmissionQueue
from suppilo.apps.capture.received import (
    Overloaded,
    Receipt,
    Received,
    SourceInfo,
    StoreBusy,
    StoreUnavailable,
)
from suppilo.apps.capture.writer import Writer

__all__ = [
    "Overloaded",
    "Receipt",
    "Received",
    "SourceInfo",
    "Store",
    "StoreBusy",
    "StoreUnavailable",
    "close_store",
    "find_store",
    "forget_keys",
    "get_store",
]

_LOOKUP_S = 2.0


def _read_clock_us() -> int:
    return time.time_ns() // 1000


class Store:
    """The one place of a data folder that receives events. :meth:`start` it before use.

    All methods may be called from any thread, and from an event loop.

    Parameters
    ----------
    home
        The data folder.
    max_events, max_bytes
        How much may wait for its commit.
    reserve_bytes
        How much disk space is kept back for a full disk.
    now_us
        The clock: microseconds since 1970 UTC.
    """

    def __init__(
        self,
        home: Path,
        max_events: int = MAX_EVENTS,
        max_bytes: int = MAX_BYTES,
        reserve_bytes: int = RESERVE_BYTES,
        now_us: Callable[[], int] = _read_clock_us,
    ) -> None:
        self._home, self._now_us = home, now_us
        self._queue = SubmissionQueue(max_events, max_bytes)
        self._keys = KeyRing(self._read_keys, time.monotonic)
        self._lookups = ThreadPoolExecutor(1, "capture-keys")
        reserve = Reserve(home / "reserve", reserve_bytes)
        self._writer = Writer(home, self._queue, reserve, self._look_at_keys, now_us)
        self._lock: FileLock | None = None

    def start(self) -> None:
        """Take the data folder, load the known ids, and begin.

        Raises
        ------
        StoreBusy
            If another process has the folder or its database.
        DamagedRunError
            If a file of ids is missing or damaged; the message names it.
        """
        try:
            self._lock = FileLock(self._home / "capture.lock")
        except LockHeldError as error:
            raise StoreBusy(
                f"another server receives events into {self._home}; stop it, or give this one "
                "another folder"
            ) from error
        try:
            self._writer.start()
        except BaseException:
            self._lock.release()
            raise

    def submit(self, received: Received) -> Future[Receipt]:
        """Store a request's events; the future is done once they are committed.

        Its exception is :class:`StoreUnavailable` where they could not be: then none of them was
        stored, and the client should send them again.

        Raises
        ------
        Overloaded
            If too much is waiting already, or the store is closing.
        """
        if rules := self._writer.rules.get(received.source_id):
            received = apply_rules(received, rules)
        submission = prepare(received, self._now_us(), self._writer.suppressed)
        self._queue.put(submission)
        return submission.future

    def find_source(self, key: str) -> SourceInfo | None:
        """Return the source that a write key belongs to, or None where it is not accepted.

        Raises
        ------
        DatabaseError, TimeoutError
            If the key is not known here and the database can't be asked.
        Overloaded
            If it is not known here and the store has been drained.
        """
        return self._keys.find(key)

    def forget_keys(self) -> None:
        """Read the keys again: one was made, revoked, or its source changed."""
        self._keys.refresh()

    @property
    def is_healthy(self) -> bool:
        """Whether events can be stored at present, as far as is known."""
        return self._writer.is_healthy

    @property
    def depth(self) -> tuple[int, int]:
        """How many events, and how many bytes, wait for their commit."""
        return self._queue.depth

    def drain(self, timeout_s: float = 8.0) -> bool:
        """Take no more events, store those waiting, and give the folder back.

        Returns
        -------
        bool
            Whether everything was stored in time.
        """
        self._queue.close()
        done = self._writer.join(timeout_s)
        self._lookups.shutdown(wait=False, cancel_futures=True)
        if done and self._lock is not None:
            self._lock.release()
        return done

    def _look_at_keys(self) -> None:
        self._keys.adopt(read_keys())

    def _read_keys(self) -> Mapping[str, SourceInfo]:
        # A thread of its own: an event loop may not ask the database, and must not wait for long.
        try:
            looking = self._lookups.submit(_read_keys_apart)
        except RuntimeError as error:
            raise Overloaded("the server is shutting down") from error
        return looking.result(_LOOKUP_S)


def _read_keys_apart() -> Mapping[str, SourceInfo]:
    try:
        return read_keys()
    finally:
        connection.close()


_lock = threading.Lock()
_store: Store | None = None


def get_store() -> Store:
    """Return this process's store, started.

    Raises
    ------
    StoreBusy, DamagedRunError
        As :meth:`Store.start` does.
    """
    global _store
    with _lock:
        if _store is None:
            made = Store(settings.SUPPILO.home)
            made.start()
            _store = made
        return _store


def find_store() -> Store | None:
    """Return this process's store if it has been started."""
    with _lock:
        return _store


def close_store(timeout_s: float = 8.0) -> bool:
    """Drain this process's store, if it has one, and return whether all was stored."""
    global _store
    with _lock:
        closing, _store = _store, None
    return closing is None or closing.drain(timeout_s)


def forget_keys() -> None:
    """Let this process's store, if it has one, read the keys again."""
    with _lock:
        store = _store
    if store is not None:
        store.forget_keys()

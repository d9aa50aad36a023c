"""How long the writer waits for its database, and that it is the only one."""

from __future__ import annotations

import errno
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from django.db import OperationalError, connection, transaction

from suppilo.apps.capture.received import StoreBusy

_CALM_MS, _SHORT_MS = 3_000, 250
_LOOK_EVERY_S = 0.002
_ADVISORY_LOCK = 0x5355_5050_494C_4F


class Patience:
    """Waits a few seconds for a locked database, and only shortly once that was in vain.

    A client gives up after 10 seconds, and what waits behind a group that waits adds up.
    """

    def __init__(self) -> None:
        self._wait_ms = _CALM_MS
        self._prepared: tuple[object, int] | None = None

    @property
    def is_calm(self) -> bool:
        """Whether the last attempt worked."""
        return self._wait_ms == _CALM_MS

    def calm(self) -> None:
        """Note that the database answers."""
        self._wait_ms = _CALM_MS

    def lose(self) -> bool:
        """Note that it does not, and return whether it did until now."""
        was_calm, self._wait_ms = self.is_calm, _SHORT_MS
        return was_calm

    def prepare(self) -> None:
        """Connect where that is needed, and set how long to wait.

        Raises
        ------
        StoreBusy
            If another server writes to the same PostgreSQL database.
        """
        connection.ensure_connection()
        if self._prepared == (connection.connection, self._wait_ms):
            return
        is_new = self._prepared is None or self._prepared[0] is not connection.connection
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(
                    "SELECT set_config('lock_timeout', %s, false),"
                    " set_config('statement_timeout', %s, false)",
                    [str(self._wait_ms), str(2 * _CALM_MS)],
                )
                if is_new:
                    _claim_database()
            else:
                cursor.execute(f"PRAGMA busy_timeout = {self._wait_ms:d}")
        self._prepared = (connection.connection, self._wait_ms)

    @contextmanager
    def transact(self) -> Iterator[None]:
        """Be in a transaction that is begun as soon as the database is free.

        SQLite itself looks for that after pauses that grow to 100 ms, so that where others write
        one short transaction after the other, it misses the moments between them.

        Raises
        ------
        OperationalError
            If it was not free for as long as is waited.
        """
        with ExitStack() as held:
            if connection.vendor == "sqlite":
                self._begin(held)
            else:
                held.enter_context(transaction.atomic())
            yield

    def _begin(self, held: ExitStack) -> None:
        deadline_s = time.monotonic() + self._wait_ms / 1_000
        _let_sqlite_wait(0)
        try:
            while not _try_to_begin(held, give_up=time.monotonic() >= deadline_s):
                time.sleep(_LOOK_EVERY_S)
        finally:
            _let_sqlite_wait(self._wait_ms)


def _let_sqlite_wait(time_ms: int) -> None:
    with connection.wrap_database_errors:
        connection.connection.execute(f"PRAGMA busy_timeout = {time_ms:d}")


def _try_to_begin(held: ExitStack, *, give_up: bool) -> bool:
    try:
        held.enter_context(transaction.atomic())
    except OperationalError as error:
        if give_up or not _is_locked(error):
            raise
        return False
    return True


def _is_locked(error: OperationalError) -> bool:
    cause = error.__cause__
    return isinstance(cause, sqlite3.Error) and cause.sqlite_errorcode == sqlite3.SQLITE_BUSY


def _claim_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_ADVISORY_LOCK])
        (is_ours,) = cursor.fetchone()
    if not is_ours:
        connection.close()
        raise StoreBusy(
            "another server receives events into this database; stop it, or give this one its own"
        )


def is_disk_full(error: BaseException) -> bool:
    """Return whether an error, or what caused it, says that the disk is full."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        if isinstance(cause, sqlite3.Error) and cause.sqlite_errorcode == sqlite3.SQLITE_FULL:
            return True
        if getattr(cause, "sqlstate", None) == "53100":
            return True
        cause = cause.__cause__
    return False

"""SQLite's write-ahead log: how long it is, and cutting it short.

SQLite writes the log back by itself, but starts it anew only when nobody reads the old part. A
reader that stays long makes it grow for as long.
"""

from __future__ import annotations

import sqlite3

from suppilo.apps.config import Config
from suppilo.apps.operations.database import sqlite_file

WARN_BYTES = 256 * 1024**2
_WAIT_S = 0.1
"""Writers wait as long as this while readers are waited for, so it must be short."""


def wal_bytes(config: Config) -> int:
    """Return the log's size; 0 where there is none, or no SQLite."""
    path = sqlite_file(config)
    if path is None:
        return 0
    try:
        return path.with_name(path.name + "-wal").stat().st_size
    except FileNotFoundError:
        return 0


def checkpoint(config: Config) -> bool:
    """Write the log back and cut it to nothing; False where a reader was in the way.

    Most of it is written back while others write on. Cutting it keeps them waiting, and so must
    have little left to write.
    """
    path = sqlite_file(config)
    if path is None:
        return True
    connection = sqlite3.connect(path, timeout=_WAIT_S, isolation_level=None)
    try:
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        busy: int = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    except sqlite3.OperationalError:
        return False
    finally:
        connection.close()
    return not busy

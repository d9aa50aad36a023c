"""Writing a decided group: many rows at once, by the quickest way each database has."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import chain
from typing import Any

from django.db import connection

from suppilo.apps.capture.decide import Decision
from suppilo.apps.capture.sessions import session_row

_INBOX = (
    "capture_inbox",
    ("source_id", "digest", "content", "name", "at_us", "received_us", "path", "session_id",
     "payload"),
)  # fmt: skip
_QUARANTINE = (
    "capture_quarantined",
    ("source_id", "digest", "event_id", "name", "reason", "detail", "raw", "received_us", "state"),
)
_PIECES = (512, 64, 16, 4, 1)
"""Rows that SQLite gets at once. Each call lets another thread go on, and then waits for it; few
different sizes, so that all statements stay prepared."""
_SESSIONS = (
    "capture_activesession",
    ("key", "session_id", "user_id", "start_us", "last_us", "seen_us"),
)
_UPDATE_SESSION = (
    " ON CONFLICT (key) DO UPDATE SET"
    " session_id = excluded.session_id, user_id = excluded.user_id,"
    " start_us = excluded.start_us, last_us = excluded.last_us, seen_us = excluded.seen_us"
)


def write_decision(decision: Decision) -> None:
    """Write everything that a group decided, in the caller's transaction."""
    _insert(*_INBOX, decision.inbox)
    _insert(*_QUARANTINE, decision.quarantined)
    _save_sessions([session_row(*saved) for saved in decision.draft.saved])
    with connection.cursor() as cursor:
        decision.tally.save(cursor)


def _save_sessions(rows: Sequence[tuple[Any, ...]]) -> None:
    """Write sessions over what was saved of them before."""
    if not rows:
        return
    if connection.vendor == "sqlite":
        _insert_pieces(*_SESSIONS, rows, _UPDATE_SESSION)
        return
    table, columns = _SESSIONS
    places = ", ".join(["%s"] * len(columns))
    save = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places}){_UPDATE_SESSION}"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.executemany(save, rows)


def _insert(table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows. Table and columns are this module's own names, never given from outside."""
    if not rows:
        return
    if connection.vendor == "sqlite":
        _insert_pieces(table, columns, rows)
        return
    copy = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(copy) as stream,
    ):
        for row in rows:
            stream.write_row(row)


def _insert_pieces(
    table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]], ending: str = ""
) -> None:
    done = 0
    with connection.wrap_database_errors:
        for size in _PIECES:
            insert = _insert_many(table, columns, size) + ending
            while len(rows) - done >= size:
                values = tuple(chain.from_iterable(rows[done : done + size]))
                connection.connection.execute(insert, values)
                done += size


@cache
def _insert_many(table: str, columns: Sequence[str], rows: int) -> str:
    places = f"({', '.join('?' * len(columns))})"
    many = ", ".join([places] * rows)
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {many}"  # noqa: S608

"""Reading the newest rows of the inbox, many at once, by the quickest way each database has."""

from __future__ import annotations

from typing import Any

import orjson
from django.db import connection

from suppilo.apps.capture.models import Inbox
from suppilo.apps.capture.tail_rows import COLUMNS, InboxRows

_TOGETHER = 500
"""So many events of the largest size are half of what SQLite takes for one value."""
_READ = (
    "SELECT json_group_array(seq), json_group_array(name), json_group_array(at_us),"
    " json_group_array(path), json_group_array(session_id), json_group_array(source_id),"
    " CAST(group_concat(CAST(payload AS TEXT), char(10)) AS BLOB)"
    " FROM (SELECT * FROM capture_inbox WHERE seq > %s ORDER BY seq LIMIT %s)"
)


def read_rows(after: int, limit: int) -> InboxRows:
    """Return the first rows with a greater number than ``after``."""
    if connection.vendor != "sqlite":
        rows = Inbox.objects.filter(seq__gt=after).order_by("seq").values_list(*COLUMNS)[:limit]
        return InboxRows.of(list(rows))
    found = InboxRows()
    while len(found) < limit:
        asked = min(_TOGETHER, limit - len(found))
        read = _read_together(after, asked)
        if len(read):
            found.extend(read)
            after = max(read.seq)
        if len(read) < asked:
            break
    return found


def _read_together(after: int, limit: int) -> InboxRows:
    """Return rows that SQLite hands over as one, a value for each column.

    At each row that it hands over it lets another thread go on, and then waits for that one: where
    events come in, thousands of rows would take seconds. No payload has a line's end in it: JSON
    writes it as two other characters.
    """
    with connection.cursor() as cursor:
        cursor.execute(_READ, [after, limit])
        *columns, payloads = cursor.fetchone()
    read: list[list[Any]] = [orjson.loads(column) for column in columns]
    said = payloads.split(b"\n") if read[0] else []
    if len(said) != len(read[0]):
        raise ValueError(f"{len(said)} payloads were read of {len(read[0])} events")
    return InboxRows(*[*read, said])

"""Reading the newest rows of the inbox, many at once, by the quickest way each database has."""

from __future__ import annotations

from collections.abc import Iterator

import orjson
from django.db import connection

from suppilo.apps.capture.models import Inbox
from suppilo.apps.capture.tail_rows import InboxRow

_TOGETHER = 500
"""So many events of the largest size are half of what SQLite takes for one value."""
_READ = (
    "SELECT json_group_array(json_array(seq, name, at_us, path, session_id, source_id)),"
    " CAST(group_concat(CAST(payload AS TEXT), char(10)) AS BLOB)"
    " FROM (SELECT * FROM capture_inbox WHERE seq > %s ORDER BY seq LIMIT %s)"
)


def read_rows(after: int, limit: int) -> list[InboxRow]:
    """Return the first rows with a greater number than ``after``, by growing number."""
    if connection.vendor != "sqlite":
        rows = Inbox.objects.filter(seq__gt=after).order_by("seq")
        columns = ("seq", "name", "at_us", "path", "session_id", "source_id", "payload")
        return list(rows.values_list(*columns)[:limit])
    found: list[InboxRow] = []
    while len(found) < limit:
        asked = min(_TOGETHER, limit - len(found))
        read = sorted(_read_together(after, asked))
        found += read
        if len(read) < asked:
            break
        after = read[-1][0]
    return found


def _read_together(after: int, limit: int) -> Iterator[InboxRow]:
    """Yield rows that SQLite hands over as one.

    At each row that it hands over it lets another thread go on, and then waits for that one: where
    events come in, thousands of rows would take seconds. No payload has a line's end in it: JSON
    writes it as two other characters.
    """
    with connection.cursor() as cursor:
        cursor.execute(_READ, [after, limit])
        described, payloads = cursor.fetchone()
    rows = orjson.loads(described)
    said = payloads.split(b"\n") if rows else []
    for (seq, name, at_us, path, session_id, source_id), payload in zip(rows, said, strict=True):
        yield seq, name, at_us, path, session_id, source_id, payload

"""Events that were received and are not in the event tables yet, ready for reports."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db.models import Count, Min, Q

from suppilo.apps.capture.models import FlushBatch, Inbox
from suppilo.apps.capture.rows import read_source_names
from suppilo.apps.capture.tail_read import read_rows
from suppilo.apps.capture.tail_rows import split_rows
from suppilo.apps.capture.tail_table import TailTable

__all__ = ["TailSnapshot", "TailTable", "batch_limits", "forget_tail", "read_tail"]

UNREAD_BYTES = 64 << 20
"""Payloads that nobody has asked for are kept up to this size; their columns take less."""
_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class TailSnapshot:
    """The tail at one moment: a table for each event name, and the highest number seen."""

    tables: Mapping[str, TailTable] = field(default_factory=dict)
    seq: int = 0

    @property
    def rows(self) -> int:
        """The number of events."""
        return sum(map(len, self.tables.values()))


class _Tail:
    """The tail as this process knows it; only rows that came since are read."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._snapshot = TailSnapshot()

    def read(self) -> TailSnapshot:
        with self._lock:
            trimmed = _trim(_read_on(self._snapshot))
            if trimmed is None:  # rows have left from the middle: into quarantine, or erased
                self._snapshot = TailSnapshot()
            else:
                self._snapshot = trimmed
        return trimmed if trimmed is not None else self.read()

    def forget(self) -> None:
        with self._lock:
            self._snapshot = TailSnapshot()


_tail = _Tail()


def read_tail() -> TailSnapshot:
    """Return all events in the inbox.

    Take it *before* the snapshot of the event tables: rows that were flushed between are in both,
    and :func:`batch_limits` tells which. Rows that were flushed may stay in the tail for a while.
    """
    return _tail.read()


def forget_tail() -> None:
    """Let the next :func:`read_tail` read everything again."""
    _tail.forget()


def batch_limits(numbers: Iterable[int]) -> dict[int, int]:
    """Return the highest inbox number that each flush batch holds.

    A table that has the batch has all rows of its event up to there: of the tail, only the rows
    after it count. A batch that is no longer listed ended before anything that is in the inbox, so
    its limit is 0.
    """
    asked = set(numbers)
    known = FlushBatch.objects.filter(number__in=asked).values_list("number", "high_seq")
    return dict.fromkeys(asked, 0) | dict(known)


def _read_on(known: TailSnapshot) -> TailSnapshot:
    """Return the tail with the rows that came since."""
    while rows := read_rows(known.seq, _AT_ONCE):
        tables = dict(known.tables)
        for name, part in split_rows(rows, read_source_names()).items():
            tables[name] = tables[name].plus(part) if name in tables else TailTable(name, (part,))
        known = TailSnapshot(tables, max(rows.seq))
        _read_payloads(known)
        if len(rows) < _AT_ONCE:
            break
    return known


def _read_payloads(snapshot: TailSnapshot) -> None:
    """Make columns of the oldest payloads, if there are too many for keeping them as they are."""
    unread = {part: part.unread_bytes for table in snapshot.tables.values() for part in table.parts}
    excess = sum(unread.values()) - UNREAD_BYTES
    for part in sorted(unread, key=lambda part: int(part.seq[0])):
        if excess <= 0:
            break
        excess -= unread[part]
        part.read_payloads()


def _trim(snapshot: TailSnapshot) -> TailSnapshot | None:
    """Leave out rows that have left the inbox at its low end; None where others are missing."""
    # Counting all rows takes an index that has none of their payloads.
    there = Inbox.objects.aggregate(
        low=Min("seq"), rows=Count("seq", filter=Q(seq__lte=snapshot.seq))
    )
    if not there["rows"]:
        return TailSnapshot({}, snapshot.seq)
    kept = {name: table.after(there["low"] - 1) for name, table in snapshot.tables.items()}
    trimmed = TailSnapshot({n: t for n, t in kept.items() if len(t)}, snapshot.seq)
    return trimmed if trimmed.rows == there["rows"] else None

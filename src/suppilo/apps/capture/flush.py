"""Moving events from the inbox to the event tables, exactly once.

The order of steps makes a crash after any of them harmless:

1. The batch is fixed: its number and the inbox rows it has, committed.
2. Its rows are written under its number; a table that has the number leaves a repetition out.
3. Its ids' file is written; a repetition writes the same file.
4. The file and the end of the batch are committed, together.
5. The inbox rows are deleted, a few at a time. A row that is in both places is no harm: its id is
   still taken, and reports know from the batch's number that the tables have it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import transaction
from django.db.models import Q

from suppilo.apps.capture.convert import ARRIVED, FlatEvent, flatten, split_by_types, to_tables
from suppilo.apps.capture.files import LockHeldError, file_lock
from suppilo.apps.capture.ids import sort_ids, write_run
from suppilo.apps.capture.models import Cursor, FlushBatch, IdRun, Inbox
from suppilo.apps.capture.quarantine import set_aside
from suppilo.apps.capture.rows import iterate_inbox, read_inbox, read_source_names
from suppilo.lake import Lake

FLUSH_ROWS = 20_000
"""So many waiting events are flushed at once."""
FLUSH_AGE_US = 10_000_000
"""An event waits no longer than this (plus the time of a step)."""
BATCH_ROWS = 50_000
"""A batch has no more events than this."""
PROJECTED = "projected"
"""The cursor of the projection: events beyond it are not flushed yet."""
READER = "inbox:"
"""How the cursors of others begin who read the inbox; events beyond theirs wait for them, too."""
MAX_EVENT_NAMES = 10_000
"""As many different names as the event tables take."""
_DELETE_ROWS = 2_000
_BATCHES_KEPT = 1_000
_LONG_NAMES = "too_many_event_names"


@dataclass(frozen=True, slots=True)
class FlushResult:
    """What a flush did: the batch's number and its events."""

    number: int
    rows: int


class Flusher:
    """Flushes the inbox of one data folder.

    Parameters
    ----------
    home
        The data folder.
    lake
        The event tables.
    """

    def __init__(self, home: Path, lake: Lake) -> None:
        self._home, self._lake = home, lake

    def flush(self, now: datetime, *, at_once: bool = False) -> FlushResult | None:
        """Flush one batch if it is time to, and return what was done.

        Parameters
        ----------
        now
            The time; an event that has waited for 10 seconds is due.
        at_once
            Whether to flush whatever is there.

        Raises
        ------
        LakeError
            If the event tables can't be written; the next call goes on where this one stopped.
        """
        try:
            # A backup holds this lock while it copies the tables.
            with file_lock(self._home / "flush.lock"):
                _delete_flushed()
                batch = FlushBatch.objects.filter(flushed_at=None).first()
                batch = batch or self._fix_batch(now, at_once=at_once)
                return None if batch is None else self._write_batch(batch, now)
        except LockHeldError:
            return None

    def _fix_batch(self, now: datetime, *, at_once: bool) -> FlushBatch | None:
        last = FlushBatch.objects.order_by("number").last()
        low = 0 if last is None else last.high_seq
        high = _read_by_all()
        oldest = Inbox.objects.filter(seq__gt=low, seq__lte=high).order_by("seq").first()
        if oldest is None or not (at_once or _is_due(high - oldest.seq, oldest.received_us, now)):
            return None
        waiting = Inbox.objects.filter(seq__gt=low, seq__lte=high).order_by("seq")
        rows = list(waiting.values_list("seq", "name")[:BATCH_ROWS])
        self._leave_out_names(rows)
        number = 1 if last is None else last.number + 1
        return FlushBatch.objects.create(number=number, low_seq=low + 1, high_seq=rows[-1][0])

    def _leave_out_names(self, rows: Sequence[tuple[int, str]]) -> None:
        """Put events whose names are too many into quarantine: an id was taken for a name."""
        known = set(self._lake.names())
        new = dict.fromkeys(name for _seq, name in rows if name not in known)
        excess = set(list(new)[max(0, MAX_EVENT_NAMES - len(known)) :])
        for seq, name in rows:
            if name in excess:
                (row,) = read_inbox(seq - 1, seq)
                set_aside(row, _LONG_NAMES, f"there are {MAX_EVENT_NAMES:,} event names already")

    def _write_batch(self, batch: FlushBatch, now: datetime) -> FlushResult:
        names = read_source_names()
        rows: list[FlatEvent] = []
        digests: list[bytes] = []
        contents: list[int] = []
        for row in iterate_inbox(batch.low_seq - 1, batch.high_seq):
            rows.append(flatten(row, names))
            digests.append(row.digest)
            contents.append(row.content)
        self._write_tables(rows, batch.number)
        file = f"flush-{batch.number:012}.ids"
        if rows:
            write_run(self._home / "ids" / file, sort_ids(digests, contents))
        with transaction.atomic():
            if rows:
                IdRun.objects.create(file=file, count=len(rows), created_at=now)
            FlushBatch.objects.filter(number=batch.number).update(flushed_at=now)
        _delete_flushed()
        return FlushResult(batch.number, len(rows))

    def _write_tables(self, rows: Sequence[FlatEvent], number: int) -> None:
        import numpy as np

        for part in split_by_types(rows):
            events, properties = to_tables(part)
            order = np.array([ARRIVED + row.seq for row in part], np.int64)
            self._lake.write(events, "capture", properties, sequence=number, row_order=order)


def _read_by_all() -> int:
    """Return how far the projection and everybody else who reads the inbox have come."""
    readers = Cursor.objects.filter(Q(name=PROJECTED) | Q(name__startswith=READER))
    reached = dict(readers.values_list("name", "value"))
    return min(reached.values()) if PROJECTED in reached else 0


def _is_due(waiting: int, oldest_us: int, now: datetime) -> bool:
    # Where the clock has been put back since, the oldest is from days to come: due at once.
    return waiting >= FLUSH_ROWS or abs(now.timestamp() * 1e6 - oldest_us) >= FLUSH_AGE_US


def _delete_flushed() -> None:
    """Delete inbox rows that have been flushed, in short transactions, and old batches."""
    last = FlushBatch.objects.exclude(flushed_at=None).order_by("number").last()
    if last is None:
        return
    done = Inbox.objects.filter(seq__lte=last.high_seq).order_by("seq")
    while numbers := list(done.values_list("seq", flat=True)[:_DELETE_ROWS]):
        Inbox.objects.filter(seq__lte=numbers[-1]).delete()
    FlushBatch.objects.filter(number__lt=last.number - _BATCHES_KEPT).delete()

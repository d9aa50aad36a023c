"""Events that were received and are not in the event tables yet, ready for reports."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from django.db.models import Count, Min

from suppilo.apps.capture.convert import FlatEvent, flatten, text_of, to_tables
from suppilo.apps.capture.models import FlushBatch, Inbox
from suppilo.apps.capture.rows import iterate_inbox, read_source_names

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    Int64 = NDArray[np.int64]

_COMBINE_AT = 32


@dataclass(frozen=True, slots=True)
class TailTable:
    """One event name's unflushed rows, in the order of arrival.

    Attributes
    ----------
    events
        Columns ``path``, ``at``, ``event``, ``event_id`` and ``session_id``.
    properties
        The same rows' properties under their exact names; no column if none has any.
    seq
        The rows' inbox numbers, growing.
    """

    events: pa.Table
    properties: pa.Table
    seq: Int64

    def after(self, seq: int) -> TailTable:
        """Return the rows with a greater number than ``seq``."""
        first = int(np.searchsorted(self.seq, seq, "right"))
        if not first:
            return self
        return TailTable(self.events.slice(first), self.properties.slice(first), self.seq[first:])


@dataclass(frozen=True, slots=True)
class TailSnapshot:
    """The tail at one moment: a table for each event name, and the highest number seen."""

    tables: Mapping[str, TailTable] = field(default_factory=dict)
    seq: int = 0

    @property
    def rows(self) -> int:
        """The number of events."""
        return sum(len(table.seq) for table in self.tables.values())


class _Tail:
    """The tail as this process knows it; only rows that came since are read."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._snapshot = TailSnapshot()

    def read(self) -> TailSnapshot:
        with self._lock:
            tables = dict(self._snapshot.tables)
            high = _append(tables, self._snapshot.seq)
            trimmed = _trim(TailSnapshot(tables, high))
            if trimmed is None:  # rows have left from the middle: into quarantine, or erased
                self._snapshot = TailSnapshot()
            else:
                self._snapshot = trimmed
        return self._snapshot if trimmed is not None else self.read()

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


def _append(tables: dict[str, TailTable], after: int) -> int:
    """Add the rows that came after a number; return the highest number now."""
    by_name: defaultdict[str, list[FlatEvent]] = defaultdict(list)
    names: dict[int, str] | None = None
    for row in iterate_inbox(after):
        names = read_source_names() if names is None else names
        by_name[row.event.name].append(flatten(row, names))
    for name, of_name in by_name.items():
        seq = np.array([row.seq for row in of_name], np.int64)
        made = TailTable(*to_tables(of_name), seq)
        tables[name] = _concat(tables[name], made) if name in tables else made
    return max((of_name[-1].seq for of_name in by_name.values()), default=after)


def _concat(old: TailTable, new: TailTable) -> TailTable:
    import pyarrow as pa

    events = pa.concat_tables([old.events, new.events])
    properties = _concat_properties(old.properties, new.properties)
    if events.column(0).num_chunks > _COMBINE_AT:
        events, properties = events.combine_chunks(), properties.combine_chunks()
    return TailTable(events, properties, np.concatenate([old.seq, new.seq]))


def _concat_properties(old: pa.Table, new: pa.Table) -> pa.Table:
    import pyarrow as pa

    columns = {}
    for name in dict.fromkeys((*old.column_names, *new.column_names)):
        parts = [_column(part, name) for part in (old, new)]
        columns[name] = _join(*parts)
    if not columns:
        return pa.concat_tables([old, new])
    return pa.table(columns)


def _column(table: pa.Table, name: str) -> pa.ChunkedArray:
    import pyarrow as pa

    if name in table.column_names:
        return table.column(name)
    return pa.chunked_array([pa.nulls(table.num_rows)])


def _join(old: pa.ChunkedArray, new: pa.ChunkedArray) -> pa.ChunkedArray:
    import pyarrow as pa

    if old.type != new.type:
        kind = _common_type(old.type, new.type)
        old, new = _cast(old, kind), _cast(new, kind)
    return pa.chunked_array([*old.chunks, *new.chunks], old.type)


def _common_type(one: pa.DataType, other: pa.DataType) -> pa.DataType:
    import pyarrow as pa

    if pa.types.is_null(one) or pa.types.is_null(other):
        return other if pa.types.is_null(one) else one
    numbers = {pa.int64(), pa.float64()}
    return pa.float64() if {one, other} == numbers else pa.string()


def _cast(values: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    import pyarrow as pa

    if pa.types.is_string(kind) and not pa.types.is_null(values.type):
        return pa.chunked_array([[text_of(v) for v in values.to_pylist()]], kind)
    return values.cast(kind, safe=False)


def _trim(snapshot: TailSnapshot) -> TailSnapshot | None:
    """Leave out rows that have left the inbox at its low end; None where others are missing."""
    there = Inbox.objects.filter(seq__lte=snapshot.seq).aggregate(low=Min("seq"), rows=Count("seq"))
    if not there["rows"]:
        return TailSnapshot({}, snapshot.seq)
    kept = {name: table.after(there["low"] - 1) for name, table in snapshot.tables.items()}
    trimmed = TailSnapshot({n: t for n, t in kept.items() if len(t.seq)}, snapshot.seq)
    return trimmed if trimmed.rows == there["rows"] else None

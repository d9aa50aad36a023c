"""A lake: a folder of open event tables, one for each event name.

What writes and merges is imported where it is used: a process that only reads starts sooner.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from suppilo.lake.errors import NotALakeError
from suppilo.lake.folder import MARKER, check_folder, explain_failures, list_tables, mark_folder

if TYPE_CHECKING:
    import pyarrow as pa

    from suppilo.analytics.events import Int64
    from suppilo.lake.compact import CompactResult, Progress
    from suppilo.lake.summary import EventSummary, TimelineEvent
    from suppilo.lake.write import WriteResult

TARGET_ROWS = 1_000_000
"""Rows of a compacted file. A compaction holds about three such files in memory, times two."""


@dataclass(frozen=True)
class Lake:
    """A folder of event tables. :meth:`open` one that is there, or :meth:`create` one.

    ``now_ns`` is the clock (nanoseconds since 1970) that numbers rows in the order given.
    """

    folder: Path
    now_ns: Callable[[], int] = field(default=time.time_ns, repr=False, compare=False)

    @classmethod
    def open(cls, folder: Path | str) -> Lake:
        """Open a lake.

        Raises
        ------
        NotALakeError
            If the folder is no lake, or one that a newer version made.
        """
        path = Path(folder)
        if not check_folder(path):
            raise NotALakeError(
                f"there is no lake in {path} (no {MARKER}); check the folder's name"
            )
        return cls(path)

    @classmethod
    def create(cls, folder: Path | str) -> Lake:
        """Open a lake, or have an absent or empty folder become one with the first write.

        Raises
        ------
        NotALakeError
            If the folder holds something else, or a lake that a newer version made.
        """
        check_folder(Path(folder))
        return cls(Path(folder))

    def names(self) -> tuple[str, ...]:
        """Return the names of all events, exactly as given, sorted."""
        return tuple(list_tables(self.folder))

    def events(self) -> tuple[EventSummary, ...]:
        """Return what is in the lake, event by event, by name."""
        from suppilo.lake.summary import summarise_events

        return summarise_events(self.folder)

    def timeline(self, path: str, limit: int = 100, offset: int = 0) -> list[TimelineEvent]:
        """Return one path's events in the order of time, ``limit`` of them from ``offset`` on."""
        from suppilo.lake.summary import read_timeline

        return read_timeline(self.folder, path, limit, offset)

    def write(
        self,
        events: pa.Table,
        batch: str,
        properties: pa.Table | None = None,
        sequence: int | None = None,
        row_order: Int64 | None = None,
    ) -> WriteResult:
        """Append a batch of events; a batch that is there already is left as it is.

        Parameters
        ----------
        events
            Columns ``path`` (text), ``at`` (times, UTC), ``event`` (text), and if there are any,
            ``event_id`` and ``session_id``.
        batch
            The batch's name. The same rows written again under the same name change nothing, also
            where the first write broke off half way: then the rest is written.
        properties
            The properties of the same rows, under their exact names.
        sequence
            Where a source numbers its batches: the number, growing, with ``batch`` as the name of
            the source. Number ``n`` must be written (to its end) before ``n + 1``.
        row_order
            Each row's place in the order of all events, growing, where the writer knows it; else
            the clock gives it.

        Raises
        ------
        LakeError
            If a row has no path, time or event name, there are more than 10,000 event names, or
            the disk is full. What was recorded before is unharmed.
        """
        from suppilo.lake.batch import check_event_count, sort_batch
        from suppilo.lake.table import BatchNumber
        from suppilo.lake.write import WriteResult, write_batch

        with explain_failures(self.folder, "could not write"):
            mark_folder(self.folder)
        if not events.num_rows:
            return WriteResult(0, 0, 0)
        made = sort_batch(events, properties, self.now_ns() if row_order is None else row_order)
        check_event_count(len({*made.events, *self.names()}))
        return write_batch(self.folder, made, BatchNumber(batch, sequence or 0))

    def remove_batch(self, batch: str) -> int:
        """Remove a batch's rows, and return how many there were.

        Its name is forgotten, so that the same rows may be written again. Broken off half way,
        it is completed by doing it again. Rows written before there was a column of batches
        can't be told apart, and stay.

        Raises
        ------
        LakeError
            If the disk is full. Tables done until then are without the batch.
        """
        from suppilo.lake.remove import remove_batch

        tables = list_tables(self.folder)
        return sum(remove_batch(event, folder, batch) for event, folder in tables.items())

    def compact(
        self, progress: Progress | None = None, target_rows: int = TARGET_ROWS
    ) -> CompactResult:
        """Merge each table's files into large ones that do not overlap, and clean up.

        It may run beside readers and writers, and be killed at any time.

        Parameters
        ----------
        progress
            Called with an event's name, its rows merged so far and its rows in all, from two
            threads.
        target_rows
            Rows of a merged file; what is held in memory grows with it.

        Raises
        ------
        LakeError
            If the disk is full. Nothing of the lake is harmed then.
        """
        from suppilo.lake.compact import compact_tables

        result = compact_tables(list_tables(self.folder), progress, target_rows)
        self.vacuum()
        return result

    def vacuum(self, older_than: timedelta = timedelta(hours=1)) -> int:
        """Remove files of no table's present version, and return how many.

        Parameters
        ----------
        older_than
            How long ago a file must have been written, or replaced by a compaction. It must be
            longer than any write or read takes.
        """
        from suppilo.lake.compact import vacuum_table

        before_s = self.now_ns() / 1e9 - older_than.total_seconds()
        tables = list_tables(self.folder).values()
        return sum(vacuum_table(folder, before_s) for folder in tables)

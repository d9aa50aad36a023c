"""Merging a table's files into few, each with its own range of paths; and removing dead files.

Both work beside readers and writers: what a compaction puts in place of the old files appears in
one commit, and the old files stay on the disk for those who read them until vacuum's time is up.
A killed compaction leaves files that no log names; vacuum removes them.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError
from deltalake.transaction import RemoveAction

from suppilo.analytics.events import ALL_PATHS, PathRange
from suppilo.lake.arrays import integers
from suppilo.lake.files import HOT_COLUMNS, WrittenFile, write_file
from suppilo.lake.folder import explain_failures, lock_table
from suppilo.lake.layout import lay_out
from suppilo.lake.parquet import has_digest
from suppilo.lake.schema import BATCH, SYSTEM_FIELDS, TIME
from suppilo.lake.snapshot import TableSnapshot, snapshot_table
from suppilo.lake.table import commit_files

Progress = Callable[[str, int, int], None]
"""Called with an event's name, its rows merged so far, and its rows in all."""


@dataclass(frozen=True, slots=True)
class CompactResult:
    """What a compaction did: tables and rows merged, files before and after, tables left as is.

    ``tables_busy`` could not be compacted because their files changed meanwhile.
    """

    tables: int = 0
    rows: int = 0
    files_before: int = 0
    files_after: int = 0
    tables_busy: int = 0

    def __add__(self, other: CompactResult) -> CompactResult:
        return CompactResult(
            self.tables + other.tables,
            self.rows + other.rows,
            self.files_before + other.files_before,
            self.files_after + other.files_after,
            self.tables_busy + other.tables_busy,
        )


def compact_tables(
    tables: Mapping[str, Path], progress: Progress | None, target_rows: int
) -> CompactResult:
    """Merge the files of tables, by event name, two tables at a time.

    Raises
    ------
    LakeError
        If the disk fails or is full; tables not finished are as before then.
    """

    def compact(table: tuple[str, Path]) -> CompactResult:
        return compact_table(*table, progress, target_rows)

    total = CompactResult()
    with ThreadPoolExecutor(2) as pool:
        for result in pool.map(compact, tables.items()):
            total += result
    return total


def compact_table(
    event: str, folder: Path, progress: Progress | None, target_rows: int
) -> CompactResult:
    """Merge one table's files if there is something to gain.

    Raises
    ------
    LakeError
        If the disk fails or is full; the table is as before then.
    """
    with explain_failures(folder, "could not compact"):
        for _ in range(3):
            table = DeltaTable(str(folder))
            snapshot = snapshot_table(event, folder, table)
            if not _needs_compaction(snapshot, target_rows):
                return CompactResult(files_before=len(snapshot.files),
                                     files_after=len(snapshot.files))  # fmt: skip
            if (made := _try_compact(snapshot, progress, target_rows)) is not None:
                return CompactResult(1, snapshot.rows, len(snapshot.files), made)
    files = len(snapshot.files)
    return CompactResult(files_before=files, files_after=files, tables_busy=1)


def _needs_compaction(table: TableSnapshot, target_rows: int) -> bool:
    files = table.files
    overlap = any(one.high >= two.low for one, two in zip(files, files[1:], strict=False))
    unchecked = any(not has_digest(file.name) for file in files)
    return unchecked or overlap or len(files) > 2 * len(_ranges(table, target_rows))


def _ranges(table: TableSnapshot, target_rows: int) -> list[PathRange]:
    """Return ranges of paths with about ``target_rows`` rows each: keys are spread evenly."""
    count = max(1, round(table.rows / target_rows))
    low, high = ALL_PATHS
    edges = [low + (high + 1 - low) * i // count for i in range(count + 1)]
    return [(edges[i], edges[i + 1] - 1) for i in range(count)]


def _try_compact(table: TableSnapshot, progress: Progress | None, target_rows: int) -> int | None:
    """Merge and commit, and return the number of files; None where the old ones have changed."""
    written: list[WrittenFile] = []
    done, committed = 0, False
    try:
        for paths in _ranges(table, target_rows):
            merged = _merge(table, paths)
            if rows := len(merged["at"]):
                written.append(write_file(table.folder, table.columns, merged, new=False))
            done += rows
            if progress is not None:
                progress(table.event, done, table.rows)
        committed = _swap(table, written)
    finally:
        if not committed:
            discard_unlisted(table.folder, written)
    return len(written) if committed else None


def _merge(table: TableSnapshot, paths: PathRange) -> dict[str, pa.Array]:
    """Return all columns of one range in order."""
    layout = lay_out(table, paths)
    values = {
        "path_key": integers(layout.path),
        "at": integers(layout.at).view(TIME),
        "row_order": integers(layout.hot("row_order")),
    }
    for field in SYSTEM_FIELDS:
        if field.name not in HOT_COLUMNS:  # nearly every value differs: a dictionary gains nothing
            coded = field is BATCH
            values[field.name] = layout.column(field.name, field.type, coded=coded)
    if values[BATCH.name].null_count == len(layout.path) or table.is_property(BATCH.name):
        del values[BATCH.name]
    for column in table.columns:
        values[column.column] = layout.column(column.column, column.field().type)
    return values


def _swap(table: TableSnapshot, written: Sequence[WrittenFile]) -> bool:
    """Put the written files in place of the table's old ones, in one commit."""
    with lock_table(table.folder):
        now = snapshot_table(table.event, table.folder, DeltaTable(str(table.folder)))
        if not set(table.files) <= set(now.files):
            return False
        known = {column.column: column for column in now.columns}
        # New columns are null in old rows; a column of another type needs the merge done again.
        if any(known.get(column.column) != column for column in table.columns):
            return False
        for file in table.files:  # vacuum waits from now, not from when they were written
            os.utime(table.folder / file.name)
        removed_at = time.time_ns() // 1_000_000
        removes = [RemoveAction(f.name, False, removed_at, f.size, {}) for f in table.files]
        delta = DeltaTable(str(table.folder))
        try:
            commit_files(table.folder, delta, [file.add for file in written], removes)
        except CommitFailedError:  # another engine changed the table meanwhile
            return False
        delta.create_checkpoint()
    return True


def discard_unlisted(folder: Path, written: Iterable[WrittenFile]) -> None:
    """Remove files of a commit that failed, unless the log has it after all."""
    known = _listed(folder)
    for file in written:
        if file.path.name not in known:
            file.discard()


def _listed(folder: Path) -> set[str]:
    from deltalake.exceptions import TableNotFoundError

    try:
        return {Path(uri).name for uri in DeltaTable(str(folder)).file_uris()}
    except TableNotFoundError:
        return set()


def vacuum_table(folder: Path, before_s: float) -> int:
    """Remove files that the table does not have (any more) and return how many.

    Parameters
    ----------
    folder
        The table's folder.
    before_s
        Only files last touched before this moment (seconds since 1970) go: a younger one may be a
        writer's that has not committed yet, or one that a reader of an older version reads.
    """
    removed = 0
    with explain_failures(folder, "could not clean up"), lock_table(folder):
        listed = _listed(folder)
        for path in folder.glob("*.parquet"):
            if path.name not in listed and path.stat().st_mtime < before_s:
                path.unlink()
                removed += 1
    return removed

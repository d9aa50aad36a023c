"""Taking a batch out again: the files that have rows of it are written without them."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake import DeltaTable
from deltalake.transaction import RemoveAction

from suppilo.lake.compact import discard_unlisted
from suppilo.lake.files import WrittenFile, write_file
from suppilo.lake.folder import explain_failures, explain_reading, lock_table
from suppilo.lake.parquet import open_parquet
from suppilo.lake.schema import BATCH
from suppilo.lake.snapshot import DataFile, TableSnapshot, last_sequence, snapshot_table
from suppilo.lake.table import BatchNumber, commit_files

FORGOTTEN = -1
"""The number before every batch's: a table whose last one this is has none."""


def remove_batch(event: str, folder: Path, batch: str) -> int:
    """Remove a batch's rows from one table, in one commit, and return how many there were.

    Raises
    ------
    LakeError
        If the disk fails or is full; the table is as before then.
    """
    with explain_failures(folder, "could not remove from"), lock_table(folder):
        table = DeltaTable(str(folder))
        snapshot = snapshot_table(event, folder, table)
        if last_sequence(table, batch) is None or snapshot.is_property(BATCH.name):
            return 0
        return _remove(snapshot, table, batch)


def _remove(snapshot: TableSnapshot, table: DeltaTable, batch: str) -> int:
    """Commit files without the batch in place of those with it; the lock is held."""
    old = [file for file in snapshot.files if _may_have(snapshot.folder / file.name, batch)]
    written: list[WrittenFile] = []
    replaced: list[DataFile] = []
    committed = False
    try:
        for file in old:
            kept = _read_without(snapshot, file, batch)
            if len(kept["at"]) == file.rows:
                continue
            replaced.append(file)
            os.utime(snapshot.folder / file.name)  # vacuum waits from now
            if len(kept["at"]):
                written.append(write_file(snapshot.folder, snapshot.columns, kept, new=True))
        if not replaced:  # its rows are of the time before the column: they can't be told apart
            return 0
        removed_at = time.time_ns() // 1_000_000
        removes = [RemoveAction(f.name, True, removed_at, f.size, {}) for f in replaced]
        adds = [file.add for file in written]
        commit_files(snapshot.folder, table, adds, removes, BatchNumber(batch, FORGOTTEN))
        committed = True
    finally:
        if not committed:
            discard_unlisted(snapshot.folder, written)
    left: int = sum(pq.read_metadata(file.path).num_rows for file in written)
    return sum(file.rows for file in replaced) - left


def _may_have(file: Path, batch: str) -> bool:
    """Return whether a file's statistics leave room for rows of a batch."""
    metadata = pq.read_metadata(file)
    names = metadata.schema.names
    if BATCH.name not in names:
        return False
    place = names.index(BATCH.name)
    return any(
        _holds(metadata.row_group(group).column(place).statistics, batch)
        for group in range(metadata.num_row_groups)
    )


def _holds(statistics: Any, batch: str) -> bool:
    if statistics is None or not statistics.has_min_max:
        return statistics is None or statistics.num_values > 0
    return bool(statistics.min <= batch <= statistics.max)


def _read_without(snapshot: TableSnapshot, file: DataFile, batch: str) -> dict[str, pa.Array]:
    """Return a file's columns without the rows of a batch, sorted."""
    path = snapshot.folder / file.name
    have = set(pq.read_schema(path).names)
    texts = [c.column for c in snapshot.columns if c.type == "text" and c.column in have]
    with explain_reading(path):
        whole = open_parquet(path, dictionaries=[BATCH.name, *texts]).read()
    stay = pc.invert(pc.equal(whole.column(BATCH.name).cast(pa.string()), batch))
    table = whole.filter(pc.or_kleene(stay, pc.is_null(whole.column(BATCH.name))))
    keys = [table.column(name).cast(pa.int64()).to_numpy() for name in _SORT_KEYS]
    order = np.lexsort(keys)  # another tool's file may be in any order
    return {
        name: _one_array(table.column(name)).take(pa.array(order)) for name in table.column_names
    }


_SORT_KEYS = ("row_order", "at", "path_key")


def _one_array(column: pa.ChunkedArray) -> pa.Array:
    joined = column.unify_dictionaries().combine_chunks()
    if isinstance(joined, pa.ChunkedArray):
        return pa.concat_arrays(joined.chunks) if joined.num_chunks else pa.array([], joined.type)
    return joined

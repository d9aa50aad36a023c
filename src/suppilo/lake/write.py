"""Appending a batch: one commit for each event's table, each carrying the batch's number."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError, TableNotFoundError

from suppilo.analytics.events import Bool
from suppilo.lake.arrays import valid_mask
from suppilo.lake.batch import Batch, EventRows
from suppilo.lake.compact import discard_unlisted
from suppilo.lake.errors import LakeError
from suppilo.lake.files import WrittenFile, write_file
from suppilo.lake.folder import (
    explain_failures,
    explain_reading,
    lock_table,
    prepare_table,
    table_folder,
)
from suppilo.lake.parquet import open_parquet
from suppilo.lake.schema import (
    ARROW_TYPES,
    BATCH,
    PropertyColumn,
    fit_values,
    has_batches,
    needs_widening,
    new_column,
    rest_texts,
    type_of,
)
from suppilo.lake.table import (
    BatchNumber,
    add_batches,
    add_columns,
    can_widen,
    commit_files,
    create_table,
    replace_files,
    table_columns,
)

MAX_PROPERTIES = 1_000
_ATTEMPTS = 20


@dataclass(frozen=True, slots=True)
class WriteResult:
    """What a write did.

    Attributes
    ----------
    rows
        Rows written by this call.
    set_aside
        Property values that did not fit their column's type and went to ``_rest``.
    tables
        Tables written to by this call.
    skipped_rows
        Rows that were there already: this batch had been written before.
    """

    rows: int
    set_aside: int
    tables: int
    skipped_rows: int = 0

    def __add__(self, other: WriteResult) -> WriteResult:
        return WriteResult(
            self.rows + other.rows,
            self.set_aside + other.set_aside,
            self.tables + other.tables,
            self.skipped_rows + other.skipped_rows,
        )


@dataclass(slots=True)
class _Plan:
    """How rows go into a table of known columns."""

    known: tuple[PropertyColumn, ...]
    added: list[PropertyColumn] = field(default_factory=list)
    widened: set[str] = field(default_factory=set)
    values: dict[str, pa.Array] = field(default_factory=dict)
    unfit: list[tuple[str, pa.Array, Bool]] = field(default_factory=list)

    @property
    def columns(self) -> tuple[PropertyColumn, ...]:
        """The table's columns once the rows are in."""
        kept = (replace(c, type="float") if c.column in self.widened else c for c in self.known)
        return (*kept, *self.added)

    @property
    def set_aside(self) -> int:
        return sum(int(mask.sum()) for _, _, mask in self.unfit)


def write_batch(lake: Path, batch: Batch, number: BatchNumber) -> WriteResult:
    """Write all events of a batch, and return what was done.

    Raises
    ------
    LakeError
        If the disk or the lock fails. Tables committed until then have the batch; writing it
        again completes the others.
    """

    def write(index: int) -> WriteResult:
        return _write_event(table_folder(lake, batch.events[index]), batch.rows(index), number)

    total = WriteResult(0, 0, 0)
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        for result in pool.map(write, range(len(batch.events))):
            total += result
    return total


def _write_event(folder: Path, rows: EventRows, number: BatchNumber) -> WriteResult:
    with explain_failures(folder, "could not write"):
        prepare_table(folder, rows.event)
        for attempt in range(_ATTEMPTS):
            try:
                if result := _try_write(folder, rows, number):
                    return result
            except CommitFailedError:  # another engine committed meanwhile: look again
                if attempt == _ATTEMPTS - 1:
                    raise
            time.sleep(0.01 * attempt)
    raise LakeError(f"{folder} changes all the time; stop the other writers, and write again")


def open_table(folder: Path) -> DeltaTable | None:
    """Open a table; None where its first commit has not happened."""
    try:
        return DeltaTable(str(folder))
    except TableNotFoundError:
        return None


def _try_write(folder: Path, rows: EventRows, number: BatchNumber) -> WriteResult | None:
    """Write rows and commit them; None where the table's columns changed meanwhile."""
    table = open_table(folder)
    if table is not None and number.is_in(table):
        return WriteResult(0, 0, 0, rows.count)
    plan = _plan_rows(rows, table, number.source)
    # A long write of the file is outside the lock; only what needs the log is inside.
    written = [write_file(folder, plan.columns, plan.values, new=True)]
    committed = False
    try:
        with lock_table(folder):
            table = open_table(folder) if table is None else _refresh(table)
            if table is not None and number.is_in(table):
                return WriteResult(0, 0, 0, rows.count)
            if (() if table is None else table_columns(table)) != plan.known:
                return None
            _commit(folder, rows.event, table, plan, written, number)
            committed = True
    finally:
        if not committed:
            discard_unlisted(folder, written)
    return WriteResult(rows.count, plan.set_aside, 1)


def _refresh(table: DeltaTable) -> DeltaTable:
    table.update_incremental()
    return table


def _plan_rows(rows: EventRows, table: DeltaTable | None, batch: str) -> _Plan:
    plan = _Plan(() if table is None else table_columns(table))
    by_name = {column.name: column for column in plan.known}
    for name, values in rows.properties.items():
        column = by_name.get(name) or _add_column(plan, name, values)
        if column is None:
            plan.unfit.append((name, values, valid_mask(values)))
            continue
        if table is not None and needs_widening(values, column.type):
            column = _widen_column(plan, table, column)
        fitted = fit_values(values, column.type)
        plan.values[column.column] = fitted.values
        if fitted.unfit is not None:
            plan.unfit.append((name, values, fitted.unfit))
    plan.values |= rows.system | {"_rest": rest_texts(plan.unfit, rows.count)}
    if all(column.column != BATCH.name for column in plan.known):
        plan.values[BATCH.name] = _repeat(batch, rows.count)
    return plan


def _repeat(text: str, rows: int) -> pa.Array:
    codes = pa.array(np.zeros(rows, np.int32))
    return pa.DictionaryArray.from_arrays(codes, pa.array([text], pa.string()))


def _add_column(plan: _Plan, name: str, values: pa.Array) -> PropertyColumn | None:
    if len(plan.known) + len(plan.added) >= MAX_PROPERTIES:
        return None
    plan.added.append(new_column(name, type_of(values), plan.columns))
    return plan.added[-1]


def _widen_column(plan: _Plan, table: DeltaTable, column: PropertyColumn) -> PropertyColumn:
    if not can_widen(table, column.column):
        return column
    plan.widened.add(column.column)
    return replace(column, type="float")


def _commit(
    folder: Path,
    event: str,
    table: DeltaTable | None,
    plan: _Plan,
    written: list[WrittenFile],
    number: BatchNumber,
) -> None:
    """Commit the written file; the lock is held."""
    adds = [file.add for file in written]
    if table is None:
        create_table(folder, event, plan.columns, adds, number)
        return
    if plan.widened and all(can_widen(table, column) for column in plan.widened):
        written += _rewrite_wider(folder, table, plan)
        replace_files(folder, table, plan.columns, [file.add for file in written], number)
        return
    if plan.widened:
        raise CommitFailedError("a column can't be widened any more")
    if plan.added:
        add_columns(folder, table, plan.added)
    if BATCH.name in plan.values and not has_batches(table.schema()):
        add_batches(folder, table)
    commit_files(folder, table, adds, batch=number)


def _rewrite_wider(folder: Path, table: DeltaTable, plan: _Plan) -> list[WrittenFile]:
    """Write each of the table's files again with the widened columns as float64."""
    made = []
    for uri in table.file_uris():
        path = folder / Path(uri).name
        with explain_reading(path):
            old = open_parquet(path).read()
        os.utime(path)  # readers of the version before have it for as long as vacuum waits
        values = {name: old.column(name).combine_chunks() for name in old.column_names}
        for column in plan.widened & values.keys():
            values[column] = values[column].cast(ARROW_TYPES["float"])
        made.append(write_file(folder, plan.columns, values, new=False))
    return made

"""One event's Delta table: opening it, what its log says, and commits to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable
from deltalake.schema import Field, PrimitiveType
from deltalake.transaction import (
    AddAction,
    RemoveAction,
    Transaction,
    create_table_with_add_actions,
)

from suppilo.lake.folder import sync
from suppilo.lake.schema import BATCH, PropertyColumn, delta_schema, is_exact_range, read_columns
from suppilo.lake.snapshot import DataFile

_CONFIGURATION = {
    "delta.checkpointInterval": "20",
    # A batch's number is kept this long: repeating a batch later than that would double it.
    "delta.setTransactionRetentionDuration": "interval 365 days",
}


@dataclass(frozen=True, slots=True)
class BatchNumber:
    """What makes a repeated write a no-op: a source, and the number of a batch within it."""

    source: str
    sequence: int

    def is_in(self, table: DeltaTable) -> bool:
        """Return whether the table has the batch."""
        seen = table.transaction_version(self.source)
        return seen is not None and seen >= self.sequence

    def properties(self) -> CommitProperties:
        """Return what a commit needs to record the batch."""
        return CommitProperties(app_transactions=[Transaction(self.source, self.sequence)])


def create_table(
    folder: Path,
    event: str,
    columns: Sequence[PropertyColumn],
    adds: Sequence[AddAction],
    batch: BatchNumber,
) -> None:
    """Create a table with its first files, in one commit."""
    create_table_with_add_actions(
        str(folder),
        delta_schema(columns),
        list(adds),
        mode="error",
        name=event,
        description=f"Events {event!r}, one row each, sorted by (path_key, at, row_order)",
        configuration=_CONFIGURATION,
        commit_properties=batch.properties(),
    )
    sync_log(folder, 0)


def add_columns(folder: Path, table: DeltaTable, columns: Sequence[PropertyColumn]) -> None:
    """Add nullable columns to a table."""
    fields = [_delta_field(column) for column in columns]
    table.alter.add_columns(fields)
    table.update_incremental()
    sync_log(folder, table.version())


def add_batches(folder: Path, table: DeltaTable) -> None:
    """Add the column of batches to a table that was made before there was one."""
    table.alter.add_columns([Field(BATCH.name, PrimitiveType("string"), nullable=True)])
    table.update_incremental()
    sync_log(folder, table.version())


def _delta_field(column: PropertyColumn) -> Field:
    made = delta_schema([column]).fields[-1]
    kind = made.type
    if not isinstance(kind, PrimitiveType):
        raise TypeError(f"{column} is no primitive type")
    return Field(made.name, kind, nullable=True, metadata=made.metadata)


def commit_files(
    folder: Path,
    table: DeltaTable,
    adds: Sequence[AddAction],
    removes: Sequence[RemoveAction] = (),
    batch: BatchNumber | None = None,
) -> None:
    """Add files and remove others, in one commit that does not mind others' appends."""
    table.create_write_transaction(
        [*adds, *removes],
        mode="append",
        schema=table.schema(),
        commit_properties=None if batch is None else batch.properties(),
    )
    table.update_incremental()
    sync_log(folder, table.version())


def replace_files(
    folder: Path,
    table: DeltaTable,
    columns: Sequence[PropertyColumn],
    adds: Sequence[AddAction],
    batch: BatchNumber,
) -> None:
    """Put other files and another schema in place of the table's, in one commit."""
    table.create_write_transaction(
        list(adds),
        mode="overwrite",
        schema=delta_schema(columns),
        commit_properties=batch.properties(),
    )
    table.update_incremental()
    sync_log(folder, table.version())


def sync_log(folder: Path, version: int) -> None:
    """Wait until a commit is on the disk: Delta itself leaves that to the system."""
    log = folder / "_delta_log"
    entry = log / f"{version:020}.json"
    if entry.exists():
        sync(entry)
    sync(log)
    sync(folder)


def _add_actions(table: DeltaTable) -> pa.Table:
    # Not pa.table(): that looks whether it was given a data frame, and loads pandas to find out.
    return pa.RecordBatchReader.from_stream(table.get_add_actions(flatten=True)).read_all()


def list_files(table: DeltaTable) -> tuple[DataFile, ...]:
    """Return the table's files at its version, by the lowest path key."""
    found = _add_actions(table)
    if not found.num_rows:
        return ()
    rows = _numbers(found, "num_records")
    rest = _numbers(found, "null_count._rest")
    files = zip(
        found.column("path").to_pylist(),
        found.column("size_bytes").to_pylist(),
        rows,
        _numbers(found, "min.path_key"),
        _numbers(found, "max.path_key"),
        _numbers(found, "min.at"),
        _numbers(found, "max.at"),
        _numbers(found, "min.row_order"),
        (count - nulls for count, nulls in zip(rows, rest, strict=True)),
        strict=True,
    )
    return tuple(sorted((DataFile(*file) for file in files), key=lambda f: (f.low, f.first_order)))


def _numbers(actions: pa.Table, column: str) -> list[int]:
    # Files of other tools may come without statistics: then a file may hold anything.
    unknown = {"min": -(2**63), "max": 2**63 - 1}.get(column[:3], 0)
    values = actions.column(column).cast(pa.int64()).to_pylist()
    return [unknown if value is None else value for value in values]


def table_columns(table: DeltaTable) -> tuple[PropertyColumn, ...]:
    """Return the table's property columns."""
    return read_columns(table.schema())


def can_widen(table: DeltaTable, column: str) -> bool:
    """Return whether all integers of a column are exact as float64, by the log's statistics."""
    found = _add_actions(table)
    if f"min.{column}" not in found.column_names:
        return True
    for row in found.select([f"min.{column}", f"max.{column}", f"null_count.{column}",
                             "num_records"]).to_pylist():  # fmt: skip
        low, high, nulls, rows = row.values()
        if low is None and nulls not in (None, rows):
            return False
        if low is not None and not is_exact_range(low, high):
            return False
    return True

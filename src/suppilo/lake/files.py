"""The Parquet files of a table: how they are written, and what the log records of them."""

from __future__ import annotations

import json
import math
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake.transaction import AddAction

from suppilo.lake.folder import sync
from suppilo.lake.parquet import name_file
from suppilo.lake.schema import BATCH, PropertyColumn, arrow_schema

ROW_GROUP_ROWS = 262_144
HOT_COLUMNS = ("path_key", "at", "row_order")
"""Every funnel reads these: plain, uncompressed and without nulls they are read by copying."""


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A file that is on the disk and not in the log yet."""

    path: Path
    add: AddAction

    def discard(self) -> None:
        """Remove the file."""
        self.path.unlink(missing_ok=True)


def write_file(
    folder: Path, columns: Sequence[PropertyColumn], values: dict[str, pa.Array], *, new: bool
) -> WrittenFile:
    """Write one sorted file under a name of its own and wait until it is on the disk.

    Parameters
    ----------
    folder
        The table's folder.
    columns
        The table's property columns.
    values
        The columns by column name; a property's, or the batch's, that is missing is null.
    new
        Whether the rows are new to the table, as opposed to moved from its other files.
    """
    rows = len(values["at"])
    whole = arrow_schema([column for column in columns if column.column in values])
    schema = [field for field in whole if field.name in values]
    # Dictionaries are written as they are; the schema of the file itself stays plain.
    fields = [field.with_type(values[field.name].type) for field in schema]
    table = pa.Table.from_arrays([values[f.name] for f in fields], schema=pa.schema(fields))
    path = folder / f"{uuid.uuid4().hex}.parquet"
    try:
        _write_parquet(table, path)
        sync(path)
        path = name_file(path)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    add = AddAction(
        path=path.name,
        size=path.stat().st_size,
        partition_values={},
        modification_time=time.time_ns() // 1_000_000,
        data_change=new,
        stats=json.dumps(_stats(table, rows)),
    )
    return WrittenFile(path, add)


def _write_parquet(table: pa.Table, path: Path) -> None:
    pq.write_table(
        table,
        path,
        row_group_size=ROW_GROUP_ROWS,
        compression={name: _compression(name) for name in table.column_names},
        use_dictionary=[f.name for f in table.schema if _has_dictionary(f)],
        write_statistics=True,
        store_schema=False,
        write_page_checksum=True,
    )


def _compression(column: str) -> str:
    return "none" if column in HOT_COLUMNS else "lz4"


def _has_dictionary(field: pa.Field) -> bool:
    return field.name in {"path", "session_id", BATCH.name} or pa.types.is_dictionary(field.type)


def _stats(table: pa.Table, rows: int) -> dict[str, Any]:
    """Return the file's statistics as Delta records them."""
    lows, highs = {}, {}
    for field in table.schema:
        if pa.types.is_integer(field.type) or pa.types.is_timestamp(field.type):
            low, high = _bounds(table.column(field.name))
            if low is not None:
                lows[field.name], highs[field.name] = low, high
        elif pa.types.is_floating(field.type):
            # With a NaN about, engines disagree on what the bounds mean; none are given then.
            low, high = _bounds(table.column(field.name))
            if low is not None and math.isfinite(low) and math.isfinite(high):
                lows[field.name], highs[field.name] = low, high
    return {
        "numRecords": rows,
        "minValues": lows,
        "maxValues": highs,
        "nullCount": {name: table.column(name).null_count for name in table.column_names},
    }


def _bounds(values: pa.ChunkedArray) -> tuple[Any, Any]:
    if pa.types.is_timestamp(values.type):
        low, high = _bounds(pa.chunked_array([c.view(pa.int64()) for c in values.chunks]))
        return (None, None) if low is None else (_stamp(low), _stamp(high))
    if pa.types.is_floating(values.type) and pc.any(pc.is_nan(values)).as_py():
        return None, None
    found = pc.min_max(values)
    return found["min"].as_py(), found["max"].as_py()


def _stamp(at_us: int) -> str:
    from suppilo.analytics.periods import format_moment

    text = format_moment(at_us).replace("+00:00", "")
    return f"{text}Z" if "." in text else f"{text}.000000Z"

"""Small worlds of events for the lake's tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable

from suppilo.lake import Lake
from suppilo.lake.folder import list_tables

TIME = pa.timestamp("us", "UTC")
START_US = 1_700_000_000_000_000


def make_batch(rows: list[tuple[str, int, str]], **ids: list[str | None]) -> pa.Table:
    """Return events given as (path, seconds since the start, event)."""
    return pa.table(
        {
            "path": pa.array([row[0] for row in rows], pa.string()),
            "at": pa.array([START_US + row[1] * 1_000_000 for row in rows], pa.int64()).view(TIME),
            "event": pa.array([row[2] for row in rows], pa.string()),
            **ids,
        }
    )


def random_batch(
    seed: int, rows: int, names: int = 3, paths: int = 50
) -> tuple[pa.Table, pa.Table]:
    """Return seeded events with many ties; ``event_id`` is the seed and the row."""
    random = np.random.default_rng(seed)
    events = make_batch(
        [
            (f"p{path}", int(second), f"event {name}")
            for path, second, name in zip(
                random.integers(0, paths, rows),
                random.integers(0, 100, rows),
                random.integers(0, names, rows),
                strict=True,
            )
        ],
        event_id=[f"{seed}-{row}" for row in range(rows)],
    )
    properties = pa.table(
        {
            "price": pa.array(random.integers(0, 1000, rows) / 8),
            "source": pa.array(["google", "bing", None]).take(
                pa.array(random.integers(0, 3, rows))
            ),
        }
    )
    return events, properties


def read_tables(lake: Lake) -> dict[str, pa.Table]:
    """Return every table as Delta's own reader sees it."""
    return {
        name: DeltaTable(str(folder)).to_pyarrow_table()
        for name, folder in list_tables(lake.folder).items()
    }


def read_ids(lake: Lake) -> list[str]:
    """Return the ids of all events of a lake, sorted."""
    return sorted(
        event_id
        for table in read_tables(lake).values()
        for event_id in table.column("event_id").to_pylist()
    )


def live_files(folder: Path) -> list[Path]:
    """Return the files of a table's present version."""
    return [folder / Path(uri).name for uri in DeltaTable(str(folder)).file_uris()]


def rests(table: pa.Table) -> list[dict[str, Any] | None]:
    """Return the values set aside in each row."""
    return [text and json.loads(text) for text in table.column("_rest").to_pylist()]


def assert_sorted(file: Path) -> None:
    """Check that a file is sorted by (path_key, at, row_order)."""
    columns = pq.read_table(file, columns=["path_key", "at", "row_order"])
    rows = list(
        zip(*(columns.column(i).cast(pa.int64()).to_pylist() for i in range(3)), strict=True)
    )
    assert rows == sorted(rows)

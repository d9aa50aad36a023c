"""Compaction changes files and nothing else."""

from __future__ import annotations

import pyarrow as pa
import pytest
from deltalake import DeltaTable

from lake.lake_world import make_batch
from suppilo.analytics.events import ALL_PATHS
from suppilo.lake import Lake, LakeSource
from suppilo.lake.folder import list_tables

COLUMNS = {
    "word": pa.array(["one", "two", None]),
    "count": pa.array([1, None, 3]),
    "share": pa.array([0.5, None, 0.25]),
    "kept": pa.array([True, None, False]),
    "when": pa.array([1, None, 3], pa.timestamp("us", "UTC")),
}


def write(lake: Lake, number: int, properties: dict[str, pa.Array]) -> None:
    rows = [(f"p{number}", 3, "view"), (f"p{number}", 1, "view"), ("shared", number, "view")]
    events = make_batch(rows, event_id=[f"{number}-{row}" for row in range(3)])
    lake.write(events, f"batch {number}", pa.table(properties) if properties else None)


def rows_of(lake: Lake) -> list[dict[str, object]]:
    (folder,) = list_tables(lake.folder).values()
    rows = DeltaTable(str(folder)).to_pyarrow_table().to_pylist()
    return sorted(rows, key=lambda row: row["event_id"])


@pytest.mark.parametrize("name", COLUMNS)
def test_column_that_some_files_lack_is_merged(tmp_path, name):
    lake = Lake.create(tmp_path / "lake")
    write(lake, 1, {name: COLUMNS[name]})
    write(lake, 2, {})
    write(lake, 3, {name: COLUMNS[name], "other": COLUMNS["word"]})
    before = rows_of(lake)
    result = lake.compact()
    assert (result.files_before, result.files_after) == (3, 1)
    assert rows_of(lake) == before
    assert [row[name] for row in before[3:6]] == [None] * 3


@pytest.mark.parametrize("target_rows", [1, 2, 5, 1000])
def test_merged_files_are_sorted_and_do_not_overlap(tmp_path, target_rows):
    lake = Lake.create(tmp_path / "lake")
    for number in range(5):
        write(lake, number, {"word": COLUMNS["word"]} if number % 2 else {})
    before = rows_of(lake)
    lake.compact(target_rows=target_rows)
    assert rows_of(lake) == before
    table = LakeSource(Lake.open(lake.folder)).read("view", ALL_PATHS)
    keys = list(zip(table.path.tolist(), table.at.tolist(), table.order().tolist(), strict=True))
    assert keys == sorted(keys)
    assert table.values("word").codes.tolist().count(-1) == 15 - 4

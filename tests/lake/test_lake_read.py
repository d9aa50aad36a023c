"""Reading: order over files, ranges, rows described, properties, timelines, other readers."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta

import duckdb
import numpy as np
import polars
import pyarrow as pa
import pytest
from deltalake import DeltaTable

from lake.lake_world import START_US, live_files, make_batch, random_batch, read_tables
from suppilo.analytics.events import ALL_PATHS
from suppilo.lake import ColumnCache, Lake, LakeError, LakeSource
from suppilo.lake.folder import list_tables
from suppilo.lake.keys import path_key


@pytest.fixture
def lake(tmp_path):
    made = Lake.create(tmp_path / "lake")
    for seed in range(4):
        made.write(*_swap(random_batch(seed, 700, paths=60), f"b{seed}"))
    return made


def _swap(pair, batch):
    events, properties = pair
    return events, batch, properties


def expected_rows(lake, name):
    table = read_tables(lake)[name]
    hot = [table.column(c).cast(pa.int64()) for c in ("path_key", "at", "row_order")]
    columns = [*hot, table.column("event_id"), table.column("price")]
    return sorted(zip(*(column.to_pylist() for column in columns), strict=True))


def small_source(lake, ranges=7):
    rows = sum(event.rows for event in lake.events())
    return LakeSource(lake, ColumnCache(0), memory_limit_bytes=rows * 48 // ranges)


@pytest.mark.parametrize("compacted", [False, True])
def test_rows_of_overlapping_files_come_in_order(lake, compacted):
    if compacted:
        lake.compact(target_rows=200)
    source = LakeSource(lake, ColumnCache())
    for name in source.event_names():
        table, rows = source.read(name, ALL_PATHS), expected_rows(lake, name)
        assert table.path.tolist() == [row[0] for row in rows]
        assert table.at.tolist() == [row[1] for row in rows]
        assert table.order().tolist() == [row[2] for row in rows]
        prices = table.values("price")
        assert [prices.labels[code] for code in prices.codes] == [row[4] for row in rows]


def test_late_events_are_merged_in_order_of_time(tmp_path):
    lake = Lake.create(tmp_path / "lake")
    for batch, seconds in enumerate([[5, 9], [1, 7], [6, 6], [0, 9]]):
        lake.write(make_batch([("p", s, "e") for s in seconds] + [("q", 3, "e")]), f"b{batch}")
    table = LakeSource(lake).read("e", ALL_PATHS)
    mine = (table.at[table.path == path_key("p")] - START_US) // 1_000_000
    assert mine.tolist() == [0, 1, 5, 6, 6, 7, 9, 9]
    order = table.order()
    tied = (table.path[1:] == table.path[:-1]) & (table.at[1:] == table.at[:-1])
    assert tied.sum() == 5
    assert (order[1:][tied] > order[:-1][tied]).all()


@pytest.mark.parametrize("compacted", [False, True])
def test_range_by_range_is_the_same_as_all_at_once(lake, compacted):
    if compacted:
        lake.compact(target_rows=300)
    whole, parts = LakeSource(lake, ColumnCache()), small_source(lake)
    ranges = parts.path_ranges()
    assert len(ranges) == 7
    assert (ranges[0][0], ranges[-1][1]) == ALL_PATHS
    assert all(one[1] + 1 == two[0] for one, two in zip(ranges, ranges[1:], strict=False))
    for name in whole.event_names():
        table, pieces = whole.read(name, ALL_PATHS), [parts.read(name, r) for r in ranges]
        for column in ("path", "at"):
            joined = np.concatenate([getattr(piece, column) for piece in pieces])
            assert joined.tolist() == getattr(table, column).tolist()
        where = "price > 50 or source is null"
        assert (
            np.concatenate([p.matches(where) for p in pieces]).tolist()
            == table.matches(where).tolist()
        )
        first = table.first_row
        for piece in pieces:
            assert piece.first_row == first
            first += len(piece.path)
    assert whole.count_paths() == parts.count_paths() == 60


@pytest.mark.parametrize("source_of", [LakeSource, small_source])
def test_rows_are_described_by_number(lake, source_of):
    source = source_of(lake)
    events = lake.events()
    total = sum(event.rows for event in events)
    rows = np.random.default_rng(1).permutation(total)[:200]
    found = source.describe_rows(rows)
    expected = [row for name in source.event_names() for row in expected_rows(lake, name)]
    names = [event.name for event in events for _ in range(event.rows)]
    assert found["event_id"] == [expected[row][3] for row in rows]
    assert found["at"] == [expected[row][1] for row in rows]
    assert found["event"] == [names[row] for row in rows]
    assert [path_key(path) for path in found["path"]] == [expected[row][0] for row in rows]


def test_no_rows_are_described_as_nothing(lake):
    assert LakeSource(lake).describe_rows(np.empty(0, np.int64))["path"] == []


def test_an_event_never_seen_is_an_empty_table(lake):
    table = LakeSource(lake).read("no such", ALL_PATHS)
    assert len(table.path) == len(table.at) == len(table.order()) == 0
    assert table.values("price") is None
    assert table.matches("price > 1").tolist() == []


def test_an_empty_lake_has_nothing(tmp_path):
    lake = Lake.create(tmp_path / "lake")
    source = LakeSource(lake)
    assert source.latest_at() is None
    assert source.count_paths() == 0
    assert source.path_ranges() == [ALL_PATHS]
    assert lake.compact().tables == 0


def test_a_source_is_a_snapshot(lake):
    source = LakeSource(lake, ColumnCache(0))
    before = len(source.read("event 0", ALL_PATHS).path)
    lake.write(*_swap(random_batch(99, 500), "late"))
    lake.compact()
    assert len(source.read("event 0", ALL_PATHS).path) == before
    assert len(LakeSource(lake, ColumnCache(0)).read("event 0", ALL_PATHS).path) > before


def test_files_gone_under_a_reader_are_said(lake):
    source = LakeSource(lake, ColumnCache(0))
    lake.compact()
    lake.vacuum(timedelta(0))
    with pytest.raises(LakeError, match="could not read"):
        source.read("event 0", ALL_PATHS)


def test_a_property_that_only_other_events_have_is_null(tmp_path):
    lake = Lake.create(tmp_path / "lake")
    lake.write(make_batch([("p", 0, "a"), ("p", 1, "b")]), "b", pa.table({"x": [1, None]}))
    source = LakeSource(lake)
    assert source.property_names() == ["x"]
    assert source.read("b", ALL_PATHS).matches("x is null").tolist() == [True]
    assert source.read("b", ALL_PATHS).matches("x > 0").tolist() == [False]
    assert source.read("a", ALL_PATHS).matches("x > 0 and event = 'a'").tolist() == [True]


def test_values_come_as_codes_and_labels(tmp_path):
    lake = Lake.create(tmp_path / "lake")
    events = make_batch([("p", second, "e") for second in range(4)])
    lake.write(
        events,
        "b",
        pa.table(
            {
                "t": ["x", None, "y", "x"],
                "f": [0.5, float("nan"), None, 0.5],
                "b": [True, False, None, True],
                "d": pa.array([0, 1, None, 0], pa.timestamp("us", "UTC")),
            }
        ),
    )
    table = LakeSource(lake).read("e", ALL_PATHS)

    def plain(name):
        found = table.values(name)
        assert found.codes.dtype == np.int32
        return [None if code < 0 else found.labels[code] for code in found.codes]

    assert plain("t") == ["x", None, "y", "x"]
    assert plain("f") == [0.5, None, None, 0.5]
    assert plain("b") == [True, False, None, True]
    assert plain("d") == [
        "1970-01-01T00:00:00+00:00",
        "1970-01-01T00:00:00.000001+00:00",
        None,
        "1970-01-01T00:00:00+00:00",
    ]


def test_decoded_columns_are_kept_up_to_the_limit(lake):
    cache = ColumnCache(limit_bytes=20_000)
    source = LakeSource(lake, cache)
    for name in source.event_names():
        first = source.read(name, ALL_PATHS)
        first.order(), first.matches("price > 1"), first.values("source")
        assert 0 < cache.used_bytes <= 20_000
    roomy = LakeSource(lake, ColumnCache())
    assert roomy.read("event 1", ALL_PATHS).path is roomy.read("event 1", ALL_PATHS).path


def test_the_number_of_paths_is_kept_and_counted_anew_after_a_write(lake):
    assert LakeSource(lake).count_paths() == 60
    kept = lake.folder / "_paths.json"
    assert '"paths": 60' in kept.read_text()
    before = LakeSource(lake)
    lake.write(make_batch([("someone new", 0, "event 0")]), "new")
    assert LakeSource(lake).count_paths() == 61
    assert before.count_paths() == 60
    for damage in ("", "{", '{"versions": 1}', kept.read_text().replace("61", '"x"')):
        kept.write_text(damage)
        assert LakeSource(lake).count_paths() == 61


def test_a_timeline_is_one_path_over_all_tables(lake):
    rows = lake.timeline("p7", limit=1_000)
    assert [row.at_us for row in rows] == sorted(row.at_us for row in rows)
    expected = sum(
        table.column("path").to_pylist().count("p7") for table in read_tables(lake).values()
    )
    assert len(rows) == expected > 10
    assert {row.event for row in rows} == set(lake.names())
    assert lake.timeline("p7", limit=3, offset=2) == rows[2:5]
    assert set(rows[0].properties) <= {"price", "source"}
    assert lake.timeline("nobody") == []


def test_other_engines_read_the_same_rows(lake):
    lake.compact(target_rows=400)
    lake.write(*_swap(random_batch(50, 100), "late"))
    for name, folder in list_tables(lake.folder).items():
        ours = LakeSource(lake, ColumnCache(0)).read(name, ALL_PATHS)
        files = [str(file) for file in live_files(folder)]
        theirs = duckdb.sql(
            """
            SELECT path_key, epoch_us("at"), md5_number_upper(path) FROM read_parquet($files)
            ORDER BY path_key, "at", row_order""",
            params={"files": files},
        ).fetchall()
        assert [row[0] for row in theirs] == ours.path.tolist()
        assert [row[1] for row in theirs] == ours.at.tolist()
        # DuckDB reads the digest's bytes little end first.
        assert [
            int.from_bytes(row[2].to_bytes(8, "little"), "big", signed=True) for row in theirs
        ] == ours.path.tolist()
        frame = polars.scan_delta(str(folder)).sort("path_key", "at", "row_order").collect()
        assert frame["path_key"].to_list() == ours.path.tolist()
        assert DeltaTable(str(folder)).to_pyarrow_table().num_rows == len(ours.path)


def test_files_that_another_tool_merged_are_still_read_in_order(lake):
    for folder in list_tables(lake.folder).values():
        DeltaTable(str(folder)).optimize.compact()
    source, parts = LakeSource(lake, ColumnCache()), small_source(lake)
    for name in source.event_names():
        rows = expected_rows(lake, name)
        assert source.read(name, ALL_PATHS).order().tolist() == [row[2] for row in rows]
        pieces = [parts.read(name, r) for r in parts.path_ranges()]
        assert [v for piece in pieces for v in piece.order().tolist()] == [row[2] for row in rows]
        assert pieces[0].first_row == source.read(name, ALL_PATHS).first_row
    found = source.describe_rows(np.array([3, 40]))
    assert found["event_id"] == [expected_rows(lake, "event 0")[row][3] for row in (3, 40)]


def test_reading_loads_nothing_heavy(lake):
    code = f"""
import sys
import suppilo.lake
assert "pyarrow" not in sys.modules and "deltalake" not in sys.modules
from suppilo.lake import Lake, LakeSource
source = LakeSource(Lake.open({str(lake.folder)!r}))
for name in source.event_names():
    table = source.read(name, source.path_ranges()[0])
    table.values("price"), table.values("source"), table.order()
source.count_paths(), source.describe_rows(table.path[:0])
heavy = {{"duckdb", "sqlglot", "numba", "pandas", "scipy", "polars"}} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, env=os.environ)

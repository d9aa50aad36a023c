"""Newest events first, and what columns and hours of a table look like."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from lake.lake_world import START_US, live_files, make_batch, random_batch, read_tables
from suppilo.lake import ColumnCache, Lake, LakeSource
from suppilo.lake.describe import HOUR_US, count_hours, describe_columns, join_hours, table_hours
from suppilo.lake.folder import list_tables
from suppilo.lake.history import read_newest

ROWS = 500


@pytest.fixture(params=[False, True], ids=["as written", "compacted"])
def lake(tmp_path, request):
    made = Lake.create(tmp_path / "lake")
    for seed in range(4):
        events, properties = random_batch(seed, ROWS, paths=20)
        made.write(events, f"b{seed}", properties)
    if request.param:
        made.compact(target_rows=300)
    return made


def all_rows(lake):
    rows = []
    for name, table in read_tables(lake).items():
        hot = [table.column(c).cast(pa.int64()).to_pylist() for c in ("at", "row_order")]
        rest = [table.column(c).to_pylist() for c in ("path", "event_id", "_batch")]
        rows += [(at, order, name, *more) for at, order, *more in zip(*hot, *rest, strict=True)]
    return sorted(rows, reverse=True)


def outline(events):
    return [(e.at_us, e.order, e.event, e.path, e.event_id, e.batch) for e in events]


def newest(lake, limit, events=None, **options):
    tables = LakeSource(lake).tables(events)
    return read_newest(tables, limit, cache=ColumnCache(), **options)


@pytest.mark.parametrize("limit", [1, 7, 100, 5000])
def test_newest_of_all_events_come_first(lake, limit):
    assert outline(newest(lake, limit)) == all_rows(lake)[:limit]


def test_newest_of_some_paths_and_names(lake):
    wanted = {"p3", "p7", "nobody"}
    rows = [r for r in all_rows(lake) if r[3] in wanted and r[2] == "event 1"]
    assert outline(newest(lake, 20, ["event 1"], paths=wanted)) == rows[:20]
    assert newest(lake, 20, paths=["nobody"]) == []
    assert newest(lake, 20, paths=[]) == []


@pytest.mark.parametrize("paths", [None, {"p3", "p7"}])
def test_pages_follow_each_other_without_gap_or_repetition(lake, paths):
    found, before = [], None
    while page := newest(lake, 90, paths=paths, before=before):
        found += outline(page)
        before = page[-1].place
    assert found == [row for row in all_rows(lake) if paths is None or row[3] in paths]


def test_event_is_shown_whole(tmp_path):
    lake = Lake.create(tmp_path / "lake")
    events = make_batch([("a", 1, "view")], event_id=["e1"], session_id=["s1"])
    lake.write(events, "one", pa.table({"price": [3], "name": ["x"]}))
    lake.write(make_batch([("a", 2, "view")]), "two", pa.table({"price": ["free"]}))
    free, paid = newest(lake, 5)
    assert (paid.at_us, paid.event_id, paid.session_id, paid.batch) == (
        START_US + 1_000_000, "e1", "s1", "one")  # fmt: skip
    assert paid.properties == {"price": 3, "name": "x"}
    assert free.properties == {"price": "free"}  # fitted no column, and is there all the same


def test_files_that_cannot_have_newer_events_are_not_read(lake):
    lake.write(make_batch([("late", 5000 + n, "event 0") for n in range(10)]), "late")
    for file in list_tables(lake.folder)["event 1"].glob("*.parquet"):
        file.unlink()
    tables = LakeSource(lake).tables()
    assert [e.path for e in read_newest(tables, 10, cache=ColumnCache())] == ["late"] * 10


def test_column_is_described_by_fill_and_most_frequent_values(lake):
    (table,) = LakeSource(lake).tables(["event 2"])
    price, source = describe_columns(table, ColumnCache())
    column = read_tables(lake)["event 2"].column("source")
    assert (price.name, price.type) == ("price", "float")
    assert source.filled == len(column) - column.null_count
    assert {value for value, _ in source.top} == {"google", "bing"}
    assert source.distinct == 2
    assert sum(count for _, count in source.top) <= source.sampled
    assert price.distinct > 10 >= len(price.top)


def test_hours_are_those_of_the_times(lake):
    (table,) = LakeSource(lake).tables(["event 2"])
    cache = ColumnCache()
    at = read_tables(lake)["event 2"].column("at").cast(pa.int64()).to_numpy()
    hours, counts = np.unique(at // HOUR_US, return_counts=True)
    for _ in range(2):
        found = table_hours(table, cache)
        assert found.hours.tolist() == hours.tolist()
        assert found.counts.tolist() == counts.tolist()
        for file in live_files(table.folder):  # the second time nothing is read
            file.unlink(missing_ok=True)


def test_hours_of_years_far_apart_are_counted_too():
    at = np.array([-60_000_000_000_000_000, 0, 1, HOUR_US, 250_000_000_000_000_000])
    far = count_hours(at)
    assert far.counts.tolist() == [1, 2, 1, 1]
    assert join_hours([far, far]).counts.tolist() == [2, 4, 2, 2]
    assert join_hours([]).hours.tolist() == []

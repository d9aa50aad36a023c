"""Rows know their batch: a batch can be taken out again, and a snapshot knows how far it got."""

from __future__ import annotations

import random
import shutil
import tempfile
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake.lake_kills import run_and_kill
from lake.lake_world import make_batch, random_batch, read_ids, read_tables
from oracle.strategies import fixed_profile
from suppilo.analytics.events import ALL_PATHS
from suppilo.lake import Lake, LakeSource

OLD = Path(__file__).parent / "old_lake"
ROWS = 400


@pytest.fixture
def lake(tmp_path):
    made = Lake.create(tmp_path / "lake")
    for seed in range(3):
        events, properties = random_batch(seed, ROWS)
        made.write(events, f"b{seed}", properties)
    return made


def ids_of(*seeds):
    return sorted(f"{seed}-{row}" for seed in seeds for row in range(ROWS))


def test_each_row_has_its_batch(lake):
    for table in read_tables(lake).values():
        found = zip(table.column("event_id").to_pylist(), table.column("_batch").to_pylist(),
                    strict=True)  # fmt: skip
        assert all(batch == f"b{event_id[0]}" for event_id, batch in found)


@pytest.mark.parametrize("compacted", [False, True])
def test_removed_batch_is_gone_and_the_rest_stays(lake, compacted):
    if compacted:
        lake.compact()
    assert lake.remove_batch("b1") == ROWS
    assert read_ids(lake) == ids_of(0, 2)
    source = LakeSource(lake)
    for name in source.event_names():
        rows = read_tables(lake)[name].num_rows
        assert len(source.read(name, ALL_PATHS).path) == rows
    assert lake.remove_batch("b1") == 0
    assert lake.remove_batch("never written") == 0


def test_removed_batch_may_be_written_again(lake):
    events, properties = random_batch(1, ROWS)
    assert lake.write(events, "b1", properties).rows == 0
    lake.remove_batch("b1")
    assert lake.write(events, "b1", properties).rows == ROWS
    assert lake.write(events, "b1", properties).rows == 0
    assert read_ids(lake) == ids_of(0, 1, 2)


def test_batch_of_several_numbers_goes_as_a_whole_and_comes_again(lake):
    parts = [random_batch(seed, ROWS) for seed in (5, 6)]
    for number, (events, properties) in enumerate(parts):
        lake.write(events, "import:1", properties, sequence=number)
    assert lake.remove_batch("import:1") == 2 * ROWS
    for number, (events, properties) in enumerate(parts):
        assert lake.write(events, "import:1", properties, sequence=number).rows == ROWS
    assert read_ids(lake) == ids_of(0, 1, 2, 5, 6)


def test_reader_of_the_version_before_keeps_its_rows(lake):
    source = LakeSource(lake)
    lake.remove_batch("b1")
    rows = sum(len(source.read(name, ALL_PATHS).path) for name in source.event_names())
    assert rows == 3 * ROWS


def test_event_of_which_every_row_went_has_an_empty_table(tmp_path):
    lake = Lake.create(tmp_path / "lake")
    lake.write(make_batch([("a", 1, "view")]), "one")
    assert lake.remove_batch("one") == 1
    assert lake.events() == ()
    assert len(LakeSource(lake).read("view", ALL_PATHS).path) == 0
    lake.write(make_batch([("a", 1, "view")]), "one")
    assert lake.events()[0].rows == 1


@fixed_profile(25)
@given(st.lists(st.tuples(st.sampled_from("wrc"), st.integers(0, 3)), max_size=12))
def test_any_order_of_writes_removals_and_compactions_leaves_what_it_should(steps):
    with tempfile.TemporaryDirectory() as folder:
        lake, there = Lake.create(Path(folder) / "lake"), set()
        for verb, seed in [("w", 0), *steps]:
            events, properties = random_batch(seed, 40)
            if verb == "w":
                assert lake.write(events, f"b{seed}", properties).rows == 40 * (seed not in there)
                there.add(seed)
            elif verb == "r":
                assert lake.remove_batch(f"b{seed}") == 40 * (seed in there)
                there.discard(seed)
            else:
                lake.compact(target_rows=30)
        expected = Counter(f"{seed}-{row}" for seed in there for row in range(40))
        assert Counter(read_ids(lake)) == expected


def remove_and_write(folder, _, connection):
    """Remove a batch and write it again, and say so, until killed."""
    lake = Lake.open(folder)
    events, properties = random_batch(1, ROWS)
    connection.send("ready")
    while True:
        lake.remove_batch("b1")
        connection.send("removed")
        lake.write(events, "b1", properties)
        connection.send("written")


def test_killed_removal_is_completed_by_doing_it_again(lake):
    for seed in range(12):
        run_and_kill(remove_and_write, lake.folder, 0, random.Random(seed).uniform(0, 0.25))
        others = [event_id for event_id in read_ids(lake) if not event_id.startswith("1-")]
        assert others == ids_of(0, 2)
        lake.remove_batch("b1")
        assert read_ids(lake) == ids_of(0, 2)
        events, properties = random_batch(1, ROWS)
        lake.write(events, "b1", properties)
        assert read_ids(lake) == ids_of(0, 1, 2)


def test_snapshot_knows_the_last_batch_of_a_source(tmp_path):
    lake = Lake.create(tmp_path / "lake")
    assert LakeSource(Lake.create(tmp_path / "none")).sequence("view", "capture") is None
    lake.write(make_batch([("a", 1, "view")]), "capture", sequence=3)
    before = LakeSource(lake)
    lake.write(make_batch([("a", 2, "view"), ("b", 3, "buy")]), "capture", sequence=4)
    lake.write(make_batch([("c", 4, "view")]), "import:1", sequence=9)
    for source in (LakeSource(lake), LakeSource(lake)):  # opened, and as it was kept
        assert source.sequence("view", "capture") == source.sequence("buy", "capture") == 4
        assert source.sequence("view", "import:1") == 9
        assert source.sequence("buy", "import:1") is None
        assert source.sequence("never", "capture") is None
    assert before.sequence("view", "capture") == 3
    assert before.sequence("view", "import:1") is None
    lake.compact()
    assert LakeSource(lake).sequence("view", "capture") == 4


@pytest.fixture
def old_lake(tmp_path):
    return Lake.open(shutil.copytree(OLD, tmp_path / "old"))


def test_lake_of_a_version_without_batches_stays_readable_and_writable(old_lake):
    assert read_ids(old_lake) == ["1", "2", "3", "4"]
    properties = pa.table({"price": [5, 6], "_batch": pa.array(["yours", None])})
    events = make_batch([("d", 5, "view"), ("d", 6, "buy")], event_id=["5", "6"])
    old_lake.write(events, "second", properties)
    old_lake.compact()
    assert read_ids(old_lake) == ["1", "2", "3", "4", "5", "6"]
    buys = read_tables(old_lake)["buy"].sort_by("event_id")
    assert buys.column("_batch").to_pylist() == [None, "second"]
    views = LakeSource(old_lake).read("view", ALL_PATHS)
    assert {*views.values("_batch").labels} == {"mine", "yours"}  # a property of that name
    assert old_lake.remove_batch("second") == 1
    assert read_ids(old_lake) == ["1", "2", "3", "4", "5"]


def test_rows_that_cannot_be_told_apart_stay_and_keep_their_batch_known(old_lake):
    assert old_lake.remove_batch("first") == 0
    again = make_batch([("a", 1, "view"), ("a", 3, "buy")])
    assert old_lake.write(again, "first").rows == 0

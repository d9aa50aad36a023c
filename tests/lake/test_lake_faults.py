"""Faults: processes killed at any moment, readers beside a compaction, full disks."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from lake.lake_kills import processes, run_and_kill
from lake.lake_world import make_batch, random_batch, read_ids, read_tables
from suppilo.analytics.events import ALL_PATHS
from suppilo.lake import ColumnCache, Lake, LakeError, LakeSource
from suppilo.lake.folder import list_tables, table_folder

ROWS = 600
KILLS = 25


def write_batches(folder, first, connection):
    """Write batches from ``first`` on, and say which are done, until killed."""
    lake = Lake.create(folder)
    connection.send("ready")
    for seed in range(first, first + 1_000):
        events, properties = random_batch(seed, ROWS)
        lake.write(events, f"batch {seed}", properties)
        connection.send(seed)


def compact_often(folder, _, connection):
    """Compact again and again, and say so, until killed."""
    lake = Lake.open(folder)
    connection.send("ready")
    while True:
        connection.send(lake.compact(target_rows=500).tables)
        lake.vacuum(timedelta(seconds=30))


def time_of_one(target, folder):
    """Return how many seconds a process needs from its start to its first result."""
    ours, theirs = processes.Pipe(duplex=False)
    process = processes.Process(target=target, args=(folder, 0, theirs))
    process.start()
    assert ours.recv() == "ready"
    start = time.monotonic()
    ours.recv()
    process.kill()
    process.join()
    return time.monotonic() - start


def ids_of(seeds):
    return sorted(f"{seed}-{row}" for seed in seeds for row in range(ROWS))


def test_killed_writers_lose_nothing_and_double_nothing(tmp_path):
    folder, chance, done = tmp_path / "lake", random.Random(1), 0
    typical = time_of_one(write_batches, tmp_path / "other")
    for _ in range(KILLS):
        for seed in run_and_kill(write_batches, folder, done, chance.uniform(0, 3 * typical)):
            assert seed == done
            done += 1
        # Batch ``done`` is there in no table, in some, or in all; those before it in all.
        found = Counter(event_id.split("-")[0] for event_id in read_ids(Lake.create(folder)))
        assert {found[str(seed)] for seed in range(done)} <= {ROWS}
        assert set(found) <= {str(seed) for seed in range(done + 1)}
    lake = Lake.create(folder)
    for seed in range(done + 1):
        events, properties = random_batch(seed, ROWS)
        result = lake.write(events, f"batch {seed}", properties)
        assert result.skipped_rows == ROWS or seed == done
    assert read_ids(lake) == ids_of(range(done + 1))
    assert done > 3


def test_killed_compactors_change_nothing(tmp_path):
    folder, chance, compacted = tmp_path / "lake", random.Random(2), 0
    lake = Lake.create(folder)
    other = Lake.create(tmp_path / "other")
    for seed in range(5):
        other.write(random_batch(seed, ROWS)[0], f"batch {seed}")
    typical = time_of_one(compact_often, other.folder)
    for seed in range(KILLS):
        events, properties = random_batch(seed, ROWS)
        lake.write(events, f"batch {seed}", properties)
        compacted += sum(run_and_kill(compact_often, folder, 0, chance.uniform(0, 3 * typical)))
        assert read_ids(lake) == ids_of(range(seed + 1))
    assert compacted > 3
    lake.compact()
    lake.vacuum(timedelta(0))
    assert read_ids(lake) == ids_of(range(KILLS))
    for table in list_tables(folder).values():
        assert len(list(table.glob("*.parquet"))) == 1


def test_writers_and_compactors_killed_side_by_side_agree(tmp_path):
    folder, chance, done = tmp_path / "lake", random.Random(3), 0
    Lake.create(folder).write(make_batch([("p", 0, "other")], event_id=["x"]), "other")
    for _ in range(10):
        compactor = threading.Thread(
            target=run_and_kill, args=(compact_often, folder, 0, chance.uniform(0.1, 0.4))
        )
        compactor.start()
        done += len(run_and_kill(write_batches, folder, done, chance.uniform(0.1, 0.4)))
        compactor.join()
    lake = Lake.open(folder)
    events, properties = random_batch(done, ROWS)
    lake.write(events, f"batch {done}", properties)
    assert read_ids(lake) == sorted([*ids_of(range(done + 1)), "x"])


def write_some(folder, first, connection):
    lake = Lake.create(folder)
    for seed in range(first, first + 8):
        events, properties = random_batch(seed, ROWS, names=4)
        for _ in range(2):
            lake.write(events, f"batch {seed}", properties)
    connection.send("ready")


def test_writers_in_several_processes_do_not_disturb_each_other(tmp_path):
    folder = tmp_path / "lake"
    pipes = [processes.Pipe(duplex=False) for _ in range(4)]
    # Two of the four write the same batches.
    firsts = [0, 0, 100, 200]
    workers = [
        processes.Process(target=write_some, args=(folder, first, pipe[1]))
        for first, pipe in zip(firsts, pipes, strict=True)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    seeds = [first + i for first in {*firsts} for i in range(8)]
    assert read_ids(Lake.open(folder)) == ids_of(seeds)


def mark(folder, _, connection):
    lake = Lake.create(folder)
    connection.send("ready")
    lake.write(make_batch([]), "b")


def test_processes_that_begin_a_lake_at_once_agree(tmp_path):
    _ours, theirs = processes.Pipe(duplex=False)
    for attempt in range(5):
        arguments = (tmp_path / f"lake {attempt}", 0, theirs)
        workers = [processes.Process(target=mark, args=arguments) for _ in range(6)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
            assert worker.exitcode == 0
        assert Lake.open(tmp_path / f"lake {attempt}").names() == ()


def widen(folder, first, connection):
    lake = Lake.create(folder)
    for number in range(first, first + 10):
        events = make_batch([("p", number, "e")], event_id=[str(number)])
        value = number if number % 3 else number + 0.5
        lake.write(events, f"b{number}", pa.table({"n": [value], f"new {number}": [number]}))
    connection.send("ready")


def test_columns_that_change_under_other_writers_keep_all_values(tmp_path):
    folder = tmp_path / "lake"
    _ours, theirs = processes.Pipe(duplex=False)
    workers = [
        processes.Process(target=widen, args=(folder, first, theirs)) for first in (0, 10, 20)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    table = read_tables(Lake.open(folder))["e"].sort_by("at")
    assert table.column("n").to_pylist() == [n if n % 3 else n + 0.5 for n in range(30)]
    assert Lake.open(folder).events()[0].set_aside == 0
    assert len(Lake.open(folder).events()[0].properties) == 31


def test_a_reader_beside_a_compaction_sees_one_or_the_other_state(tmp_path):
    lake = Lake.create(tmp_path / "lake")
    for seed in range(6):
        events, properties = random_batch(seed, 2_000)
        lake.write(events, f"b{seed}", properties)
    expected = {event.name: event.rows for event in lake.events()}
    stop, rounds = threading.Event(), []

    def compact_and_take_apart():
        while not stop.is_set():
            # A target that changes makes each round merge anew.
            lake.compact(target_rows=500 + 1_500 * (len(rounds) % 2))
            rounds.append(lake.vacuum(timedelta(seconds=10)))

    worker = threading.Thread(target=compact_and_take_apart)
    worker.start()
    checks = 0
    try:
        while worker.is_alive() and (checks < 12 or len(rounds) < 3):
            source = LakeSource(lake, ColumnCache(0))
            found = {name: source.read(name, ALL_PATHS) for name in source.event_names()}
            assert {name: len(table.path) for name, table in found.items()} == expected
            assert {name: len(table.order()) for name, table in found.items()} == expected
            checks += 1
    finally:
        stop.set()
        worker.join()
    assert checks >= 12
    assert len(rounds) >= 3


def test_a_killed_writers_files_are_removed_only_when_old(tmp_path):
    lake = Lake.create(tmp_path / "lake")
    lake.write(make_batch([("p", 0, "e")]), "b")
    left = table_folder(lake.folder, "e") / f"{'0' * 32}.parquet"
    left.write_bytes(b"half")
    assert lake.vacuum() == 0
    assert len(LakeSource(lake).read("e", ALL_PATHS).path) == 1
    os.utime(left, (0, 0))
    assert lake.vacuum() == 1
    assert not left.exists()


def test_a_table_whose_first_commit_never_happened_is_no_table(tmp_path):
    lake = Lake.create(tmp_path / "lake")
    lake.write(make_batch([("p", 0, "e")]), "b")
    folder = table_folder(lake.folder, "half")
    folder.mkdir()
    (folder / "event.json").write_text('{"event": "half"}')
    (folder / "_delta_log").mkdir()
    (folder / f"{'0' * 32}.parquet").write_bytes(b"half")
    assert lake.names() == ("e",)
    assert lake.write(make_batch([("p", 0, "half")]), "c").rows == 1
    assert lake.names() == ("e", "half")


WRITE_TOO_MUCH = """
import resource, sys
from lake.lake_kills import processes, run_and_kill
from lake.lake_world import random_batch
from suppilo.lake import Lake, LakeError
lake = Lake.open(sys.argv[1])
if sys.argv[2] == "limit":
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
try:
    for seed in range(1, 1_000):
        lake.write(random_batch(seed, 60_000, paths=40_000)[0], f"b{seed}")
except LakeError as error:
    print(error)
"""


def write_until_full(folder, how):
    env = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    return subprocess.run(
        [sys.executable, "-c", WRITE_TOO_MUCH, str(folder), how],
        check=True, capture_output=True, text=True, env=env,
    ).stdout  # fmt: skip


def test_a_file_that_may_not_grow_is_a_clear_error_and_no_damage(tmp_path):
    lake = Lake.create(tmp_path / "lake")
    lake.write(random_batch(0, 100)[0], "b0")
    said = write_until_full(lake.folder, "limit")
    assert "could not write" in said
    assert "larger than the system allows" in said
    assert len(read_ids(lake)) == 100
    assert lake.write(random_batch(1, 60_000, paths=40_000)[0], "b1").rows == 60_000
    assert len(read_ids(lake)) == 60_100


@pytest.fixture
def small_disk(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(disk)]
    try:
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("mounting a small disk needs root")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_full_disk_is_a_clear_error_and_no_damage(small_disk):
    lake = Lake.create(small_disk / "lake")
    lake.write(random_batch(0, 100)[0], "b0")
    filler = small_disk / "filler"
    filler.write_bytes(bytes(4 << 20))
    said = write_until_full(lake.folder, "disk")
    assert "the disk is full; free space and do it again" in said
    before = Counter(event_id.split("-")[0] for event_id in read_ids(lake))
    with pytest.raises(LakeError, match=r"could not compact .* the disk is full"):
        lake.compact()
    assert Counter(event_id.split("-")[0] for event_id in read_ids(lake)) == before
    filler.unlink()
    broken = max(int(seed) for seed in before) + (60_000 in {before[max(before, key=int)]})
    lake.write(random_batch(broken, 60_000, paths=40_000)[0], f"b{broken}")
    found = Counter(event_id.split("-")[0] for event_id in read_ids(lake))
    assert set(found.values()) <= {100, 60_000}
    assert found[str(broken)] == 60_000

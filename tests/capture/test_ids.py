"""Ids of flushed events are found in their files, however many files and ids there are."""

import hashlib
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from store_support.store_events import events
from store_support.store_fixtures import source, store
from suppilo.apps.capture.ids import (
    DamagedRunError,
    Ids,
    RunWriter,
    event_digest,
    find_ids,
    merge_runs,
    open_run,
    sort_ids,
    split_digests,
    write_run,
)
from suppilo.apps.capture.known import KnownIds, check_ids
from suppilo.apps.capture.models import IdRun, Inbox
from suppilo.apps.capture.runs import FAN_IN, merge_next, remove_retired, tier_of
from suppilo.apps.capture.store import Received, Store

__all__ = ["source", "store"]

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def digests(prefix: str, count: int) -> list[bytes]:
    return [event_digest(1, f"{prefix}-{index}") for index in range(count)]


def make_run(folder: Path, name: str, made: list[bytes]) -> IdRun:
    write_run(folder / name, sort_ids(made, list(range(len(made)))))
    return IdRun.objects.create(file=name, count=len(made), created_at=NOW)


def random_ids(count: int, seed: int) -> Ids:
    random = np.random.default_rng(seed)
    numbers = random.integers(0, 2**64, (2, count), np.uint64)
    return Ids(np.sort(numbers[0]), numbers[1], np.arange(count, dtype=np.uint32))


def test_every_id_is_found_with_its_checksum_and_no_other_is(tmp_path):
    made = digests("a", 5000)
    write_run(tmp_path / "run.ids", sort_ids(made, list(range(5000))))
    run = open_run(tmp_path / "run.ids")
    places, contents = find_ids(run, *split_digests(made))
    assert places.tolist() == contents.tolist() == list(range(5000))
    assert find_ids(run, *split_digests(digests("b", 5000)))[0].size == 0


def test_ids_that_share_their_first_half_are_told_apart(tmp_path):
    made = [b"same-hal" + bytes([0] * 7 + [last]) for last in range(5)]
    write_run(tmp_path / "run.ids", sort_ids(made, [10, 11, 12, 13, 14]))
    run = open_run(tmp_path / "run.ids")
    asked = [made[3], b"same-hal" + bytes([9] * 8), made[0]]
    places, contents = find_ids(run, *split_digests(asked))
    assert places.tolist() == [0, 2]
    assert contents.tolist() == [13, 10]


def test_merged_runs_hold_all_ids_in_order_whatever_fits_in_memory(tmp_path):
    parts = [random_ids(count, seed) for seed, count in enumerate((1, 999, 5000, 2500))]
    assert merge_runs(tmp_path / "merged.ids", parts, at_once=700) == 8500
    merged = open_run(tmp_path / "merged.ids")
    assert np.all(merged.first[1:] >= merged.first[:-1])
    for part in parts:
        places, contents = find_ids(merged, part.first, part.second)
        assert places.size == len(part)
        assert np.array_equal(contents, part.content)


@pytest.mark.parametrize("place", [0, 10, 70, -1])
def test_changed_byte_is_found_out(tmp_path, place):
    path = tmp_path / "run.ids"
    write_run(path, sort_ids(digests("a", 100), [0] * 100))
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)
    with pytest.raises(DamagedRunError, match=r"run\.ids"):
        open_run(path)


@pytest.mark.parametrize("left", [0, 30, 64, 500])
def test_file_cut_short_is_found_out(tmp_path, left):
    path = tmp_path / "run.ids"
    write_run(path, sort_ids(digests("a", 100), [0] * 100))
    path.write_bytes(path.read_bytes()[:left])
    with pytest.raises(DamagedRunError, match="Restore it from a backup"):
        open_run(path)


def test_write_that_breaks_off_leaves_no_file(tmp_path):
    three = sort_ids(digests("a", 3), [0] * 3)
    with pytest.raises(ValueError, match="announced"), RunWriter(tmp_path / "run", 5) as writer:
        writer.append(three)
    assert list(tmp_path.iterdir()) == []


def test_tier_grows_with_the_logarithm_of_the_ids():
    assert [tier_of(count) for count in (1, 32_768, 33_000, 300_000, 10_000_000)] == [0, 0, 1, 2, 3]


@pytest.mark.django_db
def test_files_are_merged_tier_by_tier_and_removed_after_a_grace(tmp_path):
    for index in range(FAN_IN * 3):
        make_run(tmp_path, f"flush-{index}.ids", digests(f"r{index}", 20))
        while merge_next(tmp_path, NOW):
            pass
    live = IdRun.objects.filter(retired_at=None)
    assert live.count() < FAN_IN
    known = KnownIds(tmp_path)
    known.load()
    assert len(known) == FAN_IN * 3 * 20
    wanted = [digest for index in range(FAN_IN * 3) for digest in digests(f"r{index}", 20)]
    assert None not in known.find(wanted)
    assert remove_retired(tmp_path, NOW) == 0
    assert remove_retired(tmp_path, NOW + timedelta(minutes=11)) > 0
    assert {path.name for path in tmp_path.iterdir()} == set(live.values_list("file", flat=True))


@pytest.mark.django_db
def test_files_that_no_flush_registered_are_removed_when_they_are_old(tmp_path):
    write_run(tmp_path / "flush-9.ids", sort_ids(digests("a", 3), [0] * 3))
    (tmp_path / "flush-10.tmp").write_bytes(b"x")
    now = datetime.fromtimestamp(time.time(), UTC)
    assert remove_retired(tmp_path, now) == 0
    assert remove_retired(tmp_path, now + timedelta(hours=2)) == 2


@pytest.mark.django_db
def test_check_names_each_file_that_is_missing_or_damaged(tmp_path):
    for name in ("good.ids", "gone.ids", "bad.ids"):
        make_run(tmp_path, name, digests(name, 50))
    (tmp_path / "gone.ids").unlink()
    (tmp_path / "bad.ids").write_bytes(b"x" * 2000)
    problems = check_ids(tmp_path)
    assert len(problems) == 2
    assert "gone.ids" in problems[0]
    assert "bad.ids" in problems[1]


def test_store_does_not_start_without_a_file_of_ids(store, tmp_path):
    IdRun.objects.create(file="flush-1.ids", count=3, created_at=NOW)
    other = tmp_path / "other"
    other.mkdir()
    store.drain()
    with pytest.raises(DamagedRunError, match=r"flush-1\.ids"):
        Store(other).start()


def test_ids_in_memory_are_given_up_only_for_a_run_that_has_them(store, source, tmp_path):
    store.submit(Received(source.id, events("a", 100))).result(10)
    known = KnownIds(tmp_path / "ids")
    known.load()
    made = [bytes(d) for d in Inbox.objects.order_by("seq").values_list("digest", flat=True)]
    IdRun.objects.create(file="half.ids", count=50, created_at=NOW)
    with pytest.raises(DamagedRunError):
        known.refresh()
    assert None not in known.find(made)
    write_run(tmp_path / "ids" / "half.ids", sort_ids(made[:50], [7] * 50))
    known.refresh()
    found = known.find(made)
    assert found[:50] == [7] * 50
    assert None not in found


def test_ids_are_still_there_after_a_year(store, source, tmp_path):
    """Nothing in an id's file or its use depends on the time."""
    store.submit(Received(source.id, events("a", 20))).result(10)
    rows = Inbox.objects.order_by("seq").values_list("digest", "content")
    ids = sort_ids([bytes(digest) for digest, _ in rows], [content for _, content in rows])
    write_run(tmp_path / "ids" / "flush-1.ids", ids)
    IdRun.objects.create(file="flush-1.ids", count=20, created_at=NOW - timedelta(days=366))
    Inbox.objects.all().delete()
    remove_retired(tmp_path / "ids", NOW)
    store.drain()
    again = Store(tmp_path, reserve_bytes=1 << 16)
    again.start()
    receipt = again.submit(Received(source.id, events("a", 20))).result(10)
    again.drain()
    assert receipt.tally == {"duplicate": 20}


def test_two_sources_and_two_ids_never_share_a_digest():
    assert event_digest(1, "23:a") != event_digest(12, "3:a")
    assert event_digest(1, "a") == hashlib.blake2b(b"1:a", digest_size=16).digest()

"""Full disks, locked databases, full queues: refused openly, nothing half stored, recovered."""

import os
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psutil
import pytest
from django.db import OperationalError, connection, connections, transaction
from django.utils import timezone

from store_support.store_events import event, events, now_us, refused
from store_support.store_fixtures import source, store
from suppilo.apps.capture.files import FileLock, LockHeldError, Reserve
from suppilo.apps.capture.flush import Flusher
from suppilo.apps.capture.models import Inbox, Quarantined, SourceCount
from suppilo.apps.capture.prepare import prepare
from suppilo.apps.capture.project import Projector
from suppilo.apps.capture.queue import SubmissionQueue
from suppilo.apps.capture.received import Overloaded, Received, StoreBusy, StoreUnavailable
from suppilo.apps.capture.store import Store
from suppilo.lake import Lake

__all__ = ["source", "store"]

on_sqlite = pytest.mark.skipif(
    os.environ.get("DATABASE_URL", "").startswith("postgres"), reason="about SQLite's file"
)
on_postgresql = pytest.mark.skipif(
    not os.environ.get("DATABASE_URL", "").startswith("postgres"), reason="about PostgreSQL"
)


def send(store: Store, source, items, **rest):
    return store.submit(Received(source.id, items, **rest)).result(20)


def integrity() -> str:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA integrity_check")
        return cursor.fetchone()[0]


def try_until_stored(store: Store, source, items) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            send(store, source, items)
        except StoreUnavailable:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        else:
            return


@on_sqlite
def test_database_locked_by_another_process_refuses_and_recovers(store, source):
    send(store, source, events("before", 3))
    other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    with pytest.raises(StoreUnavailable, match="locked"):
        send(store, source, events("a", 5))
    assert time.monotonic() - began < 60
    began = time.monotonic()
    with pytest.raises(StoreUnavailable):
        send(store, source, events("a", 5))
    assert time.monotonic() - began < 3
    assert not store.is_healthy
    other.execute("ROLLBACK")
    other.close()
    assert send(store, source, events("a", 5)).tally == {"stored": 5}
    assert send(store, source, events("a", 5)).tally == {"duplicate": 5}
    assert store.is_healthy
    assert SourceCount.objects.get().stored == 8


@on_postgresql
def test_connection_that_breaks_is_made_again(store, source):
    send(store, source, events("a", 3))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
            " AND pid <> pg_backend_pid()"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
    try_until_stored(store, source, events("b", 3))
    assert Inbox.objects.count() == 6


@on_postgresql
def test_second_server_on_the_same_database_is_refused(store, tmp_path):
    other = Store(tmp_path / "other", reserve_bytes=1 << 16)
    (tmp_path / "other").mkdir()
    with pytest.raises(StoreBusy, match="this database"):
        other.start()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    folder = tmp_path / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def small_database(small_disk: Path, source) -> Iterator[Path]:
    """Put the database on the small disk, without the room that other tests' rows left in it."""
    kept = connection.settings_dict["NAME"]
    connections.close_all()
    with closing(sqlite3.connect(kept)) as old:
        old.execute("VACUUM INTO ?", (str(small_disk / "db.sqlite3"),))
    connection.settings_dict["NAME"] = str(small_disk / "db.sqlite3")
    yield small_disk
    connections.close_all()
    connection.settings_dict["NAME"] = kept


@on_sqlite
def test_full_disk_refuses_stores_no_half_and_recovers_by_itself(small_database, source):
    store = Store(small_database, reserve_bytes=6 << 20)
    store.start()
    ballast = small_database / "ballast"
    ballast.write_bytes(b"x" * (8 << 20))
    stored: list[str] = []
    fat = {"text": "x" * 20_000}

    def fill() -> None:
        for number in range(2_000):
            send(store, source, events(f"n{number}", 10, properties=fat))
            stored.append(f"n{number}")

    with pytest.raises(StoreUnavailable):
        fill()
    assert stored
    assert not (small_database / "reserve").exists()
    assert not store.is_healthy
    assert integrity() == "ok"
    assert Inbox.objects.count() == SourceCount.objects.get().stored == 10 * len(stored)
    with pytest.raises(StoreUnavailable):
        send(store, source, events("more", 1))
    # What the reserve gave back is enough to delete, which is what frees the rest.
    first = Inbox.objects.order_by("seq").first().seq
    Inbox.objects.filter(seq__lte=first + 20).delete()
    ballast.unlink()
    try_until_stored(store, source, events("again", 10))
    assert (small_database / "reserve").exists()
    assert store.is_healthy
    assert send(store, source, events(stored[-1], 10, properties=fat)).tally == {"duplicate": 10}
    assert store.drain()
    assert integrity() == "ok"


def test_reserve_is_kept_back_given_up_and_made_again(tmp_path):
    reserve = Reserve(tmp_path / "reserve", 1 << 20)
    assert reserve.restore()
    assert (tmp_path / "reserve").stat().st_blocks * 512 >= 1 << 20
    reserve.release()
    reserve.release()
    assert not reserve.is_there
    assert Reserve(tmp_path / "huge", 1 << 60).restore() is False


def test_full_queue_refuses_at_once_and_keeps_memory_bounded(source, tmp_path):
    queue = SubmissionQueue(max_events=1_000, max_bytes=1 << 20)
    for _ in range(10):
        queue.put(prepare(Received(source.id, events("a", 100)), now_us()))
    assert queue.depth[0] == 1_000
    began = time.monotonic()
    with pytest.raises(Overloaded, match="1000 events"):
        queue.put(prepare(Received(source.id, events("b", 100)), now_us()))
    assert time.monotonic() - began < 5  # it would wait for ever
    assert sum(one.count for one in queue.take(0, most=250)) == 300
    queue.put(prepare(Received(source.id, events("b", 1)), now_us()))


def test_few_large_events_fill_the_queue_too(source):
    queue = SubmissionQueue(max_bytes=1 << 20)
    big = Received(source.id, [event("a", properties={"text": "x" * 300_000})])
    for _ in range(4):
        queue.put(prepare(big, now_us()))
    with pytest.raises(Overloaded):
        queue.put(prepare(big, now_us()))


def test_draining_stores_what_was_taken_and_takes_no_more(source, tmp_path):
    store = Store(tmp_path, reserve_bytes=1 << 16)
    store.start()
    futures = [store.submit(Received(source.id, events(f"n{n}", 50))) for n in range(40)]
    assert store.drain(10)
    assert sum(future.result(0).tally["stored"] for future in futures) == 2_000
    assert Inbox.objects.count() == 2_000
    with pytest.raises(Overloaded, match="shutting down"):
        store.submit(Received(source.id, [event("late")]))
    FileLock(tmp_path / "capture.lock").release()


def test_request_that_was_given_up_before_its_turn_stores_nothing_by_halves(store, source):
    futures = [store.submit(Received(source.id, events(f"n{n}", 20))) for n in range(20)]
    given_up = {n for n, future in enumerate(futures) if future.cancel()}
    for n, future in enumerate(futures):
        if n not in given_up:
            future.result(10)
    assert Inbox.objects.count() == 20 * (20 - len(given_up))


def test_rows_that_appeared_unseen_make_no_group_fail(store, source):
    """As after a commit whose answer was lost: the ids are read anew, and the rest is stored."""
    send(store, source, events("a", 3))
    store._writer.known._pending.clear()
    receipt = send(store, source, events("a", 3) + events("b", 2))
    assert receipt.tally == {"duplicate": 3, "stored": 2}


def test_rows_that_were_stored_unseen_and_flushed_are_known_when_they_come_again(
    store, source, tmp_path, monkeypatch
):
    real = transaction.atomic

    @contextmanager
    def breaks_after_commit():
        with real():
            yield
        monkeypatch.setattr(transaction, "atomic", real)
        raise OperationalError("the connection was lost")

    store._writer._next_round_s = float("inf")  # nothing is looked up between
    monkeypatch.setattr(transaction, "atomic", breaks_after_commit)
    with pytest.raises(StoreUnavailable, match="lost"):
        send(store, source, events("a", 5))
    assert Projector(lambda: 0.0).project() == 5
    flushed = Flusher(tmp_path, Lake.create(tmp_path / "lake")).flush(timezone.now(), at_once=True)
    assert flushed is not None
    assert Inbox.objects.count() == 0
    assert send(store, source, events("a", 5)).tally == {"duplicate": 5}


def test_one_source_that_is_gone_does_not_harm_the_others(store, source):
    gone = store.submit(Received(987_654, events("a", 3)))
    kept = [store.submit(Received(source.id, events(f"n{n}", 5))) for n in range(10)]
    with pytest.raises(StoreUnavailable):
        gone.result(10)
    assert sum(future.result(10).tally["stored"] for future in kept) == 50


def test_lock_goes_with_who_holds_it(tmp_path):
    lock = FileLock(tmp_path / "some.lock")
    with pytest.raises(LockHeldError, match=r"some\.lock"):
        FileLock(tmp_path / "some.lock")
    lock.release()
    FileLock(tmp_path / "some.lock").release()


def test_memory_stays_flat_over_many_events(store, source):
    process = psutil.Process()

    def deliver(start: int, count: int) -> None:
        for n in range(start, start + count):
            items = [event(f"{n}-{i}", anonymous_id="d", received_us=now_us()) for i in range(100)]
            send(store, source, items, refused=[refused(f"r{n}")])
        Inbox.objects.all().delete()
        Quarantined.objects.all().delete()
        store._writer.known._pending.clear()

    deliver(0, 100)
    before = process.memory_info().rss
    deliver(100, 300)
    assert process.memory_info().rss - before < 24 << 20


def test_many_threads_at_once_are_all_answered(store, source):
    answered = []

    def deliver(number: int) -> None:
        mine = (send(store, source, [event(f"{number}-{n}")]) for n in range(20))
        answered.extend(receipt.tally["stored"] for receipt in mine)

    threads = [threading.Thread(target=deliver, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(answered) == Inbox.objects.count() == 320

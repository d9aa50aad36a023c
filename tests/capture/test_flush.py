"""Events move from the inbox to the event tables exactly once."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from store_support.store_events import NOW_US, event, events
from store_support.store_fixtures import source, store
from store_support.store_reading import lake_ids, tail_ids
from suppilo.apps.capture.compact import is_crowded
from suppilo.apps.capture.files import file_lock
from suppilo.apps.capture.flush import PROJECTED, Flusher
from suppilo.apps.capture.models import Cursor, FlushBatch, IdRun, Inbox, Quarantined
from suppilo.apps.capture.selectors import read_inbox_status
from suppilo.apps.capture.store import Received, Store
from suppilo.apps.capture.tail import batch_limits, read_tail
from suppilo.apps.capture.worker import CaptureWorker
from suppilo.lake import Lake, LakeError

__all__ = ["source", "store"]

ARRIVED = datetime.fromtimestamp(NOW_US / 1e6, UTC) + timedelta(seconds=1)
DUE = ARRIVED + timedelta(seconds=11)


@pytest.fixture
def flusher(tmp_path: Path) -> Flusher:
    return Flusher(tmp_path, Lake.create(tmp_path / "lake"))


def send(store: Store, source_id: int, items, projected: bool = True) -> None:
    store.submit(Received(source_id, items)).result(10)
    if projected:
        last = Inbox.objects.order_by("-seq").first()
        Cursor.objects.update_or_create(name=PROJECTED, defaults={"value": last.seq if last else 0})


def test_flushed_events_are_in_the_tables_and_no_longer_in_the_inbox(
    store, source, flusher, tmp_path
):
    send(store, source.id, events("a", 30) + events("b", 5, name="Page Viewed"))
    result = flusher.flush(DUE)
    assert (result.number, result.rows) == (1, 35)
    assert Inbox.objects.count() == 0
    found = Lake.open(tmp_path / "lake").events()
    assert [(e.name, e.rows) for e in found] == [("Order Completed", 30), ("Page Viewed", 5)]
    assert {"total", "source"} <= {p.name for p in found[0].properties}


def test_events_wait_until_one_is_ten_seconds_old(store, source, flusher):
    send(store, source.id, events("a", 3))
    assert flusher.flush(ARRIVED + timedelta(seconds=9)) is None
    assert flusher.flush(ARRIVED + timedelta(seconds=10)).rows == 3


@pytest.mark.parametrize("back", [timedelta(hours=1), timedelta(days=20_000)])
def test_events_that_came_before_the_clock_was_put_back_do_not_wait_for_it(
    store, source, flusher, back
):
    send(store, source.id, events("a", 3))
    assert flusher.flush(ARRIVED - back).rows == 3


def test_events_whose_people_are_not_known_yet_are_not_flushed(store, source, flusher):
    send(store, source.id, events("a", 3), projected=False)
    assert flusher.flush(DUE) is None
    assert read_inbox_status().waiting == 3


def test_flushed_event_sent_again_is_a_duplicate_at_once_and_after_a_restart(
    store, source, flusher, tmp_path
):
    send(store, source.id, events("a", 50))
    flusher.flush(DUE)
    assert store.submit(Received(source.id, events("a", 50))).result(10).tally == {"duplicate": 50}
    store.drain()
    again = Store(tmp_path, reserve_bytes=1 << 16)
    again.start()
    receipt = again.submit(Received(source.id, events("a", 50))).result(10)
    again.drain()
    assert receipt.tally == {"duplicate": 50}


def test_flush_that_broke_off_after_any_step_is_completed_by_the_next(
    store, source, flusher, tmp_path, monkeypatch
):
    """The same batch is written under the same number, whatever of it is there already."""
    steps = ["suppilo.apps.capture.flush.write_run", "suppilo.apps.capture.flush.IdRun.objects"]
    for index, step in enumerate(steps):
        send(store, source.id, events(f"s{index}", 20) + events(f"t{index}", 4, name="Other"))
        with monkeypatch.context() as broken:
            broken.setattr(step, None)
            with pytest.raises((TypeError, AttributeError)):
                flusher.flush(DUE)
        assert Inbox.objects.count() == 24
        send(store, source.id, events(f"late{index}", 2))
        assert flusher.flush(DUE).rows == 24
        assert flusher.flush(DUE).rows == 2
    assert len(lake_ids(tmp_path)) == len(set(lake_ids(tmp_path))) == 52
    assert IdRun.objects.count() == 4


def test_rows_left_behind_by_a_crash_before_their_deletion_go_with_the_next_flush(
    store, source, flusher, monkeypatch
):
    send(store, source.id, events("a", 20))
    with monkeypatch.context() as broken:
        broken.setattr("suppilo.apps.capture.flush._delete_flushed", lambda: None)
        flusher.flush(DUE)
    assert Inbox.objects.count() == 20
    assert flusher.flush(DUE) is None
    assert Inbox.objects.count() == 0


def test_tail_and_tables_together_have_each_event_once_while_rows_are_in_both(
    store, source, flusher, tmp_path, monkeypatch
):
    send(store, source.id, events("a", 20))
    with monkeypatch.context() as broken:
        broken.setattr("suppilo.apps.capture.flush._delete_flushed", lambda: None)
        flusher.flush(DUE)
    send(store, source.id, events("b", 5))
    limit = batch_limits([1])[1]
    rows = read_tail().tables["Order Completed"].after(limit)
    assert sorted(rows.events["event_id"].to_pylist()) == [f"b-{i}" for i in range(5)]


def test_backup_keeps_the_flush_waiting(store, source, flusher, tmp_path):
    send(store, source.id, events("a", 3))
    with file_lock(tmp_path / "flush.lock"):
        assert flusher.flush(DUE) is None
    assert flusher.flush(DUE).rows == 3


def test_same_property_may_have_another_type_in_another_event(store, source, flusher, tmp_path):
    numbers = events("a", 5, properties={"value": 7})
    texts = events("b", 5, name="Quiz Answered", properties={"value": "seven"})
    send(store, source.id, numbers + texts)
    flusher.flush(DUE)
    kinds = {
        e.name: {p.name: p.type for p in e.properties}
        for e in Lake.open(tmp_path / "lake").events()
    }
    assert kinds["Order Completed"]["value"] == "int"
    assert kinds["Quiz Answered"]["value"] == "text"
    assert all(e.set_aside == 0 for e in Lake.open(tmp_path / "lake").events())


def test_event_with_thousands_of_properties_is_kept_whole(store, source, flusher, tmp_path):
    wide = event("wide", properties={f"p{i}": i for i in range(3_000)})
    send(store, source.id, [wide, *events("a", 3)])
    flusher.flush(DUE)
    found = Lake.open(tmp_path / "lake").events()[0]
    names = {p.name for p in found.properties}
    assert found.rows == 4
    assert {"total", "more_properties"} <= names


def test_names_beyond_what_the_tables_take_go_to_quarantine(
    store, source, flusher, tmp_path, monkeypatch
):
    monkeypatch.setattr("suppilo.apps.capture.flush.MAX_EVENT_NAMES", 3)
    send(store, source.id, [event(f"e{i}", name=f"Order {i}") for i in range(5)])
    assert flusher.flush(DUE).rows == 3
    assert Quarantined.objects.filter(reason="too_many_event_names").count() == 2
    assert len(Lake.open(tmp_path / "lake").names()) == 3


def test_flush_of_a_folder_that_can_not_be_written_changes_nothing(
    store, source, flusher, tmp_path
):
    send(store, source.id, events("a", 3))
    (tmp_path / "lake").write_text("in the way")
    with pytest.raises((LakeError, OSError)):
        flusher.flush(DUE)
    assert Inbox.objects.count() == 3
    (tmp_path / "lake").unlink()
    assert flusher.flush(DUE).rows == 3
    assert FlushBatch.objects.count() == 1


def test_worker_brings_events_to_people_and_tables_step_by_step(store, source, tmp_path):
    send(store, source.id, events("a", 700), projected=False)
    worker = CaptureWorker(tmp_path, now=lambda: DUE)
    while worker.step():
        pass
    worker.close()
    assert Inbox.objects.count() == 0
    assert len(lake_ids(tmp_path)) == 700
    assert tail_ids() == []


def test_files_are_merged_when_they_are_many_and_not_a_trifle_beside_the_rest():
    assert not is_crowded([100] * 23)
    assert is_crowded([1000] + [100] * 24)
    assert not is_crowded([1_000_000] + [100] * 30)
    assert is_crowded([1_000_000] + [100] * 200)

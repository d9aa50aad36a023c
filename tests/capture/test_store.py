"""Events are stored once, and their senders hear what became of each."""

import threading
from pathlib import Path

import pytest

from store_support.store_events import event, events, refused
from store_support.store_fixtures import source, store
from suppilo.apps.capture.models import Inbox, Quarantined, Source, SourceCount
from suppilo.apps.capture.store import Received, Store, StoreBusy

__all__ = ["source", "store"]


def send(store: Store, source: Source, *items, **rest):
    return store.submit(Received(source.id, items, **rest)).result(10)


def counts(source: Source) -> dict[str, int]:
    names = ("received", "stored", "duplicate", "conflicting", "quarantined", "suppressed",
             "filtered")  # fmt: skip
    total = dict.fromkeys(names, 0)
    for row in SourceCount.objects.filter(source=source).values(*names):
        total = {name: total[name] + row[name] for name in names}
    parts = ("stored", "duplicate", "quarantined", "suppressed", "filtered")
    assert total["received"] == sum(total[name] for name in parts)
    return total


def test_event_is_in_the_inbox_when_its_sender_hears_of_it(store, source):
    receipt = send(store, source, event("a"))
    assert receipt.outcomes == {"a": "stored"}
    row = Inbox.objects.get()
    assert (row.name, row.path, row.source_id) == ("Order Completed", "device-1", source.id)


def test_same_event_sent_again_is_a_duplicate(store, source):
    send(store, source, *events("a", 10))
    receipt = send(store, source, *events("a", 10))
    assert set(receipt.outcomes.values()) == {"duplicate"}
    assert Inbox.objects.count() == 10
    assert counts(source)["duplicate"] == 10


def test_duplicate_that_says_something_else_is_counted_as_conflicting(store, source):
    send(store, source, event("a"))
    send(store, source, event("a", received_us=event("a").received_us + 5, at_us=1, sent_at="x"))
    send(store, source, event("a", properties={"total": 31}))
    assert counts(source)["conflicting"] == 1
    assert counts(source)["duplicate"] == 2


def test_same_id_inside_one_batch_is_stored_once_and_the_first_wins(store, source):
    receipt = send(store, source, event("a", name="First"), event("a", name="Second"))
    assert receipt.outcomes == {"a": "stored"}
    assert receipt.tally == {"stored": 1, "duplicate": 1}
    assert Inbox.objects.get().name == "First"


def test_same_id_of_another_source_is_another_event(store, source):
    other = Source.objects.create(name="App", kind="app")
    send(store, source, event("a"))
    assert send(store, other, event("a")).outcomes == {"a": "stored"}


def test_ten_threads_sending_the_same_batch_store_it_once(store, source):
    def deliver() -> None:
        send(store, source, *events("a", 200))

    threads = [threading.Thread(target=deliver) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Inbox.objects.count() == 200
    assert counts(source) == {
        "received": 2000, "stored": 200, "duplicate": 1800, "conflicting": 0, "quarantined": 0,
        "suppressed": 0, "filtered": 0,
    }  # fmt: skip


def test_one_bad_event_among_ninety_nine_is_quarantined_and_the_rest_stored(store, source):
    receipt = send(store, source, *events("a", 99), refused=[refused("bad")])
    assert receipt.tally == {"stored": 99, "quarantined": 1}
    assert receipt.warnings["bad"][0] == "no_identity"
    assert Quarantined.objects.get().event_id == "bad"
    assert counts(source)["quarantined"] == 1


def test_refused_event_sent_again_is_quarantined_once(store, source):
    send(store, source, refused=[refused("bad")])
    assert send(store, source, refused=[refused("bad")]).outcomes == {"bad": "duplicate"}
    assert Quarantined.objects.count() == 1


def test_events_that_are_only_counted_are_in_the_accounts(store, source):
    receipt = send(store, source, event("a"), filtered=["b", "c"], suppressed=["d"])
    assert receipt.tally == {"stored": 1, "filtered": 2, "suppressed": 1}
    assert counts(source)["received"] == 4


def test_event_that_no_database_can_hold_is_quarantined_and_harms_no_other(store, source):
    odd = [
        event("surrogate", properties={"x": "\ud800"}),
        event("big", properties={"x": 2**70}),
        event("old", at_us=-(2**62)),
    ]
    receipt = send(store, source, event("a"), event("nul", name="N\0L"), *odd)
    assert receipt.tally == {"stored": 2, "quarantined": 3}
    assert Inbox.objects.filter(name="N\ufffdL").exists()


def test_restarted_store_still_knows_its_events(store, source, tmp_path):
    send(store, source, *events("a", 5))
    store.drain()
    again = Store(tmp_path, reserve_bytes=1 << 16)
    again.start()
    try:
        assert set(send(again, source, *events("a", 5)).outcomes.values()) == {"duplicate"}
    finally:
        again.drain()


def test_second_store_on_the_same_folder_is_refused(store, tmp_path: Path):
    with pytest.raises(StoreBusy, match="another server receives events into"):
        Store(tmp_path).start()

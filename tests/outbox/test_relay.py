"""Domain events come to the event tables like clients' events, from a source of their own."""

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.db import transaction
from django.utils import timezone

from suppilo.analytics.events import ALL_PATHS
from suppilo.apps.capture.models import Inbox, Source, SourceCount, SourceKey
from suppilo.apps.capture.project import Projector
from suppilo.apps.capture.received import Overloaded
from suppilo.apps.capture.rows import iterate_inbox
from suppilo.apps.capture.store import Store
from suppilo.apps.events.selectors import list_events, open_events
from suppilo.apps.outbox.models import DomainEvent
from suppilo.apps.outbox.paths import deal_path
from suppilo.apps.outbox.relay import AT_ONCE, Relay, internal_source
from suppilo.apps.outbox.services import NewEvent, record_event, record_events, remove_told
from suppilo.apps.people.models import Identifier, Person

AT = datetime(2026, 5, 4, 12, 30, 0, 123456, tzinfo=UTC)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def store(transactional_db: None, tmp_path) -> Iterator[Store]:
    running = Store(tmp_path, reserve_bytes=1 << 16)
    running.start()
    yield running
    running.drain()


def wait_for(check, within_s: float = 60.0) -> float:
    began = time.monotonic()
    while not check():
        assert time.monotonic() - began < within_s
        time.sleep(0.02)
    return time.monotonic() - began


def quickest_of_three(is_there, at, values=None) -> float:
    """Record events, and return how long the quickest took: the machine may be busy with others."""
    took_s = []
    for number in (1, 2, 3):
        record_event("deal_won", deal_path(number), at, values)
        took_s.append(wait_for(partial(is_there, number)))
    return min(took_s)


def test_an_event_is_captured_as_it_was_recorded(store):
    record_event("deal_won", deal_path(7), AT, {"amount": Decimal("12.50"), "stage": "won"})
    assert Relay(store).relay() == 1
    (row,) = iterate_inbox(0)
    assert (row.event.name, row.event.path) == ("deal_won", "suppilo:deal:7")
    assert row.event.at_us == int(AT.timestamp()) * 1_000_000 + 123_456
    assert row.event.properties == {"amount": 12.5, "stage": "won"}
    assert row.event.id == DomainEvent.objects.get().event_id
    assert DomainEvent.objects.get().relayed_at is not None


def test_the_source_of_domain_events_has_no_key_and_is_made_once(store):
    for number in range(3):
        record_event("deal_won", deal_path(number), AT)
        Relay(store).relay()
    source = Source.objects.get()
    assert (source.name, source.is_internal) == ("Suppilo", True)
    assert not SourceKey.objects.exists()


def test_events_that_the_store_has_already_count_once(store):
    record_events(NewEvent("deal_won", deal_path(n), AT) for n in range(20))
    relay = Relay(store)
    relay.relay()
    # As if the process had died after the store's commit and before this one's.
    DomainEvent.objects.update(relayed_at=None)
    relay.relay()
    assert Inbox.objects.count() == 20
    counts = SourceCount.objects.get()
    assert (counts.stored, counts.duplicate, counts.conflicting) == (20, 20, 0)


def test_thousands_of_events_go_in_batches_and_in_their_order(store):
    count = 2 * AT_ONCE + 500
    record_events(NewEvent("deal_won", deal_path(n), AT, event_id=f"e{n}") for n in range(count))
    relay = Relay(store)
    assert [relay.relay() for _ in range(4)] == [AT_ONCE, AT_ONCE, 500, 0]
    assert [row.event.id for row in iterate_inbox(0)] == [f"e{n}" for n in range(count)]


def test_an_event_whose_deed_is_rolled_back_never_was(store):
    with transaction.atomic():
        record_event("deal_won", deal_path(1), AT)
        transaction.set_rollback(True)
    assert Relay(store).relay() == 0


def test_an_event_told_twice_under_one_name_is_there_once(store):
    first = record_event("deal_won", deal_path(1), AT, {"n": 1}, event_id="import-1")
    again = record_event("deal_won", deal_path(1), AT, {"n": 2}, event_id="import-1")
    record_events([NewEvent("deal_won", deal_path(1), AT, {"n": 3}, event_id="import-1")])
    assert first.event_id == again.event_id == "import-1"
    assert DomainEvent.objects.get().properties == {"n": 1}


def test_what_a_drained_store_does_not_take_waits_for_the_next_start(store, tmp_path):
    record_event("deal_won", deal_path(1), AT)
    store.drain()
    with pytest.raises(Overloaded):
        Relay(store).relay()
    assert DomainEvent.objects.get().relayed_at is None
    after = Store(tmp_path, reserve_bytes=1 << 16)
    after.start()
    Relay(after).relay()
    after.drain()
    assert Inbox.objects.count() == 1


def test_the_thread_hands_on_while_it_runs_and_stops_when_told(store):
    relay = Relay(store)
    relay.start()
    assert quickest_of_three(lambda n: Inbox.objects.count() == n, AT) < 2
    assert relay.stop()
    before = Inbox.objects.count()
    record_event("deal_won", deal_path(9), AT)
    time.sleep(0.5)
    assert Inbox.objects.count() == before


def test_a_new_event_is_in_reports_within_two_seconds(store):
    relay = Relay(store)
    relay.start()

    def is_there(number: int) -> bool:
        counts = [(e.name, e.rows) for e in list_events(today=date(2026, 1, 1)).events]
        return counts == [("deal_won", number)]

    took_s = quickest_of_three(is_there, timezone.now(), {"amount": Decimal(5)})
    relay.stop()
    assert took_s < 2
    values = open_events().read("deal_won", ALL_PATHS).values("amount")
    assert list(values.labels) == [5.0]


def test_a_deal_is_no_person(store):
    Identifier.objects.all().delete()
    record_event("deal_won", deal_path(1), AT)
    record_event("payment_received", "anna@example.com", AT)
    Relay(store).relay()
    Projector(time.thread_time).project()
    assert [one.value for one in Identifier.objects.all()] == ["anna@example.com"]
    assert Person.objects.count() == 1


def test_an_event_does_not_make_a_device_known(store):
    record_event("quote_opened", "device-1", AT)
    Relay(store).relay()
    Projector(time.thread_time).project()
    assert not Identifier.objects.get().is_known


def test_events_that_everybody_was_told_of_go_after_a_week():
    now = timezone.now()
    for event_id, days, announced in (("old", 8, True), ("new", 6, True), ("untold", 8, False)):
        made = record_event("deal_won", deal_path(1), AT, event_id=event_id)
        at = now - timedelta(days=days)
        DomainEvent.objects.filter(pk=made.pk).update(
            relayed_at=at, announced_at=at if announced else None
        )
    assert remove_told(now) == 1
    assert set(DomainEvent.objects.values_list("event_id", flat=True)) == {"new", "untold"}


def test_the_internal_source_is_found_whatever_it_is_called():
    made = internal_source()
    Source.objects.filter(pk=made.pk).update(name="Own")
    assert internal_source().pk == made.pk

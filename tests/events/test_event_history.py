"""Single events and names over the tables and the inbox together."""

from __future__ import annotations

from datetime import UTC, date
from zoneinfo import ZoneInfo

import pytest

from events_support.live_server_world import LATER, NAMES, flusher, project, store_events
from store_support.store_events import event
from store_support.store_fixtures import source, store
from suppilo.apps.capture.received import Received
from suppilo.apps.events.moments import to_moment
from suppilo.apps.events.selectors import (
    EventMissing,
    EventNameMissing,
    describe_event,
    get_event,
    latest_events,
    list_events,
    list_properties,
    list_values,
    read_timeline,
)

__all__ = ["source", "store"]
TODAY = date(2025, 11, 13)


@pytest.fixture
def half_flushed(home, store, source):
    """Store 40 events, of which the first 20 are in the tables."""
    store_events(store, source, "a", 20)
    project()
    flusher(home).flush(LATER)
    store_events(store, source, "b", 20)


def pages(read):
    found, before = [], None
    while page := read(before):
        found += page
        before = page[-1].place
    return [event.event_id for event in found]


def test_timeline_of_several_identifiers_goes_over_tables_and_inbox(half_flushed):
    wanted = {"device-1", "device-3", "nobody"}
    ids = [e.event_id for e in read_timeline(wanted, 100)]
    expected = [f"{p}-{n}" for n in range(19, -1, -1) for p in "ba" if n % 7 in (1, 3)]
    assert ids == expected
    assert pages(lambda before: read_timeline(wanted, 3, before)) == expected
    assert read_timeline([], 5) == []


def test_latest_events_are_newest_first_and_page_without_gap(half_flushed):
    expected = [f"{p}-{n}" for n in range(19, -1, -1) for p in "ba"]
    assert pages(lambda before: latest_events(7, before=before)) == expected
    assert [e.event_id for e in latest_events(3, name="cart")] == ["b-17", "a-17", "b-13"]
    assert len(latest_events(100, source="Shop")) == 40
    assert latest_events(100, source="Elsewhere") == []


def test_event_is_the_same_before_and_after_its_flush(home, half_flushed):
    before = get_event("view", "device-1", "b-8")
    assert before.received is not None
    assert before.seen.is_waiting
    project()
    flusher(home).flush(LATER)
    after = get_event("view", "device-1", "b-8")
    assert not after.seen.is_waiting
    assert (after.seen.properties, after.seen.at, after.seen.session_id) == (
        before.seen.properties,
        before.seen.at,
        before.seen.session_id,
    )
    assert after.seen.batch == "capture"
    with pytest.raises(EventMissing):
        get_event("view", "device-1", "b-8", at_us=5)


def test_names_count_flushed_and_waiting_rows_on_the_days_of_the_zone(half_flushed):
    found = list_events(today=TODAY, zone=UTC)
    assert found.total == len(NAMES)
    assert {info.rows for info in found.events} == {10}
    assert [day.count for day in found.events[0].days][-2:] == [0, 10]
    assert found.events[0].days[-1].day == TODAY
    in_samoa = list_events(today=TODAY, zone=ZoneInfo("Pacific/Pago_Pago")).events[0]
    assert [day.count for day in in_samoa.days][-2:] == [10, 0]
    part = list_events("A", today=TODAY, start=1, limit=1)
    assert (part.total, [info.name for info in part.events]) == (2, ["pay"])


def test_properties_are_described_over_both(half_flushed):
    by_name = {one.name: one for one in list_properties("view")}
    assert (by_name["total"].type, by_name["total"].filled, by_name["total"].rows) == (
        "int", 10, 10)  # fmt: skip
    assert by_name["n"].distinct == 3
    assert sum(count for _, count in by_name["n"].top) == 10
    assert by_name["source"].top == (("Shop", 10),)
    assert by_name["total"].fill_rate == 1
    assert list_properties("nothing") == ()
    with pytest.raises(EventNameMissing):
        describe_event("nothing", today=TODAY)


def test_values_are_searched_and_come_by_frequency(half_flushed):
    assert set(list_values("view", "n")) == {"v0", "v1", "v2"}
    assert list_values("view", "n")[0] in {"v0", "v1", "v2"}
    assert list_values("view", "n", "V1") == ["v1"]
    assert list_values("view", "total", "16") == [16]
    assert list_values("view", "nothing") == []
    assert len(list_values("view", "total", limit=2)) == 2


def test_moments_at_the_ends_of_time_can_be_shown(home, store, source):
    ends = (-62_135_596_800_000_000, 253_402_300_799_999_999)
    made = [event(f"x{at}", name="far", at_us=at) for at in ends]
    store.submit(Received(source.id, made)).result(10)
    for found in latest_events(5):
        assert found.at.astimezone(ZoneInfo("Pacific/Kiritimati")).year in {1, 9999}
        assert found.at.astimezone(ZoneInfo("Pacific/Pago_Pago")).year in {1, 9999}
    assert list_events(today=TODAY).events[0].rows == 2
    assert to_moment(0).year == 1970

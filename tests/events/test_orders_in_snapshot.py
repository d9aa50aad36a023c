"""An order that several devices tell of counts once as soon as they are one person's."""

from __future__ import annotations

import numpy as np

from events_support.live_server_world import LATER, flusher, link_all, project, store_events
from store_support.store_fixtures import source, store
from suppilo.apps.events.moments import to_moment
from suppilo.apps.events.selectors import (
    get_event,
    latest_events,
    list_events,
    list_values,
    open_events,
    read_timeline,
    take_snapshot,
)
from suppilo.apps.events.units import regroup
from suppilo.apps.people.models import Company, Identifier, Person
from suppilo.apps.people.services import forget_origin

__all__ = ["source", "store"]
BOUGHT = "Order Completed"
START_US = 1_763_000_000_000_000


def tell(store, source, event_id, device, second, order="A-1"):
    store_events(
        store, source, event_id, 1, name=BOUGHT, anonymous_id=device,
        at_us=START_US + second * 1_000_000, properties={"order_id": order, "total": second},
    )  # fmt: skip


def counted(source=None):
    """Return the ids of the events that count as orders."""
    events = open_events() if source is None else source
    found = []
    for paths in events.path_ranges():
        table = events.read(BOUGHT, paths)
        numbers = np.arange(len(table.path)) + table.first_row
        found += events.describe_rows(numbers)["event_id"] if len(numbers) else []
    return sorted(found)


def test_order_counts_once_over_tables_and_tail_and_twice_again_after_the_undo(home, store, source):
    tell(store, source, "late", "device-1", 50)
    tell(store, source, "other", "device-1", 60, order="A-2")
    project()
    flusher(home).flush(LATER)
    tell(store, source, "again", "device-1", 55)
    assert counted() == ["late-0", "other-0"]
    tell(store, source, "early", "device-2", 10)
    assert counted() == ["early-0", "late-0", "other-0"]
    link_all("anna")  # device-1 and device-2 are Anna's: her first event tells of the order
    assert counted() == ["early-0", "other-0"]
    project()
    flusher(home).flush(LATER)
    assert not take_snapshot().tail
    assert counted() == ["early-0", "other-0"]
    forget_origin("merges:1")
    assert counted() == ["early-0", "late-0", "other-0"]


def test_repeats_of_an_order_stay_in_lists_of_events(home, store, source):
    for number in range(3):
        tell(store, source, f"e{number}", "device-1", number)
    assert counted() == ["e0-0"]
    assert len(latest_events()) == 3
    today = to_moment(START_US).date()
    assert [(one.name, one.rows) for one in list_events(today=today).events] == [(BOUGHT, 3)]
    assert sorted(list_values(BOUGHT, "total")) == [0, 1, 2]


def marked(events):
    """Return the ids of the events that say that they are counted already."""
    return sorted(event.event_id for event in events if event.is_repeat)


def test_lists_mark_what_is_counted_already_and_follow_a_merge_and_its_undo(home, store, source):
    tell(store, source, "late", "device-1", 50)
    tell(store, source, "other", "device-1", 60, order="A-2")
    tell(store, source, "none", "device-1", 61, order="")
    project()
    flusher(home).flush(LATER)
    assert marked(latest_events()) == []
    tell(store, source, "again", "device-1", 55)
    tell(store, source, "early", "device-2", 10)
    assert marked(latest_events()) == marked(latest_events(name=BOUGHT)) == ["again-0"]
    link_all("anna")
    assert marked(latest_events()) == ["again-0", "late-0"]
    for devices in (["device-1"], ["device-1", "device-2", "anna"]):
        assert marked(read_timeline(devices)) == ["again-0", "late-0"]
    assert not marked(read_timeline(["device-2"]))
    assert get_event(BOUGHT, "device-1", "late-0").seen.is_repeat
    assert not get_event(BOUGHT, "device-2", "early-0").seen.is_repeat
    project()
    flusher(home).flush(LATER)
    every = latest_events()
    assert marked(every) == ["again-0", "late-0"]
    told = {event.event_id for event in every if event.name == BOUGHT}
    assert sorted(told - set(marked(every)) - set(counted())) == []
    forget_origin("merges:1")
    assert marked(latest_events()) == ["again-0"]


def test_order_that_two_people_of_a_company_tell_of_is_one_of_the_companys(home, store, source):
    tell(store, source, "one", "device-1", 1)
    tell(store, source, "two", "device-2", 2)
    project()
    company = Company.objects.create(key="nordvik", name="Nordvik", created_at=LATER)
    people = Identifier.objects.filter(value__in=("device-1", "device-2"))
    Person.objects.filter(pk__in=people.values("person")).update(company=company)
    assert counted() == ["one-0", "two-0"]
    assert counted(regroup(open_events(), "company")) == ["one-0"]

"""Waiting events, sorted when somebody asks, are those that sorting all of them gives."""

import random

import numpy as np
import pytest

from capture_support.drawn_events import draw_event
from events_support.live_server_world import LATER, flusher, link_all, project
from store_support.store_fixtures import source, store
from suppilo.analytics.events import ALL_PATHS
from suppilo.analytics.funnel import FunnelDefinition, run_funnel
from suppilo.apps.capture.convert import ARRIVED, flatten, to_tables
from suppilo.apps.capture.received import Received
from suppilo.apps.capture.rows import read_inbox, read_source_names
from suppilo.apps.events.selectors import open_events, take_snapshot
from suppilo.lake import WhereError
from suppilo.sources.memory import MemorySource

__all__ = ["source", "store"]
NAMES = ("Seen", "Paid", "Left")


def sorted_at_once():
    """Return each event's waiting rows as a source of their own."""
    sources = read_source_names()
    rows = [flatten(row, sources) for row in read_inbox(0)]
    named = {name: [row for row in rows if row.name == name] for name in NAMES}
    return {
        name: MemorySource(*to_tables(some), ARRIVED + np.array([row.seq for row in some]))
        for name, some in named.items()
        if some
    }


def values_by_row(table, name):
    values = table.values(name)
    if values is None:
        return None
    labels = list(values.labels)
    return [None if code < 0 else labels[code] for code in values.codes.tolist()]


@pytest.mark.parametrize("seed", range(4))
def test_waiting_events_are_those_that_sorting_all_at_once_gives(home, store, source, seed):
    dice = random.Random(seed)
    for number in range(6):
        made = [draw_event(dice, 100 * number + n) for n in range(dice.randint(1, 30))]
        store.submit(Received(source.id, made)).result(10)
        waiting = take_snapshot().waiting
        if dice.random() < 0.5:
            waiting.read(dice.choice(NAMES), ALL_PATHS).values("x")
    expected = sorted_at_once()
    assert set(waiting.event_names()) == set(expected)
    assert waiting.count_paths() == MemorySource.unite(list(expected.values())).count_paths()
    assert waiting.latest_at() == max(one.latest_at() for one in expected.values())
    names = {name for one in expected.values() for name in one.property_names()}
    assert waiting.property_names() == sorted(names)
    for event, alone in expected.items():
        found, right = waiting.read(event, ALL_PATHS), alone.read(event, ALL_PATHS)
        for one, other in ((found.path, right.path), (found.at, right.at)):
            assert one.tolist() == other.tolist()
        assert found.order().tolist() == right.order().tolist()
        assert dict(found.own_types) == dict(right.own_types)
        rows = np.arange(len(found.path))
        assert waiting.describe_rows(rows + found.first_row) == alone.describe_rows(rows)
        assert found.matches("locale = 'lv'").tolist() == right.matches("locale = 'lv'").tolist()
        for name in names:
            assert values_by_row(found, name) == values_by_row(right, name)


def test_event_that_nobody_sent_has_no_rows_and_a_wrong_condition_is_refused(home, store, source):
    dice = random.Random(1)
    store.submit(Received(source.id, [draw_event(dice, n) for n in range(9)])).result(10)
    waiting = take_snapshot().waiting
    table = waiting.read("Never", ALL_PATHS)
    assert (len(table.path), len(table.order()), table.values("x")) == (0, 0, None)
    with pytest.raises(WhereError, match="nonsense"):
        waiting.read("Seen", ALL_PATHS).matches("nonsense = 1")
    assert "source" in waiting.property_types("Never")


FUNNELS = (
    {"steps": ["Seen", "Paid"]},
    {"steps": ["Seen", {"event": "Paid", "where": "source = 'Shop'"}], "by": "locale"},
    {"steps": ["Left", "Seen", "Paid"], "by": "channel"},
)


@pytest.mark.parametrize("seed", range(3))
def test_funnel_is_the_same_before_and_after_the_flush_whoever_was_merged(
    home, store, source, seed
):
    dice = random.Random(seed)
    asked = [FunnelDefinition.from_dict(one) for one in FUNNELS]
    for number in range(4):
        made = [draw_event(dice, 100 * number + n) for n in range(40)]
        store.submit(Received(source.id, made)).result(10)
        project()
        if number == 2:
            link_all("u1")
        before = [run_funnel(open_events(), one).report().to_dict() for one in asked]
        if number != 1:  # once, two batches wait for the same flush
            assert flusher(home).flush(LATER) is not None
            assert not take_snapshot().tail
        assert [run_funnel(open_events(), one).report().to_dict() for one in asked] == before

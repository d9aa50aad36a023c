"""The tail's columns are those that the event tables would get of the same rows."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture_support.drawn_events import draw_event
from store_support.store_events import event
from store_support.store_fixtures import source, store
from suppilo.apps.capture import tail
from suppilo.apps.capture.convert import collect_columns, flatten, to_array, to_tables
from suppilo.apps.capture.kinds import join_kinds, settle, split_kinds
from suppilo.apps.capture.models import Inbox
from suppilo.apps.capture.rows import read_inbox, read_source_names
from suppilo.apps.capture.store import Received
from suppilo.apps.capture.tail import forget_tail, read_tail

__all__ = ["source", "store"]

VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.integers(2**53 - 2, 2**64 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["", "a", "1", "true"]),
)


@pytest.fixture(autouse=True)
def _start_anew():
    forget_tail()
    yield
    forget_tail()


@given(st.lists(st.lists(VALUES, min_size=1, max_size=5), min_size=1, max_size=5))
def test_values_put_together_from_pieces_are_the_column_that_all_make_at_once(pieces):
    joined = join_kinds([(len(piece), split_kinds(piece)) for piece in pieces])
    together = [value for piece in pieces for value in piece]
    found, expected = settle(joined, len(together)), to_array(together)
    assert found.type == expected.type
    assert found.to_pylist() == expected.to_pylist()


@given(
    st.lists(st.dictionaries(st.sampled_from("abcd"), st.integers(0, 9), max_size=4), max_size=9)
)
def test_columns_have_each_rows_value_in_its_place(rows):
    columns = collect_columns(rows)
    assert set(columns) == {name for row in rows for name in row}
    for name, values in columns.items():
        assert values == [row.get(name) for row in rows]


def test_rarer_ones_of_too_many_properties_are_kept_together():
    rows = [{"often": 1, f"rare {n:04}": n} for n in range(1_200)]
    columns = collect_columns(rows)
    assert len(columns) == 1_000
    assert columns["often"] == [1] * 1_200
    kept = [columns.get(f"rare {n:04}", [None] * 1_200)[n] for n in range(1_200)]
    more = [(more or {}).get(f"rare {n:04}") for n, more in enumerate(columns["more_properties"])]
    assert [a if a is not None else b for a, b in zip(kept, more, strict=True)] == [*range(1_200)]


def expected_columns(name):
    """Return the rows and columns that the event tables would get of what is in the inbox now."""
    sources = read_source_names()
    rows = [flatten(row, sources) for row in read_inbox(0) if row.event.name == name]
    events, properties = to_tables(rows)
    return [row.seq for row in rows], events, properties


def check_tail():
    snapshot = read_tail()
    there = set(Inbox.objects.values_list("name", flat=True))
    assert set(snapshot.tables) == there
    for name in there:
        table, (seq, events, properties) = snapshot.tables[name], expected_columns(name)
        assert table.seq.tolist() == seq
        assert table.events.to_pylist() == events.to_pylist()
        assert set(table.kinds) == set(properties.column_names)
        for column in properties.column_names:
            found, expected = table.column(column), properties.column(column)
            assert found.type == expected.type
            assert found.to_pylist() == expected.to_pylist()


@pytest.mark.parametrize("seed", range(4))
def test_tail_has_the_columns_of_the_flush_however_it_was_read(store, source, seed, monkeypatch):
    monkeypatch.setattr(tail, "_AT_ONCE", 7)
    dice, number = random.Random(seed), 0
    for _ in range(14):
        made = [draw_event(dice, number + n) for n in range(dice.randint(1, 12))]
        number += len(made)
        store.submit(Received(source.id, made)).result(10)
        tables = read_tail().tables
        if dice.random() < 0.4:  # somebody asks for properties of one event
            assert tables[dice.choice(sorted(tables))].kinds is not None
        if dice.random() < 0.4:  # the flush takes the oldest
            low = Inbox.objects.order_by("seq").first().seq
            Inbox.objects.filter(seq__lt=low + dice.randint(0, 15)).delete()
        if dice.random() < 0.2 and Inbox.objects.count() > 3:  # one is erased
            Inbox.objects.order_by("seq")[2].delete()
        if dice.random() < 0.3:
            check_tail()
    check_tail()


@pytest.mark.parametrize("seed", range(2))
def test_row_is_described_alike_before_and_after_its_payload_is_read(store, source, seed):
    dice = random.Random(seed)
    made = [draw_event(dice, number) for number in range(40)]
    store.submit(Received(source.id, made)).result(10)
    for table in read_tail().tables.values():
        places = list(range(len(table)))
        before = table.describe(places)
        assert [row.event_id for row in before] == table.events["event_id"].to_pylist()
        assert table.describe(places) == before


def test_payloads_are_read_only_of_events_whose_properties_somebody_asks_for(store, source):
    made = [event("a", name="Seen"), event("b", name="Paid")]
    store.submit(Received(source.id, made)).result(10)
    tables = read_tail().tables
    assert "total" in tables["Seen"].kinds
    assert sum(part.unread_bytes for part in tables["Seen"].parts) == 0
    assert sum(part.unread_bytes for part in tables["Paid"].parts) > 0
    assert read_tail().tables["Seen"].parts[0] is tables["Seen"].parts[0]


def test_no_more_payloads_are_kept_than_have_room(store, source, monkeypatch):
    monkeypatch.setattr(tail, "UNREAD_BYTES", 3_000)
    for number in range(20):
        made = [event(f"{name}{number}", name=name) for name in ("Seen", "Paid")]
        store.submit(Received(source.id, made)).result(10)
        parts = [part for table in read_tail().tables.values() for part in table.parts]
        assert sum(part.unread_bytes for part in parts) <= 3_000
    check_tail()

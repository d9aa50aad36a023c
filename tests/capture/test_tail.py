"""The tail shows what is in the inbox, and reads each row once."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from store_support.store_events import event, events
from store_support.store_fixtures import source, store
from store_support.store_reading import tail_ids
from suppilo.apps.capture.convert import FlatEvent, split_by_types, to_array, to_tables
from suppilo.apps.capture.models import FlushBatch, Inbox
from suppilo.apps.capture.store import Received
from suppilo.apps.capture.tail import batch_limits, forget_tail, read_tail

__all__ = ["source", "store"]


@pytest.fixture(autouse=True)
def _start_anew():
    forget_tail()
    yield
    forget_tail()


def send(store, source, items) -> None:
    store.submit(Received(source.id, items)).result(10)


def flat(seq: int, name: str = "Paid", **properties) -> FlatEvent:
    return FlatEvent(seq, "u1", seq * 1_000_000, name, f"e{seq}", None, properties)


def test_new_event_is_in_the_tail_at_once(store, source):
    assert tail_ids() == []
    send(store, source, events("a", 3))
    assert tail_ids() == ["a-0", "a-1", "a-2"]
    send(store, source, [event("b", name="Page Viewed")])
    assert sorted(read_tail().tables) == ["Order Completed", "Page Viewed"]


def test_tail_has_each_event_with_its_path_time_and_properties(store, source):
    send(store, source, [event("a", user_id="u1", properties={"total": 5, "gift": True})])
    table = read_tail().tables["Order Completed"]
    assert table.events.to_pylist()[0]["path"] == "u1"
    assert table.events.to_pylist()[0]["at"].timestamp() * 1e6 == event("a").at_us
    row = table.properties.to_pylist()[0]
    assert (row["total"], row["gift"], row["source"]) == (5, True, "Shop")


def test_rows_that_were_read_are_not_read_again(store, source):
    send(store, source, events("a", 100))
    read_tail()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        for _ in range(5):
            read_tail()
    assert len(queries) == 10
    send(store, source, events("b", 2))
    assert len(tail_ids()) == 102


def test_rows_that_left_the_inbox_leave_the_tail(store, source):
    send(store, source, events("a", 10))
    read_tail()
    first = Inbox.objects.order_by("seq").first().seq
    Inbox.objects.filter(seq__lt=first + 4).delete()
    assert tail_ids() == [f"a-{i}" for i in range(4, 10)]
    Inbox.objects.filter(seq=first + 6).delete()
    assert tail_ids() == ["a-4", "a-5", "a-7", "a-8", "a-9"]
    Inbox.objects.all().delete()
    assert tail_ids() == []
    send(store, source, events("b", 1))
    assert tail_ids() == ["b-0"]


def test_property_that_changes_its_type_becomes_text_without_losing_a_value(store, source):
    for index, value in enumerate((1, 2.5, "three", None, [4])):
        send(store, source, [event(f"a{index}", properties={"x": value})])
        read_tail()
    found = read_tail().tables["Order Completed"].properties["x"].to_pylist()
    assert found == ["1", "2.5", "three", None, "[4]"]


def test_many_small_reads_make_no_long_chain_of_pieces(store, source):
    for index in range(70):
        send(store, source, [event(f"a{index}")])
        read_tail()
    assert read_tail().tables["Order Completed"].events.column(0).num_chunks <= 33
    assert len(tail_ids()) == 70


@pytest.mark.django_db
def test_limit_of_a_batch_is_its_last_row_and_of_a_forgotten_one_nothing():
    FlushBatch.objects.create(number=7, low_seq=10, high_seq=40)
    assert batch_limits([7, 3]) == {7: 40, 3: 0}


@pytest.mark.parametrize(
    ("values", "kind", "kept"),
    [
        ([1, None, 3], "int64", [1, None, 3]),
        ([1, 2.5], "double", [1.0, 2.5]),
        ([2**60 + 1, None, 2.5], "double", [2.0**60, None, 2.5]),
        ([2**63, 2.5], "string", [str(2**63), "2.5"]),
        ([True, None], "bool", [True, None]),
        ([True, 1], "string", ["true", "1"]),
        (["a", 1, None], "string", ["a", "1", None]),
        ([2**63], "string", [str(2**63)]),
        ([{"a": 1}], "string", ['{"a":1}']),
        ([None, None], "null", [None, None]),
    ],
)
def test_column_has_the_common_type_of_its_values_or_text(values, kind, kept):
    array = to_array(values)
    assert (str(array.type), array.to_pylist()) == (kind, kept)


def test_rows_come_apart_only_where_types_of_different_events_clash():
    rows = [flat(1, x=1), flat(2, "Seen", x="a"), flat(3, x=2, y=1), flat(4, "Left", y=2)]
    parts = split_by_types(rows)
    assert [[row.seq for row in part] for part in parts] == [[1, 3, 4], [2]]
    assert sum(to_tables(part)[0].num_rows for part in parts) == 4

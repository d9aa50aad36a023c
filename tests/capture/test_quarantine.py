"""Refused events are kept, found, put right by rules and replayed; accounts always add up."""

import time
from datetime import UTC, date, datetime

import orjson
import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from store_support.store_events import NOW_US, event, events, refused
from store_support.store_fixtures import source, store
from suppilo.apps.accounts.models import Role, User
from suppilo.apps.capture import services
from suppilo.apps.capture.models import Inbox, Quarantined, Source, SourceCount
from suppilo.apps.capture.quarantine import preview_fix, set_aside
from suppilo.apps.capture.rows import read_inbox
from suppilo.apps.capture.rules import Mending, cast_value, mend
from suppilo.apps.capture.selectors import (
    QuarantineFilter,
    count_reasons,
    read_account_days,
    read_accounts,
    search_quarantine,
)
from suppilo.apps.capture.store import Received, Store

__all__ = ["source", "store"]

NAMELESS = {"type": "track", "messageId": "m1", "userId": "u1", "properties": {"total": "12,5"}}


@pytest.fixture
def owner(transactional_db) -> User:
    return User.objects.create(email="owner@example.org", name="Owner", role=Role.OWNER)


def send(store: Store, source: Source, *items, **rest):
    return store.submit(Received(source.id, items, **rest)).result(10)


def quarantine(
    store: Store, source: Source, raw: dict, event_id: str = "m1", **given
) -> Quarantined:
    send(store, source, refused=[refused(event_id, orjson.dumps(raw), **given)])
    return Quarantined.objects.get(event_id=event_id)


def wait_for_state(row: Quarantined, *states: str) -> str:
    deadline = time.monotonic() + 10
    while True:
        row.refresh_from_db()
        if row.state in states:
            return row.state
        assert time.monotonic() < deadline, row.state
        time.sleep(0.05)


def account(owner: User, source: Source):
    found = read_accounts(owner, date(2020, 1, 1), date(2100, 1, 1))
    assert all(one.adds_up for one in found.values())
    return found[source.id]


def wait_for_rules(store: Store, source: Source, rules: int) -> None:
    deadline = time.monotonic() + 10
    while len(getattr(store._writer.rules.get(source.id), "mendings", ())) != rules:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_replayed_event_is_stored_and_moves_in_the_accounts(store, source, owner):
    row = quarantine(store, source, NAMELESS, reason="no_event_name")
    services.make_rule(owner, source, "rename_event", value="Order Completed")
    wait_for_rules(store, source, 1)
    assert services.replay_quarantined(owner, [row.pk]) == 1
    assert wait_for_state(row, "replayed", "open") == "replayed"
    stored = Inbox.objects.get()
    assert (stored.name, stored.path, stored.received_us) == ("Order Completed", "u1", NOW_US)
    found = account(owner, source)
    assert (found.received, found.stored, found.quarantined) == (1, 1, 0)


def test_event_that_cannot_be_kept_is_quarantined_with_all_that_it_said(store, source, owner):
    said = {"kind": "identify", "user_id": "u1", "traits": {"email": "a@example.org"}}
    at_us = 400_000_000_000_000_000  # the year 14645
    send(store, source, event("m1", at_us=at_us, context={"locale": "lv"}, **said))
    raw = orjson.loads(bytes(Quarantined.objects.get(reason="cannot_be_kept").raw))
    assert (raw["type"], raw["userId"], raw["anonymousId"]) == ("identify", "u1", "device-1")
    assert raw["traits"] == {"email": "a@example.org"}
    assert raw["context"] == {"locale": "lv"}


def test_event_that_is_still_refused_is_open_again(store, source, owner):
    row = quarantine(store, source, {"type": "track", "messageId": "m1", "event": "x"})
    services.replay_quarantined(owner, [row.pk])
    deadline = time.monotonic() + 10
    while row.detail == "" and time.monotonic() < deadline:
        row.refresh_from_db()
        time.sleep(0.05)
    assert (row.state, row.reason) == ("open", "no_identity")
    assert account(owner, source).quarantined == 1


def test_event_that_came_again_in_good_form_is_a_duplicate_when_replayed(store, source, owner):
    row = quarantine(store, source, NAMELESS | {"event": "Paid"})
    send(store, source, event("m1"))
    services.replay_quarantined(owner, [row.pk])
    wait_for_state(row, "replayed")
    assert Inbox.objects.count() == 1
    found = account(owner, source)
    assert (found.received, found.stored, found.duplicate, found.quarantined) == (2, 1, 1, 0)


def test_event_set_aside_after_it_was_stored_can_be_replayed(store, source, owner):
    send(store, source, event("a"), event("b"))
    set_aside(read_inbox(0)[0], "could_not_be_processed", "")
    row = Quarantined.objects.get()
    services.replay_quarantined(owner, [row.pk])
    wait_for_state(row, "replayed")
    assert Inbox.objects.count() == 2
    assert send(store, source, event("a")).outcomes == {"a": "duplicate"}
    assert account(owner, source).quarantined == 0


@pytest.mark.parametrize("state", ["replayed", "discarded"])
def test_event_set_aside_after_its_row_was_settled_is_open_again(store, source, owner, state):
    row = quarantine(store, source, NAMELESS | {"event": "Paid"})
    if state == "replayed":
        services.replay_quarantined(owner, [row.pk])
    else:
        services.discard_quarantined(owner, [row.pk])
        send(store, source, event("m1"))
    wait_for_state(row, state)
    set_aside(read_inbox(0)[0], "could_not_be_processed", "")
    row.refresh_from_db()
    assert (row.state, row.reason) == ("open", "could_not_be_processed")
    found = account(owner, source)
    assert (found.stored, found.duplicate, found.quarantined) == (0, 0, 1)
    services.replay_quarantined(owner, [row.pk])
    wait_for_state(row, "replayed")
    assert Inbox.objects.count() == 1
    assert account(owner, source).stored == 1


def test_event_that_was_refused_first_is_set_aside_in_the_form_that_could_be_read(
    store, source, owner
):
    row = quarantine(store, source, NAMELESS)
    send(store, source, event("m1", received_us=NOW_US + 2 * 86_400_000_000))
    set_aside(read_inbox(0)[0], "could_not_be_processed", "")
    services.replay_quarantined(owner, [row.pk])
    assert wait_for_state(row, "replayed") == "replayed"
    assert Inbox.objects.get().name == "Order Completed"
    days = SourceCount.objects.values_list("stored", "duplicate", "quarantined").order_by("day")
    assert list(days) == [(1, 0, 0), (0, 1, 0)]


def test_rule_puts_later_events_of_its_source_right_and_no_others(store, source, owner):
    other = Source.objects.create(name="App", kind="app")
    services.make_rule(owner, source, "rename_event", event="Ordered", value="Order Completed")
    services.make_rule(owner, source, "cast", field="properties.total", value="number")
    services.make_rule(owner, source, "drop", event="Noise")
    wait_for_rules(store, source, 3)
    receipt = send(
        store,
        source,
        event("a", name="Ordered", properties={"total": "12,5"}),
        event("b", name="Noise"),
        refused=[refused("c", orjson.dumps(NAMELESS | {"event": "Ordered", "messageId": "c"}))],
    )
    assert receipt.outcomes == {"a": "stored", "b": "filtered", "c": "stored"}
    send(store, other, event("a", name="Ordered"))
    names = Inbox.objects.order_by("seq").values_list("name", flat=True)
    assert list(names) == ["Order Completed", "Order Completed", "Ordered"]
    assert read_inbox(0)[0].event.properties == {"total": 12.5}


def test_preview_shows_what_rules_would_make_of_events_and_changes_nothing(store, source, owner):
    row = quarantine(store, source, NAMELESS)
    shown = preview_fix([row], [Mending("rename_event", value="Paid")])[0]
    assert shown.event is not None
    assert shown.event.name == "Paid"
    assert preview_fix([row], [])[0].event is None
    assert preview_fix([row], [Mending("drop")])[0].reason == "dropped"
    row.refresh_from_db()
    assert row.state == "open"


def test_replayed_event_of_somebody_suppressed_since_leaves_nothing_but_its_count(
    store, source, owner
):
    said = {**NAMELESS, "event": "x", "userId": "u9", "properties": {"email": "ada@example.com"}}
    row = quarantine(store, source, said)
    services.suppress_identifiers(owner, ["ada@example.com"])
    services.replay_quarantined(owner, [row.pk])
    assert wait_for_state(row, "discarded", "replayed", "open") == "discarded"
    assert not Inbox.objects.exists()
    assert b"ada" not in bytes(row.raw)
    found = account(owner, source)
    assert (found.received, found.quarantined, found.suppressed) == (1, 0, 1)


def test_discarded_event_counts_as_filtered(store, source, owner):
    row = quarantine(store, source, NAMELESS)
    assert services.discard_quarantined(owner, [row.pk]) == 1
    assert services.discard_quarantined(owner, [row.pk]) == 0
    found = account(owner, source)
    assert (found.received, found.quarantined, found.filtered) == (1, 0, 1)


def test_quarantine_is_searched_by_reason_name_source_text_and_period(store, source, owner):
    quarantine(store, source, NAMELESS, "m1", name="Paid", reason="no_identity")
    quarantine(store, source, NAMELESS, "m2", name="Left", reason="too_large", detail="900 kB")
    other = Source.objects.create(name="App", kind="app")
    quarantine(store, other, NAMELESS, "m3", name="Paid", received_us=NOW_US + 86_400_000_000)
    noon = datetime.fromtimestamp(NOW_US / 1e6 + 3600, UTC)

    def ids(**wanted) -> list[str]:
        return [row.event_id for row in search_quarantine(owner, QuarantineFilter(**wanted))]

    assert ids() == ["m3", "m2", "m1"]
    assert (
        ids(reason="too_large") == ids(text="900") == ids(name="Left") == ids(text="m2") == ["m2"]
    )
    assert ids(source_id=other.id) == ids(since=noon) == ["m3"]
    assert ids(until=noon) == ["m2", "m1"]
    first = search_quarantine(owner, QuarantineFilter(), limit=2)
    assert [row.event_id for row in search_quarantine(owner, QuarantineFilter(), first[-1].pk)] == [
        "m1"
    ]
    assert count_reasons(owner, QuarantineFilter())[0] == ("no_identity", "Paid", 2)


def test_only_who_may_manage_sources_makes_rules_and_replays(source, owner):
    viewer = User.objects.create(email="v@example.org", name="V", role=Role.VIEWER)
    with pytest.raises(PermissionDenied):
        services.make_rule(viewer, source, "drop")
    with pytest.raises(PermissionDenied):
        services.replay_quarantined(viewer, [1])
    with pytest.raises(PermissionDenied):
        search_quarantine(viewer, QuarantineFilter())


@pytest.mark.parametrize(
    "given",
    [
        {"action": "explode"},
        {"action": "cast", "field": "properties.x", "value": "colour"},
        {"action": "set_value"},
        {"action": "rename_event"},
    ],
)
def test_rule_that_makes_no_sense_is_refused(source, owner, given):
    with pytest.raises(ValidationError):
        services.make_rule(owner, source, **given)


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        ("12,5", "number", 12.5),
        (" 7 ", "integer", 7),
        ("7.5", "integer", "7.5"),
        ("many", "number", "many"),
        ("inf", "number", "inf"),
        (5, "text", "5"),
        (True, "text", "true"),
        ("Yes", "boolean", True),
        ("0", "boolean", False),
        ("perhaps", "boolean", "perhaps"),
        ("1e999", "integer", "1e999"),
    ],
)
def test_value_is_cast_exactly_or_left_as_it_is(value, kind, expected):
    assert cast_value(value, kind) == expected


def test_fields_are_found_by_dotted_paths_and_names_with_dots_by_a_backslash():
    raw = {"event": "x", "properties": {"a.b": 1, "c": {"d": 2}}, "list": [1]}
    rules = [
        Mending("rename_field", field=r"properties.a\.b", value="properties.total"),
        Mending("set_value", field="context.page.url", value="/"),
        Mending("rename_field", field="list.0.x", value="y"),
        Mending("cast", field="properties.c.d", value="text"),
    ]
    assert mend(raw, rules) == {
        "event": "x",
        "properties": {"total": 1, "c": {"d": "2"}},
        "list": [1],
        "context": {"page": {"url": "/"}},
    }
    assert raw["properties"] == {"a.b": 1, "c": {"d": 2}}


def test_accounts_of_each_day_add_up(store, source, owner):
    send(store, source, *events("a", 3), filtered=["f"], suppressed=["s"])
    send(store, source, event("late", received_us=NOW_US + 86_400_000_000))
    since, until = date(2025, 1, 1), date(2027, 1, 1)
    days = read_account_days(owner, source, since, until)
    assert [found.received for _, found in days] == [5, 1]
    assert sum(SourceCount.objects.values_list("stored", flat=True)) == 4
    assert days[0][1].last_us > NOW_US

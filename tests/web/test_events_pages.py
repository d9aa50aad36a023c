"""The events explorer: names, one name, the live stream, one event; for whom, and with any name."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

import pyarrow as pa
import pytest
from django.urls import reverse

from store_support.store_events import event
from store_support.store_fixtures import source, store
from suppilo.apps.capture.received import Received
from suppilo.apps.capture.tail import forget_tail
from suppilo.lake import Lake
from web_support.accounts import bearer, client_for, make_user

__all__ = ["source", "store"]

STRANGE = [
    "a/b/../c",
    "__proto__",
    "🛒 Köp",
    "100% & more?x=1#y",
    "<script>alert(1)</script>",
    " spaces ",
    '"quoted" | name',
    "live",
    "new\nline",
]
NOW_US = 1_763_000_000_000_000


@pytest.fixture(autouse=True)
def home(tmp_path, settings):
    settings.SUPPILO = replace(settings.SUPPILO, home=tmp_path)
    forget_tail()
    yield tmp_path
    forget_tail()


@pytest.fixture
def flushed(home):
    """Write events of the names to the tables, as an import does."""
    lake = Lake.create(home / "lake")
    count = 40
    events = pa.table(
        {
            "path": [f"p{n % 4}" for n in range(count)],
            "at": pa.array([NOW_US + n * 1_000_000 for n in range(count)], pa.int64()).view(
                pa.timestamp("us", "UTC")
            ),
            "event": [("Order Completed", "view")[n % 2] for n in range(count)],
            "event_id": [f"e{n}" for n in range(count)],
        }
    )
    totals = [n if n % 2 == 0 else None for n in range(count)]
    lake.write(events, "import:1", pa.table({"total": totals, "plan": ["pro", None] * 20}))
    return lake


def get(who, name, **query):
    return client_for(who).get(f"{reverse(name)}?{urlencode(query)}")


def test_names_stand_with_their_volumes_the_most_frequent_first(flushed, store, source):
    store.submit(Received(source.id, [event("x", name="view")])).result(10)
    text = get("viewer", "events").content.decode()
    assert text.index(">view<") < text.index(">Order Completed<")
    assert ">21<" in text
    assert '<svg class="spark"' in text


def test_names_can_be_searched(flushed, db):
    text = get("viewer", "events", q="ORDER").content.decode()
    assert "Order Completed" in text
    assert ">view<" not in text
    assert "No event has this" in get("viewer", "events", q="zzz").content.decode()


def test_empty_explorer_says_where_events_come_from(db):
    assert "Events arrive from a website" in get("viewer", "events").content.decode()


def test_name_shows_its_properties_with_fill_and_values(flushed, db):
    text = get("viewer", "event_name", event="Order Completed").content.decode()
    assert "<code>total</code>" in text
    assert ">int<" in text
    assert "20 / 20" in text
    assert "pro" in text
    assert "s1=Order+Completed" in text


def test_name_never_seen_is_not_there(flushed, db):
    assert get("viewer", "event_name", event="nothing").status_code == 404
    assert get("viewer", "event_name").status_code == 404


@pytest.mark.parametrize("name", STRANGE)
def test_any_text_may_be_an_event_name(store, source, name):
    given = {"name": name, "properties": {"__proto__": 1, "constructor": "x", name: name}}
    store.submit(Received(source.id, [event("x/1?&", **given)])).result(10)
    client = client_for("analyst")
    names = client.get(reverse("events")).content.decode()
    assert "<script>alert" not in names
    (address,) = [a for a in _links(names) if a.startswith(reverse("event_name"))]
    assert client.get(address).status_code == 200
    live = client.get(reverse("events_live")).content.decode()
    assert "<script>alert" not in live
    (address,) = [a for a in _links(live) if a.startswith(reverse("event") + "?")]
    whole = client.get(address)
    assert whole.status_code == 200
    assert whole.context["event"].name == name
    assert whole.context["event"].properties[name] == name


def _links(text):
    from html import unescape
    from re import findall

    return {unescape(address) for address in findall(r'href="([^"]*)"', text)}


def test_waiting_event_is_shown_with_everything_received(store, source):
    given = event(
        "x1",
        name="view",
        original_at="2025-11-13T01:00:00Z",
        sent_at="2025-11-13T01:00:02Z",
        context={"page": {"title": "Home"}},
        warnings=("clock_skew",),
        ip="10.0.0.0",
    )
    store.submit(Received(source.id, [given])).result(10)
    text = get("analyst", "event", event="view", path="device-1", id="x1").content.decode()
    for said in ("2025-11-13T01:00:00Z", "2025-11-13T01:00:02Z", "clock_skew", "Home", "10.0.0.0",
                 "just arrived", "Shop"):  # fmt: skip
        assert said in text


def test_flushed_event_is_shown_with_its_properties_and_batch(flushed, db):
    text = get("analyst", "event", event="view", path="p1", id="e1").content.decode()
    assert "import:1" in text
    assert get("analyst", "event", event="view", path="p1", id="no").status_code == 404
    assert get("analyst", "event", event="view", path="p2", id="e1").status_code == 404
    assert get("analyst", "event").status_code == 404


def test_live_stream_is_newest_first_and_can_be_paused_and_leafed_through(flushed, store, source):
    made = [event(f"w{n}", name="view", at_us=NOW_US + 10**9 + n) for n in range(60)]
    store.submit(Received(source.id, made)).result(10)
    client = client_for("analyst")
    first = client.get(reverse("events_live"))
    ids = [row.event.event_id for row in first.context["page"].items]
    assert ids == [f"w{n}" for n in range(59, 9, -1)]
    assert 'hx-trigger="every 2s"' in first.content.decode()
    paused = client.get(reverse("events_live"), {"paused": "1"}).content.decode()
    assert 'hx-trigger="every 2s"' not in paused
    further = client.get(reverse("events_live"), {"page": first.context["page"].next})
    ids += [row.event.event_id for row in further.context["page"].items]
    assert ids == [f"w{n}" for n in range(59, -1, -1)] + [f"e{n}" for n in range(39, -1, -1)]


def test_live_rows_are_sent_only_when_there_are_others(store, source):
    store.submit(Received(source.id, [event("x1", name="view")])).result(10)
    client = client_for("analyst")
    shown = client.get(reverse("events_live_rows"))
    assert client.get(shown.context["rows_url"]).status_code == 204
    store.submit(Received(source.id, [event("x2", name="view")])).result(10)
    assert client.get(shown.context["rows_url"]).status_code == 200


def test_live_stream_can_be_narrowed_to_a_source_and_a_name(flushed, store, source):
    made = [event("w1", name="view"), event("w2", name="cart")]
    store.submit(Received(source.id, made)).result(10)
    client = client_for("analyst")

    def ids(**query):
        rows = client.get(reverse("events_live"), query).context["page"].items
        return {row.event.event_id for row in rows}

    assert ids(source="Shop") == {"w1", "w2"}
    assert ids(source="Shop", event="cart") == {"w2"}
    assert ids(source="Other") == set()
    assert len(ids(event="view")) == 21


@pytest.mark.parametrize(
    "query",
    [{"page": "x"}, {"page": "-1"}, {"page": "9" * 30}, {"q": "\x00"}, {"at": "9" * 40}],
)
def test_rubbish_in_addresses_is_no_server_error(flushed, db, query):
    client = client_for("analyst")
    for name in ("events", "event_name", "events_live", "events_live_rows", "event"):
        assert client.get(reverse(name), query).status_code in {200, 204, 400, 404}


def test_single_events_are_for_those_who_may_see_people(flushed, db):
    for name in ("events_live", "events_live_rows", "event"):
        assert get("viewer", name, event="view", path="p1", id="e1").status_code == 403
    assert reverse("events_live") not in get("viewer", "events").content.decode()


def test_pages_ask_the_database_a_few_times(flushed, store, source, django_assert_max_num_queries):
    store.submit(Received(source.id, [event(f"w{n}") for n in range(30)])).result(10)
    client = client_for("analyst")
    for name in ("events", "events_live"):
        client.get(reverse(name))
        with django_assert_max_num_queries(12):
            client.get(reverse(name))


def test_api_lists_names_properties_values_and_the_newest(flushed, db):
    client = client_for(make_user("analyst"))
    names = client.get("/api/events").json()
    assert [(one["name"], one["rows"]) for one in names] == [("Order Completed", 20), ("view", 20)]
    properties = client.get("/api/events/properties", {"event": "Order Completed"}).json()
    assert {"name": "total", "type": "int", "filled": 20, "rows": 20} in properties
    asked = {"event": "Order Completed", "property": "plan", "q": "P"}
    assert client.get("/api/events/values", asked).json() == ["pro"]
    assert client.get("/api/events/values", asked | {"property": "x"}).json() == []
    latest = client.get("/api/events/latest", {"limit": 2, "event": "view"}).json()
    assert [one["event_id"] for one in latest] == ["e39", "e37"]


def test_values_that_say_who_somebody_is_are_for_who_may_see_people(home, db, client):
    at = pa.array([NOW_US], pa.int64()).view(pa.timestamp("us", "UTC"))
    events = pa.table({"path": ["p1"], "at": at, "event": ["form"], "event_id": ["f1"]})
    said = pa.table({"workEmail": ["ann@example.com"], "plan": ["pro"]})
    Lake.create(home / "lake").write(events, "import:1", said)
    text = get("viewer", "event_name", event="form").content.decode()
    assert "ann@example.com" not in text
    assert "workEmail" in text
    assert "pro" in text
    assert "ann@example.com" in get("analyst", "event_name", event="form").content.decode()
    viewer = bearer(make_user("viewer"))
    asked = "/api/events/values?event=form&property="
    assert client.get(f"{asked}workEmail", headers=viewer).status_code == 403
    assert client.get(f"{asked}plan", headers=viewer).json() == ["pro"]


def test_api_keeps_single_events_from_viewers(flushed, db, client):
    viewer = bearer(make_user("viewer"))
    assert client.get("/api/events", headers=viewer).status_code == 200
    assert client.get("/api/events/latest", headers=viewer).status_code == 403
    assert client.get("/api/events").status_code == 401


def test_repeated_order_says_counted_already_wherever_it_is_listed(store, source):
    same = {"name": "Order Completed", "properties": {"order_id": "<A-17>"}}
    sent = [event(one, at_us=NOW_US + n, **same) for n, one in enumerate(("first", "again"))]
    store.submit(Received(source.id, sent)).result(10)
    assert get("analyst", "events_live").content.decode().count("counted already") == 1
    shown = {"event": "Order Completed", "path": "device-1"}
    text = get("analyst", "event", **shown, id="again").content.decode()
    assert "tells of order &lt;A-17&gt;" in text
    assert "ounted already" not in get("analyst", "event", **shown, id="first").content.decode()
    listed = client_for("analyst").get("/api/events/latest").json()
    assert [one["is_repeat"] for one in listed] == [True, False]

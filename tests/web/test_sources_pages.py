"""Pages for sources and quarantine."""

from __future__ import annotations

import time

import orjson
import pytest
from django.test import Client

from store_support.store_events import now_us
from suppilo.apps.accounts.models import User
from suppilo.apps.capture.counts import Tally
from suppilo.apps.capture.models import Inbox, Quarantined, Rule, Source
from suppilo.apps.capture.services import make_source
from web_support.accounts import client_for, make_user
from web_support.browser import assert_accessible, assert_fits, log_in_browser, screenshots

pytestmark = pytest.mark.django_db

BAD = {"type": "track", "event": "Order Completed", "properties": {"uid": "u1", "total": "30,5"}}


@pytest.fixture
def marketer() -> User:
    return make_user("marketer")


@pytest.fixture
def client(marketer: User) -> Client:
    return client_for(marketer)


@pytest.fixture
def shop(marketer: User) -> Source:
    return make_source(marketer, "Shop <b>", "website")


def refuse(
    source: Source, count: int = 1, received_us: int = 1_790_000_000_000_000
) -> list[Quarantined]:
    """Put events that nobody can be told from into quarantine, as the writer does."""
    from django.db import connection

    tally = Tally()
    with connection.cursor() as cursor:
        for _ in range(count):
            tally.add(source.pk, received_us, "quarantined")
        tally.save(cursor)
    return [
        Quarantined.objects.create(
            source=source, digest=n.to_bytes(16, "big"), event_id=f"m{n}", name="Order Completed",
            reason="no_identity", detail="it needs a usable userId or anonymousId",
            raw=orjson.dumps({**BAD, "messageId": f"m{n}"}), received_us=received_us,
        )
        for n in range(count)
    ]  # fmt: skip


def test_new_source_shows_its_key_and_code_to_paste(client: Client) -> None:
    page = client.post(
        "/sources/new/",
        {"name": "Shop", "kind": "website", "allowed_origins": "https://shop.example"},
        follow=True,
    )
    source = Source.objects.get()
    key = source.keys.get().key
    text = page.content.decode()
    assert f"data-key=&quot;{key}&quot;" in text
    assert "posthog.init" in text
    assert source.allowed_origins == ["https://shop.example"]
    assert source.settings == dict.fromkeys(("anonymise_ip", "drop_bots", "respect_gpc"), False)


def test_origin_that_is_none_is_said_at_its_field(client: Client) -> None:
    page = client.post(
        "/sources/new/", {"name": "Shop", "kind": "website", "allowed_origins": "shop"}
    )
    assert "shop is no address like" in page.content.decode()
    assert not Source.objects.exists()


def test_names_are_text_and_not_markup(client: Client, shop: Source) -> None:
    for address in ("/sources/", f"/sources/{shop.pk}/", f"/sources/{shop.pk}/rules/"):
        text = client.get(address).content.decode()
        assert "Shop &lt;b&gt;" in text
        assert "Shop <b>" not in text


def test_accounts_of_a_source_are_shown(client: Client, shop: Source) -> None:
    from datetime import UTC, datetime

    from django.db import connection

    now_us = int(datetime.now(UTC).timestamp() * 1e6)
    tally = Tally()
    for outcome in ("stored", "stored", "duplicate", "filtered"):
        tally.add(shop.pk, now_us, outcome)
    with connection.cursor() as cursor:
        tally.save(cursor)
    text = " ".join(client.get(f"/sources/{shop.pk}/counts/").content.decode().split())
    for label, count in (("Received", 4), ("Stored", 2), ("Duplicates", 1), ("by rule", 1)):
        assert f'{label}</h3><p class="big">{count}</p>' in text


@pytest.mark.parametrize(("minutes", "is_told"), [(1, False), (7, True)])
def test_events_that_wait_for_the_worker_are_told(
    client: Client, shop: Source, minutes: int, is_told: bool
) -> None:
    received_us = int((time.time() - 60 * minutes - 5) * 1e6)
    Inbox.objects.create(
        seq=1, source_id=shop.pk, digest=bytes(16), content=0, name="visit", at_us=received_us,
        received_us=received_us, path="p", session_id="", payload=b"",
    )  # fmt: skip
    said = client.get("/sources/").content.decode()
    assert (f"Events have waited for {minutes} minute" in said) == is_told


def test_key_is_rotated_and_the_old_one_revoked(client: Client, shop: Source) -> None:
    old = shop.keys.get()
    client.post(f"/sources/{shop.pk}/keys/")
    assert shop.keys.count() == 2
    client.post(f"/sources/{shop.pk}/keys/{old.pk}/revoke/")
    old.refresh_from_db()
    assert old.revoked_at
    text = client.get(f"/sources/{shop.pk}/").content.decode()
    assert "Revoked" in text
    assert f"data-key=&quot;{old.key}" not in text


def test_key_of_another_source_is_not_there(client: Client, shop: Source, marketer: User) -> None:
    other = make_source(marketer, "Other", "server")
    answer = client.post(f"/sources/{shop.pk}/keys/{other.keys.get().pk}/revoke/")
    assert answer.status_code == 404


def test_analyst_sees_sources_and_changes_nothing(shop: Source) -> None:
    analyst = client_for("analyst")
    text = analyst.get(f"/sources/{shop.pk}/").content.decode()
    assert "Turn off" not in text
    assert analyst.post(f"/sources/{shop.pk}/disable/").status_code == 403
    assert analyst.post("/sources/quarantine/discard/", {"event": "1"}).status_code == 403


def test_refused_events_are_found_by_reason_text_and_source(client: Client, shop: Source) -> None:
    refuse(shop, 3)
    found = client.get(f"/sources/quarantine/?source={shop.pk}&reason=no_identity&q=order")
    text = found.content.decode()
    assert text.count('name="event"') == 3
    assert "no usable user id" in text
    nothing = client.get("/sources/quarantine/?q=nothing+like+it").content.decode()
    assert "Nothing here" in nothing


@pytest.mark.parametrize(
    "query", ["source=x", "state=x", "since=2026-99-99", "page=forged", "source=9" * 3, "until=x"]
)
def test_queries_that_make_no_sense_are_left_out(client: Client, query: str) -> None:
    assert client.get(f"/sources/quarantine/?{query}").status_code == 200


def test_rule_is_tried_then_made(client: Client, shop: Source) -> None:
    (event,) = refuse(shop)
    assert (
        "would be refused again" in client.get(f"/sources/quarantine/{event.pk}/").content.decode()
    )
    rule = {"action": "rename_field", "field": "properties.uid", "value": "userId"}
    tried = client.post(f"/sources/{shop.pk}/rules/", {**rule, "try": "1"}).content.decode()
    assert "Of 1 event in quarantine, 1 could be stored." in tried
    assert not Rule.objects.exists()
    client.post(f"/sources/{shop.pk}/rules/", {**rule, "make": "1"})
    assert Rule.objects.get().value == "userId"
    assert "can be stored now" in client.get(f"/sources/quarantine/{event.pk}/").content.decode()
    client.post("/sources/quarantine/replay/", {"event": event.pk})
    event.refresh_from_db()
    assert event.state == "replaying"


def test_rule_without_its_field_is_said(client: Client, shop: Source) -> None:
    answer = client.post(f"/sources/{shop.pk}/rules/", {"action": "set_value", "make": "1"})
    assert "Say which field" in answer.content.decode()


def test_value_that_is_json_is_kept_as_such(client: Client, shop: Source) -> None:
    client.post(
        f"/sources/{shop.pk}/rules/",
        {"action": "set_value", "field": "properties.n", "value": "3", "make": "1"},
    )
    assert Rule.objects.get().value == 3


def test_numbers_that_no_event_has_are_passed_over(client: Client) -> None:
    answer = client.post("/sources/quarantine/replay/", {"event": ["9" * 30, "x", "-1", "77"]})
    assert answer.status_code == 302


def test_all_that_are_shown_are_given_up(client: Client, shop: Source) -> None:
    refuse(shop, 4)
    query = f"source={shop.pk}"
    answer = client.post("/sources/quarantine/discard/", {"all": "1", "filter": query})
    assert answer.headers["Location"].endswith(query)
    assert set(Quarantined.objects.values_list("state", flat=True)) == {"discarded"}


def test_lists_take_a_fixed_number_of_queries(
    client: Client, marketer: User, shop: Source, django_assert_max_num_queries
) -> None:
    for n in range(10):
        make_source(marketer, f"S{n}", "server")
    refuse(shop, 30)
    with django_assert_max_num_queries(8):
        client.get("/sources/")
    with django_assert_max_num_queries(9):
        client.get("/sources/quarantine/")
    with django_assert_max_num_queries(10):
        client.get(f"/sources/{shop.pk}/")


@pytest.mark.django_db(transaction=True)
def test_pages_have_no_barriers(browser_page, live_server, marketer: User, shop: Source) -> None:
    refuse(shop, 3)
    log_in_browser(browser_page, live_server.url, marketer)
    for name, address in {
        "sources": "/sources/",
        "source": f"/sources/{shop.pk}/",
        "source-new": "/sources/new/",
        "source-rules": f"/sources/{shop.pk}/rules/",
        "quarantine": "/sources/quarantine/",
        "imports": "/imports/",
        "import-new": "/imports/new/",
    }.items():
        browser_page.goto(address)
        assert_accessible(browser_page)
        screenshots(browser_page, name)
        browser_page.set_viewport_size({"width": 360, "height": 780})
        assert_fits(browser_page)
        browser_page.set_viewport_size({"width": 1440, "height": 900})


@pytest.mark.django_db(transaction=True)
def test_counts_that_renew_themselves_leave_open_what_was_opened(
    browser_page, live_server, marketer: User, shop: Source
) -> None:
    refuse(shop, received_us=now_us())
    log_in_browser(browser_page, live_server.url, marketer)
    browser_page.goto(f"/sources/{shop.pk}/")
    summary = browser_page.locator("#counts summary")
    summary.focus()
    browser_page.keyboard.press("Enter")
    shown_first = browser_page.evaluate_handle("document.getElementById('counts')")
    browser_page.wait_for_function("shown => !shown.isConnected", arg=shown_first)
    assert browser_page.locator("#counts tbody").is_visible()
    assert summary.evaluate("summary => summary === document.activeElement")

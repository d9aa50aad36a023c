"""The events explorer in a real browser: live, without barriers, wide and narrow."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pytest
from django.urls import reverse

from store_support.store_events import event, now_us
from store_support.store_fixtures import source, store
from suppilo.apps.capture.received import Received
from suppilo.apps.capture.tail import forget_tail
from suppilo.lake import Lake
from web_support.accounts import make_user
from web_support.browser import assert_accessible, assert_fits, log_in_browser, screenshots

__all__ = ["source", "store"]
DAY_US = 86_400_000_000
NAMES = ("page", "Product Viewed", "Cart Filled", "Order Completed", "identify")


@pytest.fixture(autouse=True)
def home(tmp_path, settings):
    settings.SUPPILO = replace(settings.SUPPILO, home=tmp_path)
    forget_tail()
    yield tmp_path
    forget_tail()


@pytest.fixture
def shop(home, store, source):
    """Three months of a shop's events in the tables, and some that have just come."""
    count, start = 3_000, now_us() - 80 * DAY_US
    at = [start + n * n * 80 * DAY_US // count**2 for n in range(count)]
    names = [NAMES[min(4, (n * 7 % 17) // 4)] for n in range(count)]
    events = pa.table(
        {
            "path": [f"visitor-{n * 31 % 400}" for n in range(count)],
            "at": pa.array(at, pa.int64()).view(pa.timestamp("us", "UTC")),
            "event": names,
            "event_id": [f"e{n}" for n in range(count)],
        }
    )
    properties = {
        "channel": [("paid_search", "email", "direct", None)[n % 4] for n in range(count)],
        "total": [n % 90 / 2 if names[n] == "Order Completed" else None for n in range(count)],
        "url_path": [f"/shop/{n % 13}" for n in range(count)],
        "device": [("desktop", "phone")[n % 3 == 0] for n in range(count)],
    }
    Lake.create(home / "lake").write(events, "import:1", pa.table(properties))
    fresh = {"at_us": now_us(), "context": {"page": {"title": "Thanks"}}}
    made = [event(f"new-{n}", anonymous_id=f"visitor-{n}", **fresh) for n in range(6)]
    store.submit(Received(source.id, made)).result(10)


def test_pages_fit_and_have_no_barriers(shop, browser_page, live_server):
    log_in_browser(browser_page, live_server.url, make_user("analyst"))
    browser_page.goto(reverse("events"))
    for step, picture in ((None, "events"), ("Order Completed", "event-name"), ("live", "live")):
        if step == "Order Completed":
            browser_page.get_by_role("link", name=step, exact=True).click()
        elif step == "live":
            browser_page.goto(reverse("events_live") + "?paused=1")
        for width in (1440, 390, 360):
            browser_page.set_viewport_size({"width": width, "height": 900})
            assert_fits(browser_page)
        browser_page.set_viewport_size({"width": 1440, "height": 900})
        assert_accessible(browser_page)
        screenshots(browser_page, f"events-{picture}")
    browser_page.locator("tbody td a").first.click()
    browser_page.get_by_text("Client's time").wait_for()
    assert_accessible(browser_page)
    assert_fits(browser_page)
    screenshots(browser_page, "events-one")


def test_event_that_arrives_shows_by_itself(shop, browser_page, live_server, store, source):
    log_in_browser(browser_page, live_server.url, make_user("analyst"))
    browser_page.goto(reverse("events_live"))
    browser_page.get_by_text("Live", exact=True).last.wait_for()
    arrived = event("hello", name="Hello There", at_us=now_us() + 1_000_000)
    store.submit(Received(source.id, [arrived])).result(10)
    browser_page.get_by_role("link", name="Hello There").wait_for()
    browser_page.get_by_role("link", name="Pause").click()
    browser_page.get_by_text("Paused").wait_for()


def test_names_are_found_while_typing(shop, browser_page, live_server):
    log_in_browser(browser_page, live_server.url, make_user("viewer"))
    browser_page.goto(reverse("events"))
    browser_page.get_by_role("searchbox").fill("order")
    browser_page.get_by_role("link", name="page", exact=True).wait_for(state="detached")
    assert browser_page.get_by_role("link", name="Order Completed", exact=True).is_visible()

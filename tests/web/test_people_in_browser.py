"""People's pages in a real browser: by keyboard, on a phone, without a barrier; merge and undo."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pytest

from people_support.people_pages import DAY, NOW_US, make_people, person_of
from suppilo.apps.people.models import MergeEntry
from suppilo.lake import Lake
from web_support.accounts import make_user
from web_support.browser import assert_accessible, assert_fits, log_in_browser, screenshots
from web_support.keyboard import press, write


@pytest.fixture
def world(transactional_db, tmp_path, settings):
    settings.SUPPILO = replace(settings.SUPPILO, home=tmp_path)
    make_people(60)
    names = ["page", "Product Viewed", "Product Added", "Order Completed"]
    rows = [(("device-1", "user-1")[n % 2], NOW_US - DAY - n * 7_000_000_000) for n in range(80)]
    events = pa.table(
        {
            "path": [path for path, _at in rows],
            "at": pa.array([at for _path, at in rows], pa.timestamp("us", "UTC")),
            "event": [names[n % 4] for n in range(80)],
            "event_id": [f"e{n}" for n in range(80)],
            "session_id": [f"s{n // 6}" for n in range(80)],
        }
    )
    properties = pa.table(
        {
            "channel": ["paid_search"] * 80,
            "device": ["desktop"] * 80,
            "product": [f"Walnut table no. {n}" for n in range(80)],
            "total": [float(n) if n % 4 == 3 else None for n in range(80)],
        }
    )
    Lake.create(tmp_path / "lake").write(events, "import:1", properties)
    return make_user("owner", "olga@example.com", "Olga Ozola")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_peoples_pages_have_no_barriers_and_fit_a_phone(browser_page, live_server, world, scheme):
    log_in_browser(browser_page, live_server.url, world)
    browser_page.emulate_media(color_scheme=scheme)
    person, company = person_of("user-1"), person_of("user-1").company
    pages = {
        "people": "/people/",
        "people-none": "/people/?q=nobody-like-that",
        "person": f"/people/{person.pk}/",
        "person-merge": f"/people/{person.pk}/merge/?q=anna",
        "companies": "/companies/",
        "company": f"/companies/{company.pk}/?q=b",
    }
    for name, path in pages.items():
        browser_page.set_viewport_size({"width": 1440, "height": 900})
        browser_page.goto(path)
        assert_accessible(browser_page)
        browser_page.set_viewport_size({"width": 360, "height": 740})
        assert_fits(browser_page)
        if scheme == "light":
            screenshots(browser_page, name)


def test_the_list_goes_by_keyboard(browser_page, live_server, world):
    log_in_browser(browser_page, live_server.url, world)
    browser_page.goto("/people/")
    browser_page.keyboard.press("/")
    browser_page.keyboard.type("bert O")
    browser_page.keyboard.press("Enter")
    browser_page.wait_for_url("**q=bert*")
    browser_page.keyboard.press("j")
    browser_page.keyboard.press("x")
    assert browser_page.locator("output").inner_text() == "1 chosen"
    browser_page.keyboard.press("Enter")
    browser_page.wait_for_url("**/people/*/")
    assert "Bert Ozols" in browser_page.locator("h1").inner_text()


def test_merge_and_undo_by_keyboard_alone(browser_page, live_server, world):
    log_in_browser(browser_page, live_server.url, world)
    browser_page.goto(f"/people/{person_of('user-1').pk}/")
    press(browser_page, browser_page.get_by_role("link", name="Merge with…"))
    write(browser_page, browser_page.get_by_role("searchbox"), "visitor-5")
    browser_page.keyboard.press("Enter")
    press(browser_page, browser_page.get_by_label("visitor-5", exact=False).first, "Space")
    press(browser_page, browser_page.get_by_role("button", name="Merge", exact=True))
    browser_page.get_by_text("You can undo it below").wait_for()
    assert person_of("visitor-5").identifier == "user-1"
    undo = browser_page.get_by_role("button", name="Undo: part visitor-5 and user-1")
    press(browser_page, undo)
    browser_page.get_by_text("are two people again").wait_for()
    assert MergeEntry.objects.get(kind="manual").undone_by == world
    assert person_of("visitor-5").identifier == "visitor-5"


def test_earlier_events_load_into_the_timeline(browser_page, live_server, world):
    log_in_browser(browser_page, live_server.url, world)
    browser_page.goto(f"/people/{person_of('user-1').pk}/")
    assert browser_page.locator(".session li").count() == 50
    browser_page.get_by_role("link", name="Earlier events").click()
    browser_page.locator(".session li").nth(79).wait_for()
    browser_page.get_by_label("Event", exact=True).select_option("Order Completed")
    browser_page.locator("#timeline + form button, .panel-header form button").first.click()
    browser_page.wait_for_url("**event=Order*")
    assert browser_page.locator(".session li").count() == 20

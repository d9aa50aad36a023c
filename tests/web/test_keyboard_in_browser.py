"""What people do most, by keyboard alone: no mouse, no element that a test puts the focus on."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import expect

from funnels_support.shop_lake import use_shop
from import_support.bringing import work
from suppilo.analytics.funnel import FunnelDefinition
from suppilo.apps.funnels import services
from suppilo.apps.funnels.models import Dashboard
from suppilo.apps.funnels.selectors import list_pins
from suppilo.apps.imports.models import Import
from web_support.accounts import make_user
from web_support.browser import log_in_browser
from web_support.keyboard import press, tab_to, write

SHOP = FunnelDefinition.from_dict({"steps": ["visit", "cart", "pay"], "window": "7d"})
ROWS = "user_id,event,timestamp\nu1,view,2026-03-01T10:00:00Z\nu2,view,yesterday\n"


@pytest.fixture
def ann(transactional_db, settings, tmp_path):
    settings.SUPPILO = replace(settings.SUPPILO, home=tmp_path)
    return make_user("owner", "ann@example.com", "Ann Owner")


@pytest.fixture
def page(browser_page, live_server, ann):
    log_in_browser(browser_page, live_server.url, ann)
    return browser_page


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def test_file_is_imported_and_taken_back(page, tmp_path: Path):
    file = tmp_path / "rows.csv"
    file.write_text(ROWS, "utf-8")
    page.goto("/imports/")
    press(page, page.get_by_role("link", name="Import a file"))
    with page.expect_file_chooser() as chooser:
        press(page, page.get_by_label("File"))
    chooser.value.set_files(file)
    press(page, button(page, "Upload"))
    press(page, button(page, "Check the whole file"))
    tab_to(page, button(page, "Cancel"))
    renewed = page.evaluate_handle("document.getElementById('progress')")
    page.wait_for_function("old => !old.isConnected", arg=renewed)
    expect(button(page, "Cancel")).to_be_focused()
    work()
    tab_to(page, page.get_by_role("link", name="Download them"))
    press(page, button(page, "Import 1 event"))
    expect(page.locator("#progress")).to_be_visible()
    work()
    press(page, button(page, "Undo this import"))
    expect(page.locator("#progress")).to_be_visible()
    work()
    expect(page.get_by_role("heading", name="What had been imported")).to_be_visible()
    assert Import.objects.get().state == "undone"


def test_dashboard_is_made_filled_ordered_and_shared(page, ann, settings, tmp_path):
    use_shop(settings, tmp_path)
    funnels = [services.save_funnel(ann, name, SHOP) for name in ("First", "Second")]
    page.goto("/dashboards/")
    write(page, page.get_by_label("New dashboard"), "Monday")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Monday").wait_for()
    for funnel in funnels:
        page.goto(f"/funnels/{funnel.pk}/")
        press(page, page.locator("summary", has_text="More"))
        press(page, button(page, "Pin"))
        page.get_by_role("heading", name=funnel.name).first.wait_for()
    board = Dashboard.objects.get()
    press(page, button(page, "Move Second up"))
    page.wait_for_url(re.compile("#pin-"))
    assert [pin.funnel.name for pin in list_pins(board)] == ["Second", "First"]
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Second")).to_be_focused()
    press(page, button(page, "Take Second off"))
    expect(page.locator(".pin")).to_have_count(1)
    press(page, page.locator("summary", has_text="Change"))
    write(page, page.get_by_label("Name"), "Tuesday")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Tuesday").wait_for()

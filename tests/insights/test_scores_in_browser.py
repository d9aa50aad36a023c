"""Score rules in a real browser: what takes a while fills in by itself."""

from dataclasses import replace

import pytest
from playwright.sync_api import expect

from insights_support.busy_threads import busy_threads
from insights_support.scored_company import NOW, RULES, write_company
from suppilo.apps.scores.models import ScoreSheet
from suppilo.apps.scores.worker import run_round
from suppilo.lake import Lake
from web_support.accounts import make_user
from web_support.browser import assert_accessible, assert_fits, log_in_browser

PATIENCE_MS = 60_000


@pytest.fixture
def rules_page(transactional_db, settings, tmp_path, browser_page, live_server):
    """Return a browser's page of who may manage leads, on a phone."""
    settings.SUPPILO = replace(settings.SUPPILO, home=tmp_path)
    write_company(Lake.create(settings.SUPPILO.lake))
    ScoreSheet.objects.create(rules=RULES, goal="Lead Submitted", lesson_at=NOW)
    run_round(NOW)
    browser_page.set_default_timeout(PATIENCE_MS)
    browser_page.set_viewport_size({"width": 390, "height": 844})
    log_in_browser(browser_page, live_server.url, make_user("head_of_sales"))
    return browser_page


def test_whom_rules_reach_fills_in_and_follows_what_is_changed(rules_page):
    page = rules_page
    preview = page.locator("#score-preview")
    with busy_threads():
        page.goto("/insights/scores/rules/")
        expect(preview).to_contain_text("Counting whom these rules reach")
        assert_accessible(page)
        assert_fits(page)
        page.locator("#id_e-0-points").fill("15")
        page.locator("#id_e-0-points").blur()
    # What was asked before the change may come first; the last word is that of what stands there.
    expect(preview).to_contain_text("+15", timeout=PATIENCE_MS)
    expect(preview.locator(".score-counts")).to_be_visible()
    expect(page.locator("#id_e-0-points")).to_have_value("15")
    preview.locator("summary").click()
    expect(preview.get_by_role("row", name="Asked for a call")).to_contain_text("+15")
    assert_fits(page)


def test_a_guess_fills_in(rules_page):
    page = rules_page
    with busy_threads():
        page.goto("/insights/scores/rules/guess/")
        expect(page.get_by_role("status")).to_contain_text("Guessing rules from your events")
        assert_accessible(page)
    expect(page.locator("#id_e-0-event")).to_have_value("Lead Submitted", timeout=PATIENCE_MS)
    expect(page.locator("#score-preview .score-counts")).to_be_visible(timeout=PATIENCE_MS)

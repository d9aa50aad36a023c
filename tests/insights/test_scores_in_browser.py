"""Score rules in a real browser: what takes a while fills in by itself."""

from dataclasses import replace

import pytest
from playwright.sync_api import expect

from insights_support.busy_threads import busy_threads
from insights_support.learned_model import PARAMETERS, keep_cases
from insights_support.scored_company import ANNA, BEN, NOW, RULES, write_company
from suppilo.apps.people.models import Identifier
from suppilo.apps.scores.models import LearnedModel, ScoreSheet
from suppilo.apps.scores.worker import run_round
from suppilo.lake import Lake
from web_support.accounts import make_user
from web_support.browser import ARTEFACTS, assert_accessible, assert_fits, log_in_browser


@pytest.fixture
def rules_page(transactional_db, settings, tmp_path, browser_page, live_server):
    """Return a browser's page of who may manage leads, on a phone."""
    settings.SUPPILO = replace(settings.SUPPILO, home=tmp_path)
    write_company(Lake.create(settings.SUPPILO.lake))
    ScoreSheet.objects.create(rules=RULES, goal="Lead Submitted", lesson_at=NOW)
    run_round(NOW)
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
    expect(preview).to_contain_text("+15")
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
    expect(page.locator("#id_e-0-event")).to_have_value("Lead Submitted")
    expect(page.locator("#score-preview .score-counts")).to_be_visible()


def test_a_group_of_the_card_opens_whom_it_counts(rules_page):
    page = rules_page
    model = LearnedModel.objects.create(
        goal="Lead Submitted", horizon_days=30, parameters=PARAMETERS, drift_at=NOW
    )
    keep_cases(model, [Identifier.objects.get(value=name).person_id for name in (ANNA, BEN)])
    page.goto("/insights/scores/model/")
    page.locator(f'a[href="/insights/scores/model/cases/?model={model.pk}&band=1"]').click()
    expect(page.get_by_role("heading", level=1)).to_have_text("2 cases")
    page.screenshot(path=ARTEFACTS / "score-cases-390-light.png", full_page=True)
    assert_accessible(page)
    assert_fits(page)
    page.set_viewport_size({"width": 1440, "height": 844})
    page.emulate_media(color_scheme="dark")
    page.screenshot(path=ARTEFACTS / "score-cases-1440-dark.png", full_page=True)
    assert_accessible(page)
    page.get_by_role("link", name=ANNA).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(ANNA)

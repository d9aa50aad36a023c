"""The list of people in a real browser: long identifiers on a phone."""

import pytest
from playwright.sync_api import expect

from suppilo.apps.people.evidence import Evidence, Sighting
from suppilo.apps.people.services import record_evidence
from web_support.accounts import make_user
from web_support.browser import assert_accessible, assert_fits, log_in_browser

ANONYMOUS = "0f3c9a1be77d4c52a9c6e1d2b3f4a5960f3c9a1be77d4c52"
PHONE = {"width": 390, "height": 844}


@pytest.mark.django_db(transaction=True)
def test_an_identifier_takes_one_line_on_a_phone_and_is_whole_for_who_asks(
    browser_page, live_server
):
    sighting = Sighting(ANONYMOUS, is_known=False, first_at_us=1, last_at_us=2, events=3)
    record_evidence("source:1", Evidence([sighting]))
    page = browser_page
    page.set_viewport_size(PHONE)
    log_in_browser(page, live_server.url, make_user("owner"))
    page.goto("/people/")
    link = page.get_by_role("link", name=ANONYMOUS)
    expect(link).to_have_attribute("title", ANONYMOUS)
    assert link.evaluate("link => link.getClientRects().length") == 1
    assert link.evaluate("link => link.offsetHeight") < 30
    assert link.evaluate("link => link.scrollWidth > link.clientWidth")
    assert_accessible(page)
    assert_fits(page)
    link.click()
    expect(page.locator("#content")).to_contain_text(ANONYMOUS)

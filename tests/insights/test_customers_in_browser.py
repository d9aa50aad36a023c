"""Cohorts and customer value in a real browser: no barrier, fit for a phone, led by the form."""

from dataclasses import replace

import pytest

from insights_support.customer_world import write_world
from web_support.accounts import client_for, make_user
from web_support.browser import assert_accessible, assert_fits, log_in_browser, screenshots

CONTRACT = "/insights/value/?purchase=charge&amount=revenue&model=contract"
PAGES = {
    "cohorts": "/insights/cohorts/?dates=all",
    "cohort-people": "/insights/cohorts/people/?dates=all",
    "value": "/insights/value/",
    "process-map": "/insights/process-map/?detail=100",
    "process-map-compared": "/insights/process-map/?view=compare&wait=2",
    "process-map-people": "/insights/process-map/people/?figure=all",
    "value-contract": CONTRACT,
    "value-customers": "/insights/value/customers/",
}


@pytest.fixture
def page(browser_page, live_server, transactional_db, settings, tmp_path):
    settings.SUPPILO = replace(settings.SUPPILO, home=tmp_path)
    write_world(settings.SUPPILO.lake)
    owner = make_user("owner")
    for path in (PAGES["cohorts"], PAGES["value"]):  # what is imported at first, is by then
        client_for(owner).get(f"{path.partition('?')[0]}?wait=2")
    log_in_browser(browser_page, live_server.url, owner)
    return browser_page


def show(page, path):
    page.goto(path)
    page.wait_for_selector("#report[aria-busy=false], .panel table")


def test_pages_have_no_barriers_and_fit(page):
    for name, path in PAGES.items():
        for width, scheme in ((1440, "light"), (390, "dark")):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            show(page, path)
            assert_accessible(page)
            assert_fits(page)
        screenshots(page, name)


def test_the_form_leads_to_another_question_and_a_cell_to_its_people(page):
    show(page, "/insights/cohorts/?dates=all")
    page.select_option("#f-kind", "rolling")
    page.wait_for_url("**kind=rolling**")
    page.wait_for_selector("#report[aria-busy=false]")
    page.click(".heat tbody tr:first-child td.num[class*=heat-] a")
    page.wait_for_url("**/insights/cohorts/people/**")
    assert "came back" in page.text_content(".sub")

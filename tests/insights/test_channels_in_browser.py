"""Attribution and channels in a real browser: no barrier, no broken policy, fit for a phone."""

from dataclasses import replace
from datetime import timedelta

import pyarrow as pa
import pytest
from playwright.sync_api import expect

from insights_support.spend_months import fill_spend_months
from reports_support.pipeline_world import START, fill_lively, make_pipeline
from suppilo.apps.spend.services import bring_in, upload_spend
from suppilo.lake import Lake
from web_support.accounts import make_user
from web_support.browser import assert_accessible, assert_fits, log_in_browser, screenshots

DATES = "dates=between&from=2025-04-01&to=2026-12-31"


@pytest.fixture
def company(transactional_db, settings, tmp_path):
    """Return the owner of a company with visits by four channels, orders, deals and spend."""
    settings.SUPPILO = replace(settings.SUPPILO, home=tmp_path)
    owner = make_user("owner", "olga@example.com", "Olga Ozola")
    rows = []
    for number in range(400):
        at = START + timedelta(hours=number)
        for visit in range(1 + number % 3):
            channel = ("paid_search", "email", "direct", "partner")[(number + visit) % 4]
            rows.append((f"p{number}", at + timedelta(days=visit), "visit", channel, None))
        if number % 3 == 0:
            rows.append((f"p{number}", at + timedelta(days=4), "Order Completed", None, 20.0))
    paths, times, names, channels, amounts = zip(*rows, strict=True)
    Lake.create(settings.SUPPILO.lake).write(
        pa.table({"path": paths, "at": pa.array(times, pa.timestamp("us", "UTC")), "event": names}),
        "shop",
        pa.table({"channel": pa.array(channels, pa.string()), "revenue": pa.array(amounts)}),
    )
    fill_lively(make_pipeline("B2B"), [make_user("salesperson", name="Anna")])
    spend = (
        b"date,channel,campaign,impressions,clicks,cost,currency\n"
        b"2026-03-02,google ads,Brand,10000,200,300,EUR\n2026-03-02,partner,Acme,500,50,90,EUR\n"
    )
    bring_in(owner, upload_spend(owner, "x.csv", spend).pk)
    fill_spend_months(owner)
    return owner


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_have_no_barriers_and_fit(browser_page, live_server, company, scheme):
    page = browser_page
    log_in_browser(page, live_server.url, company)
    page.emulate_media(color_scheme=scheme)
    for name, path in {
        "attribution": f"/insights/attribution/?{DATES}",
        "attribution-people": f"/insights/attribution/people/?{DATES}&part=all",
        "channels": f"/insights/channels/?{DATES}",
        "channel-deals": f"/insights/channels/deals/?{DATES}&key=paid_search&currency=EUR",
        "forecast": "/insights/forecast/?wait=2",
        "forecast-deals": "/insights/forecast/deals/?won=1&start=2026-03-01",
        "budget": "/insights/budget/?dates=all",
    }.items():
        page.set_viewport_size({"width": 1440, "height": 900})
        page.goto(path)
        expect(page.locator(".skeleton")).to_have_count(0)
        if scheme == "light":
            screenshots(page, name)
        if "-" not in name:  # What came later has left the page its title.
            assert page.title().startswith(page.locator("h1").inner_text())
        assert_accessible(page)
        for width in (360, 390):
            page.set_viewport_size({"width": width, "height": 844})
            assert_fits(page)


def test_another_look_at_channels_needs_no_reload(browser_page, live_server, company):
    page = browser_page
    log_in_browser(page, live_server.url, company)
    page.goto(f"/insights/attribution/?{DATES}")
    table = page.locator(".credit-table")
    expect(table).to_contain_text("First touch")
    page.locator("#f-look_back").select_option("7")
    page.wait_for_url("**look_back=7**")
    expect(table).to_be_visible()
    table.locator("tbody td.num a").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("conversions")


def test_another_budget_needs_no_reload(browser_page, live_server, company):
    page = browser_page
    log_in_browser(page, live_server.url, company)
    page.goto("/insights/budget/?dates=all")
    said = page.locator("#budget-said")
    expect(said).not_to_be_empty()
    page.locator("#b-budget").fill("400")
    expect(said).to_contain_text("With 400 a week")
    expect(page.locator("#b-budget")).to_be_focused()
    assert "budget=400" in page.url

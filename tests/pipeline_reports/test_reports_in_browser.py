"""Reports in a real browser: no barrier, no broken policy, fit for a phone."""

import re
from dataclasses import replace
from datetime import timedelta

import pyarrow as pa
import pytest
from playwright.sync_api import expect

from reports_support.pipeline_world import START, fill_lively, make_pipeline
from suppilo.apps.accounts.models import Team
from suppilo.apps.spend.services import bring_in, upload_spend
from suppilo.lake import Lake
from web_support.accounts import make_user
from web_support.browser import assert_accessible, assert_fits, log_in_browser, screenshots

DATES = "dates=between&from=2025-04-01&to=2026-03-31&as_of=2026-03-31"


@pytest.fixture
def head(transactional_db):
    head = make_user("owner", "olga@example.com", "Olga Ozola")
    owners = [make_user("salesperson", name=name) for name in ("Anna Bērziņa", "Jonas", "Kati")]
    Team.objects.create(name="North").members.set(owners[:2])
    fill_lively(make_pipeline("B2B"), owners)
    return head


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pipeline_report_has_no_barriers_and_fits(browser_page, live_server, head, scheme):
    page = browser_page
    log_in_browser(page, live_server.url, head)
    page.emulate_media(color_scheme=scheme)
    for name, path in {
        "pipeline-report": f"/reports/pipeline/?{DATES}",
        "pipeline-report-deals": f"/reports/pipeline/deals/?{DATES}&stage=new&fate=lost",
    }.items():
        page.set_viewport_size({"width": 1440, "height": 900})
        page.goto(path)
        expect(page.locator(".skeleton")).to_have_count(0)
        if scheme == "light":
            screenshots(page, name)
        assert_accessible(page)
        for width in (360, 390):
            page.set_viewport_size({"width": width, "height": 844})
            assert_fits(page)


def test_a_filter_changes_the_report_and_its_address(browser_page, live_server, head):
    page = browser_page
    log_in_browser(page, live_server.url, head)
    page.goto(f"/reports/pipeline/?{DATES}")
    whole = page.locator(".stage-table tbody tr:first-child td.num").first.inner_text()
    page.get_by_label("Owner").select_option(label="Kati")
    expect(page).to_have_url(re.compile("owner="))
    first = page.locator(".stage-table tbody tr:first-child td.num").first
    expect(first).not_to_have_text(whole)
    first.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("deals")


@pytest.fixture
def company(head, settings, tmp_path):
    """Return the head of a company with visitors, orders and spend beside its deals."""
    settings.SUPPILO = replace(settings.SUPPILO, home=tmp_path)
    rows = []
    for number in range(900):
        at = START - timedelta(days=number % 320, minutes=number)
        rows.append((f"person-{number}", at, "visit"))
        if number % 5 == 0:
            rows.append((f"person-{number}", at + timedelta(days=2), "lead_created"))
        rows += [
            (f"person-{number}", at + timedelta(days=20 * order), "order_completed")
            for order in range(1, 4)
            if number % (30 * order) == 0
        ]
    paths, times, names = zip(*rows, strict=True)
    Lake.create(settings.SUPPILO.lake).write(
        pa.table({"path": paths, "at": pa.array(times, pa.timestamp("us", "UTC")), "event": names}),
        "people",
    )
    lines = ["date,channel,campaign,impressions,clicks,cost,currency"]
    for number in range(300):
        day = (START - timedelta(days=number)).date()
        for ad, shown, clicks, cost in (
            ("google ads,Brand", 900 + number, 12 + number % 9, 14.5 + number % 7),
            ("facebook,Spring", 2400 - number, 9 + number % 5, 11 + number % 4),
        ):
            lines.append(f"{day},{ad},{shown},{clicks},{cost},EUR")
    bring_in(head, upload_spend(head, "platforms.csv", "\n".join(lines).encode()).pk)
    return head


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_full_funnel_and_spend_have_no_barriers_and_fit(
    browser_page, live_server, company, scheme
):
    page = browser_page
    log_in_browser(page, live_server.url, company)
    page.emulate_media(color_scheme=scheme)
    upload = upload_spend(company, "wrong.csv", b"date,cost\n2026-03-02,3\n")
    for name, path in {
        "full-funnel": f"/reports/funnel/?{DATES}",
        "full-funnel-whole": f"/reports/funnel/?{DATES}&whole=1",
        "spend": f"/spend/?{DATES}",
        "spend-rows": f"/spend/rows/?{DATES}&channel=paid_search",
        "spend-upload": "/spend/files/new/",
        "spend-file": f"/spend/files/{upload.pk}/",
        "account-start": "/account/start/",
    }.items():
        page.set_viewport_size({"width": 1440, "height": 900})
        page.goto(path)
        expect(page.locator(".skeleton, [hx-trigger='load delay:1s']")).to_have_count(0)
        if scheme == "light":
            screenshots(page, name)
        assert_accessible(page)
        for width in (360, 390):
            page.set_viewport_size({"width": width, "height": 844})
            assert_fits(page)

"""Funnels in a real browser: built by keyboard, by mouse, without script; left and come back to."""

import re

import pytest
from playwright.sync_api import expect

from funnels_support.shop_lake import HOSTILE, use_shop
from suppilo.analytics.funnel import FunnelDefinition
from suppilo.apps.funnels import services
from suppilo.apps.funnels.models import SavedFunnel
from web_support.accounts import make_user
from web_support.browser import (
    assert_accessible,
    assert_fits,
    log_in_browser,
    screenshots,
    settle,
)
from web_support.keyboard import press, tab_to

SHOP = "s1=visit&s2=cart&s3=pay&window=7d"
STEPS = FunnelDefinition.from_dict(
    {"steps": ["visit", "cart", "pay"], "window": "7d", "by": "channel"}
)


@pytest.fixture
def ann(transactional_db, settings, tmp_path):
    use_shop(settings, tmp_path)
    return make_user("analyst", "ann@example.com", "Ann Analyst")


@pytest.fixture
def page(browser_page, live_server, ann):
    log_in_browser(browser_page, live_server.url, ann)
    yield browser_page
    # A change that follows another ends the request before it, which htmx tells the console.
    browser_page.complaints[:] = [
        said
        for said in browser_page.complaints
        if not said.startswith(("htmx:afterRequest", "htmx:sendAbort"))
    ]


def report_is_there(page):
    expect(page.locator("#report .panel-header").first).to_be_visible()


def all_pages(ann):
    saved = services.save_funnel(ann, "Shop", STEPS, description="For Mondays")
    board = services.create_dashboard(ann, "Monday")
    for view in ("steps", "trend", "breakdown"):
        services.pin_funnel(ann, board, saved, view)
    views = ("steps", "trend", "times", "breakdown", "correlations", "table")
    yield from (f"/funnels/{saved.pk}/?view={view}" for view in views)
    yield f"/funnels/new/?{SHOP}&view=compare&from=2026-03-16&to=2026-03-30&mix=channel"
    yield f"/funnels/new/?{SHOP}&view=compare&vs=segments&a=price>10"
    yield f"/funnels/new/?{SHOP}&s2.where=price>10&x1=cart&hold=channel&s3.optional=1"
    yield from ("/funnels/new/", "/funnels/new/?s1=visit&s2=nothing&window=soon", "/funnels/")
    yield from (f"/funnels/people/?{SHOP}&step=2", f"/funnels/{saved.pk}/settings/")
    yield from ("/dashboards/", f"/dashboards/{board.pk}/")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_have_no_barriers(page, ann, scheme):
    page.emulate_media(color_scheme=scheme)
    for path in all_pages(ann):
        page.goto(path)
        settle(page)
        assert_accessible(page)


@pytest.mark.parametrize("width", [360, 390, 768, 1440])
def test_pages_fit_the_screen(page, ann, width):
    page.set_viewport_size({"width": width, "height": 800})
    for path in all_pages(ann):
        page.goto(path)
        settle(page)
        assert_fits(page)


def test_funnel_is_built_with_the_keyboard_alone(page):
    page.goto("/funnels/new/")
    tab_to(page, page.locator("#s1"))
    page.keyboard.type("vis")
    expect(page.get_by_role("option", name="visit")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#s1")).to_have_value("visit")
    tab_to(page, page.locator("#s2"))
    page.keyboard.type("cart")
    page.keyboard.press("Tab")
    report_is_there(page)
    expect(page).to_have_url(re.compile(r"s1=visit&s2=cart"))
    press(page, page.locator("#add-step"))
    expect(page.locator("#s3")).to_be_focused()
    page.keyboard.type("pay")
    page.keyboard.press("Tab")
    expect(page).to_have_url(re.compile(r"s3=pay"))
    press(page, page.locator("#up-3"))
    expect(page.locator("#up-2")).to_be_focused()
    expect(page.locator("#s2")).to_have_value("pay")
    report_is_there(page)


def test_step_is_dragged_to_another_place(page):
    page.goto(f"/funnels/new/?{SHOP}")
    report_is_there(page)
    page.locator("li[data-number='3'] .step-number").drag_to(page.locator("li[data-number='2']"))
    expect(page.locator("#s2")).to_have_value("pay")
    expect(page).to_have_url(re.compile(r"s2=pay&s3=cart"))


def test_back_button_and_reload_bring_the_funnel_back(page):
    page.goto(f"/funnels/new/?{SHOP}")
    report_is_there(page)
    page.get_by_role("link", name="Trend").click()
    expect(page.locator(".chart-trend").first).to_be_attached()
    expect(page).to_have_url(re.compile("view=trend"))
    page.locator("#window").fill("1h")
    page.locator("#window").press("Tab")
    expect(page).to_have_url(re.compile("window=1h"))
    page.go_back()
    expect(page.locator("#window")).to_have_value("7d")
    expect(page.locator(".chart-trend").first).to_be_attached()
    page.reload()
    expect(page.locator("#window")).to_have_value("7d")
    expect(page.locator(".chart-trend").first).to_be_attached()


def test_mistake_appears_at_its_field_and_goes(page):
    page.goto(f"/funnels/new/?{SHOP}")
    report_is_there(page)
    page.locator("#window").fill("soon")
    page.locator("#window").press("Tab")
    expect(page.locator("#e-window")).to_contain_text("not a duration")
    page.locator("#window").fill("7d")
    page.locator("#window").press("Tab")
    expect(page.locator("#e-window")).to_be_empty()
    report_is_there(page)


def test_condition_is_written_from_real_values(page):
    page.goto(f"/funnels/new/?{SHOP}")
    step = page.locator("li[data-number='2']")
    step.get_by_text("Conditions, name, options").click()
    step.get_by_role("combobox", name="Property").fill("channel")
    step.get_by_role("combobox", name="Property").press("Tab")
    step.get_by_role("combobox", name="Value").click()
    page.get_by_role("option", name="email").click()
    expect(page).to_have_url(re.compile(r"s2.where=channel\+=\+'email'|s2.where=channel.*email"))
    report_is_there(page)


def test_figure_leads_to_its_people_who_are_exported(page):
    page.goto(f"/funnels/new/?{SHOP}")
    report_is_there(page)
    page.get_by_role("link", name="18 lost").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("18 people")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert download.value.suggested_filename == "people.csv"


def test_funnel_is_saved_and_pinned(page):
    page.goto(f"/funnels/new/?{SHOP}")
    report_is_there(page)
    page.get_by_text("Save funnel").click()
    page.get_by_label("Name", exact=True).fill("From visit to pay")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("From visit to pay")
    assert SavedFunnel.objects.get().name == "From visit to pay"
    page.locator("summary", has_text="More").click()
    page.get_by_role("button", name="Pin to a new dashboard").click()
    expect(page.locator(".pin .bars")).to_be_visible()


def test_builder_works_without_script(chromium, live_server, ann):
    context = chromium.new_context(java_script_enabled=False, base_url=live_server.url)
    page = context.new_page()
    log_in_browser(page, live_server.url, ann)
    page.goto("/funnels/new/")
    page.locator("#s1").fill("visit")
    page.locator("#s2").fill("cart")
    page.locator("#add-step").click()
    expect(page.locator("#s3")).to_be_visible()
    page.locator("#s3").fill("pay")
    page.locator("#s3").press("Enter")
    expect(page.locator(".bar-count").last).to_have_text("8")
    page.get_by_role("link", name="Table").click()
    expect(page.get_by_text("Middle half")).to_be_visible()
    context.close()


def test_names_that_look_like_code_stay_names(page):
    page.goto(f"/funnels/new/?{SHOP}&by=channel")
    report_is_there(page)
    expect(page.get_by_text(HOSTILE).first).to_be_visible()
    page.locator("#s2").fill("")
    page.locator("#s2").type("onerror")
    page.locator(".names [role=option]").first.click()
    report_is_there(page)
    assert page.locator("img").count() == 0


def test_pictures_of_the_pages(page, ann):
    for number, path in enumerate(all_pages(ann), 1):
        page.goto(path)
        settle(page)
        name = re.sub(r"\W+", "-", path.split("?")[0]).strip("-")
        screenshots(page, f"{name}-{number}")

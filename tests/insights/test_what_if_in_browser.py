"""What if in a real browser: sliders by keyboard, at once, on a phone, and without script."""

import pytest

from funnels_support.shop_lake import use_shop
from suppilo.analytics.funnel import FunnelDefinition
from suppilo.apps.funnels.services import save_funnel
from suppilo.apps.insights.what_if import (
    LevelAsked,
    WhatIfQuestion,
    answer_what_if,
    make_baseline,
)
from suppilo.apps.scenarios.services import save_scenario
from web_support.accounts import make_user
from web_support.browser import (
    PATIENCE_MS,
    assert_accessible,
    assert_fits,
    log_in_browser,
    screenshots,
)

OWN = "/insights/what-if/?of=own&level=Visits&level=Sales&count=200&count=4&value=100&currency=EUR"
MARCH = "dates=between&from=2026-03-01&to=2026-04-30"


@pytest.fixture
def owner(transactional_db, settings, tmp_path):
    use_shop(settings, tmp_path)
    return make_user("owner", "olga@example.com", "Olga Ozola")


@pytest.fixture
def page(browser_page, live_server, owner):
    """Return a page of the owner's, who has logged in; its first answer may take long."""
    log_in_browser(browser_page, live_server.url, owner)
    return browser_page


def two_scenarios(owner) -> str:
    """Keep two scenarios; return the query that compares them."""
    numbers = []
    for times in (2.0, 3.0):
        question = WhatIfQuestion(
            levels=(LevelAsked("Visits", 200, times=times), LevelAsked("Sales", 4)), value=100.0
        )
        answer = answer_what_if(question, make_baseline(owner, question, 0, 1.0))
        numbers.append(save_scenario(owner, f"{times:g} times", answer).pk)
    return "&".join(f"s={number}" for number in numbers)


def test_slider_answers_at_once_by_the_keyboard(page):
    page.goto(OWN)
    page.evaluate("window.isSamePage = true")
    assert "200 of “Visits” make 4 of “Sales”" in page.locator(".what-if-line").inner_text()
    page.get_by_role("slider", name="Times as many at Visits").focus()
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    page.get_by_text("“Sales”: 4 → 8 (+100 %)").wait_for()
    assert page.locator("#w-times-1").input_value() == "2"
    assert "times=2" in page.url
    page.locator("#w-rate-1").fill("3")
    page.get_by_text("“Sales”: 4 → 12 (+200 %)").wait_for()
    assert page.get_by_role("slider", name="Rate from Visits to Sales").input_value() == "3"
    # Back where it was, the figure is empty again: nothing is asked.
    page.locator("#w-rate-1").fill("")
    page.get_by_text("“Sales”: 4 → 8 (+100 %)").wait_for()
    assert page.evaluate("window.isSamePage")
    page.goto(page.url)
    assert "“Sales”: 4 → 8" in page.locator(".what-if-line").inner_text()


def test_other_levels_come_with_their_sliders(page, owner):
    definition = FunnelDefinition.from_dict({"steps": ["visit", "cart", "pay"]})
    save_funnel(owner, "Shop", definition)
    page.goto(f"{OWN}&{MARCH}")
    page.get_by_label("Levels of").select_option("Shop")
    page.wait_for_url(lambda url: "of=funnel" in url)
    page.get_by_label("Entered in").select_option("between")
    page.locator("#f-from").fill("2026-03-01")
    page.locator("#f-from").press("Tab")
    page.locator("#f-from[value='2026-03-01']").wait_for()
    page.locator("#f-to").fill("2026-04-30")
    page.locator("#f-to").press("Tab")
    page.locator("#f-to[value='2026-04-30']").wait_for()
    page.get_by_text("40 of “visit” make 8 of “pay”").wait_for()
    page.get_by_role("slider", name="Rate from cart to pay").focus()
    page.keyboard.press("End")
    page.get_by_text("“pay”: 8 → 20").wait_for()


def test_names_and_counts_can_be_written(page):
    page.goto(OWN)
    page.get_by_label("Name of level 3").fill("Repeat")
    page.get_by_label("Count of level 3").fill("2")
    page.get_by_text("200 of “Visits” make 2 of “Repeat”").wait_for()
    page.get_by_role("button", name="Add a level").click()
    page.get_by_label("Name of level 4").wait_for()
    page.get_by_role("slider", name="Rate from Sales to Repeat").wait_for()


def test_what_is_shown_is_saved(page):
    page.goto(OWN)
    page.locator("#w-times-1").fill("5")
    page.get_by_text("“Sales”: 4 → 20").wait_for()
    page.get_by_text("Save as a scenario").click()
    page.locator("#s-name").fill("Five times")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url(lambda url: "/scenarios/" in url)
    assert page.get_by_role("heading", name="Five times").is_visible()
    assert page.get_by_text("4 → 20").first.is_visible()


@pytest.mark.parametrize("width", [390, 1440])
def test_pages_have_no_barriers_and_fit(page, owner, width):
    pair = two_scenarios(owner)
    page.set_viewport_size({"width": width, "height": 844})
    scenario = f"/insights/what-if/scenarios/{pair.split('&')[0][2:]}/"
    for path in (
        f"{OWN}&times=2&rate=3",
        "/insights/what-if/scenarios/",
        f"/insights/what-if/scenarios/compare/?{pair}",
        f"{scenario}?from=2026-01-01&count=420&count=7",
        f"{scenario}settings/",
    ):
        page.goto(path)
        assert_accessible(page)
        assert_fits(page)


def test_dark_page_has_no_barriers(page):
    page.emulate_media(color_scheme="dark")
    page.goto(f"{OWN}&times=2")
    assert_accessible(page)
    screenshots(page, "what-if")


def test_outcome_stays_in_sight_on_a_phone(page):
    page.set_viewport_size({"width": 390, "height": 700})
    page.goto(OWN)
    box = page.locator(".what-if-line").bounding_box()
    assert box["y"] + box["height"] <= 700


def test_form_answers_without_script(chromium, live_server, owner):
    context = chromium.new_context(base_url=live_server.url, java_script_enabled=False)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    log_in_browser(page, live_server.url, owner)
    page.goto(OWN)
    assert not page.get_by_role("slider").first.is_visible()
    page.locator("#w-times-1").fill("10")
    page.get_by_role("button", name="Calculate").click()
    assert "“Sales”: 4 → 40" in page.locator(".what-if-line").inner_text()
    context.close()

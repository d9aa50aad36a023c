"""The page in a real browser: fits a phone, works with the keyboard, breaks no policy."""

import shutil

import pytest

from charts.chart_reports import hostile_report, long_report, make_times, shop_report
from suppilo.charts.html import render_html

sync_api = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def open_page(browser, tmp_path, report, width, scheme="light"):
    file = tmp_path / "report.html"
    file.write_text(render_html(report, times=make_times()), "utf-8")
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.complaints = []
    page.on("console", lambda message: page.complaints.append(message.text))
    page.goto(file.as_uri())
    return page


@pytest.mark.parametrize("make", [shop_report, hostile_report, long_report])
@pytest.mark.parametrize("width", [360, 768, 1440])
def test_page_is_never_wider_than_the_screen(browser, tmp_path, make, width):
    page = open_page(browser, tmp_path, make(), width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.complaints == []
    page.close()


def test_bars_are_as_high_as_their_shares(browser, tmp_path):
    page = open_page(browser, tmp_path, shop_report(), 1440)
    heights = page.eval_on_selector_all(
        ".step .bar i:last-of-type", "bars => bars.map(bar => bar.getBoundingClientRect().height)"
    )
    whole = page.locator(".bar").first.bounding_box()["height"]
    settled = [89_190, 44_860, 3_120, 5_969, 452]
    for height, count in zip(heights, settled, strict=True):
        assert height == pytest.approx(max(2, whole * count / 90_400), abs=1)
    page.close()


def test_table_opens_with_the_keyboard(browser, tmp_path):
    page = open_page(browser, tmp_path, shop_report(), 1440)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.get_by_text("Times are from the required step before.").is_visible()
    page.close()


def test_charts_turn_dark_with_the_page(browser, tmp_path):
    colors = []
    for scheme in ("light", "dark"):
        page = open_page(browser, tmp_path, shop_report(), 1440, scheme)
        line = page.locator(".chart .wide text").first
        colors.append(line.evaluate("text => getComputedStyle(text).fill"))
        page.close()
    assert colors == ["rgb(74, 83, 101)", "rgb(179, 188, 203)"]

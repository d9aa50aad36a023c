"""Every page of insights, goals, watched figures and segments is opened in a real browser."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import expect

from forecast_support.forecast_deals import fill
from funnels_support.shop_lake import fill_lake
from insights_support.watch_world import NOW, write_shop
from suppilo.analytics.funnel import FunnelDefinition
from suppilo.apps.forecasts.scoring import score_periods
from suppilo.apps.funnels.services import save_funnel
from suppilo.apps.goals.services import NewGoal, make_goal
from suppilo.apps.watch.figures import NewFigure
from suppilo.apps.watch.models import FigureKind
from suppilo.apps.watch.run import look_at_figures
from suppilo.apps.watch.services import watch_figure
from suppilo.lake import Lake
from web_support.accounts import make_user
from web_support.browser import ARTEFACTS, assert_accessible, assert_fits, log_in_browser
from web_support.forecast_objects import a_made_forecast
from web_support.routes import find_routes

TESTS = Path(__file__).parents[1]
SECTIONS = ("insights/", "goals/", "watch/", "segments/")
NO_PAGES = re.compile(r"csv|export|preview_segment|segment_names|quota_behind|scenario_before")
"""Files, parts of pages, and what looks as, or leads to, the page of another name."""
PUT_TOGETHER = {"scenario_settings", "edit_segment"}
"""Pages that browser tests open by an address that they put together."""
SHOP = "s1=visit&s2=cart&s3=pay&window=7d"
DEALS = "of=deals&by=owner&dates=90d"


@pytest.fixture
def world(transactional_db, settings, tmp_path):
    """Return the owner of a shop whose ads stop, with deals, a goal and a forecast of March."""
    settings.SUPPILO = replace(settings.SUPPILO, home=tmp_path)
    fill_lake(settings.SUPPILO.lake)
    write_shop(Lake.open(settings.SUPPILO.lake), "ads")
    owner = make_user("owner", "olga@example.com", "Olga Ozola")
    pipeline = fill([owner, make_user("salesperson", name="Anna")])
    a_made_forecast(pipeline=pipeline)
    score_periods(datetime(2026, 4, 3, tzinfo=UTC))
    definition = FunnelDefinition.from_dict({"steps": ["visit", "purchase"], "window": "7d"})
    funnel = save_funnel(owner, "Shop", definition)
    watched = watch_figure(owner, NewFigure(FigureKind.EVENTS, event="visit"))
    look_at_figures(NOW)
    goal = make_goal(owner, NewGoal("event", "week", Decimal(50), event="visit", name="Visits"))
    return owner, pages_of(pipeline.pk, funnel.pk, watched.pk, goal.pk)


def pages_of(pipeline: int, funnel: int, watched: int, goal: int) -> dict[str, str]:
    """Return the pages that no other test in a browser opens, by the names of their pictures."""
    stages = f"of=pipeline-{pipeline}&dates=12m&wait=2"
    return {
        "bottlenecks": f"/insights/bottlenecks/?{SHOP}&wait=2",
        "change-deals": f"/insights/change/?{DEALS}&wait=2",
        "change-funnel": f"/insights/change/?of={funnel}&by=channel&dates=between"
                         "&from=2026-03-09&to=2026-03-22&wait=2",
        "forecast-record": "/insights/forecast/record/?wait=2",
        "channel-people": "/insights/channels/people/?dates=all",
        "process-map-stages": f"/insights/process-map/?{stages}",
        "process-map-won-lost": f"/insights/process-map/?{stages}&view=compare",
        "process-map-sides": f"/insights/process-map/?{stages}&view=sides",
        "process-map-conformance": f"/insights/process-map/?{stages}&view=conformance",
        "process-map-deals": f"/insights/process-map/deals/?{stages}&figure=all",
        "watched": f"/watch/{watched}/",
        "watch-list": "/watch/",
        "goal-edit": f"/goals/{goal}/edit/",
    }  # fmt: skip


def test_pages_have_no_barriers_and_fit(browser_page, live_server, world):
    owner, pages = world
    page = browser_page
    log_in_browser(page, live_server.url, owner)
    wrong = [said for name, path in pages.items() for said in look_at(page, name, path)]
    assert not wrong, "\n".join(wrong)


def look_at(page, name, path):
    """Open a page, keep its pictures, and yield what is wrong with it, wide and narrow."""
    assert page.goto(path).status == 200, path
    expect(page.locator(".skeleton, [aria-busy=true]")).to_have_count(0)
    for width, scheme in ((1440, "light"), (390, "dark")):
        page.set_viewport_size({"width": width, "height": 844})
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=ARTEFACTS / f"{name}-{width}-{scheme}.png", full_page=True)
        for check in (assert_accessible, assert_fits):
            try:
                check(page)
            except AssertionError as error:
                yield f"{name} at {width}: {error}"


def test_no_page_of_these_is_left_out_of_the_tests_in_a_browser():
    texts = [path.read_text("utf-8") for path in TESTS.glob("*/test_*in_browser.py")]
    pages = {
        route.name: route.path
        for route in find_routes()
        if route.method == "GET" and route.path.startswith(SECTIONS)
        and not NO_PAGES.search(route.name)
    }  # fmt: skip
    assert len(pages) > 25
    left_out = {name for name, path in pages.items() if not is_opened(path, "\n".join(texts))}
    assert left_out == PUT_TOGETHER


def is_opened(path: str, text: str) -> bool:
    """Return whether some test names an address, whatever the numbers in it."""
    known = '[^/"]+'.join(map(re.escape, re.split(r"<int:\w+>", path)))
    return re.search(rf"/{known}[\"?]", text) is not None

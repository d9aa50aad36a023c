"""Pages that are narrowed to a segment, or broken down by segments, in a real browser."""

from datetime import UTC, datetime

import pytest

from forecast_support.forecast_deals import fill
from segments_support.known_segments import make_segment
from suppilo.apps.deals.models import Deal
from suppilo.apps.scores.models import Score
from suppilo.apps.segments.models import Member, Size
from web_support.accounts import make_user
from web_support.browser import assert_accessible, assert_fits, log_in_browser, screenshots
from web_support.score_objects import a_score_sheet, a_scored_person

LONG = "Firms that asked for a demonstration & never came back to us within 90 days"


@pytest.fixture
def world(transactional_db):
    owner = make_user("owner", "olga@example.com", "Olga Ozola")
    fill([owner])
    a_score_sheet(owner)
    a_scored_person(owner)
    numbers = list(Deal.objects.order_by("pk").values_list("pk", flat=True))
    segments = [
        make_segment(owner, "deal", numbers[::2], LONG),
        make_segment(owner, "deal", numbers[::3], "Large"),
        make_segment(owner, "person", Score.objects.values_list("person", flat=True), "Scored"),
    ]
    Size.objects.create(segment=segments[0], day="2026-03-14", size=len(numbers))
    Member.objects.filter(segment=segments[0]).update(since_at=datetime(2026, 3, 13, tzinfo=UTC))
    return owner, [one.pk for one in segments]


def test_pages_of_segments_have_no_barriers_and_fit(browser_page, live_server, world):
    owner, (long, _large, people) = world
    browser_page.set_default_navigation_timeout(60_000)  # Answers are counted while it waits.
    log_in_browser(browser_page, live_server.url, owner)
    pages = {
        "segments-pipeline": f"/reports/pipeline/?by=segment&whole=1&dates=all&select=active"
                             f"&segment={long}",
        "segments-beside": "/reports/pipeline/?by=segment&whole=1&dates=all",
        "segments-forecast": f"/insights/forecast/?segment={long}&wait=2",
        "segments-what-if": f"/insights/what-if/?of=full&dates=all&whole=1&segment={long}",
        "segments-watch": "/watch/add/",
        "segments-scores": f"/insights/scores/?segment={people}",
        "segments-day": f"/segments/{long}/day/?day=2026-03-14&what=size",
        "segments-log": "/team/log/",
    }  # fmt: skip
    for name, path in pages.items():
        browser_page.goto(path)
        assert_accessible(browser_page)
        for width in (390, 1440):
            browser_page.set_viewport_size({"width": width, "height": 800})
            assert_fits(browser_page)
        screenshots(browser_page, name)

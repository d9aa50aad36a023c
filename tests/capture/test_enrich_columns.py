"""An event's columns: its own properties flat, and what its context tells."""

import json
import random
from dataclasses import replace

import pytest

from capture_support.drawn_events import draw_event
from suppilo.apps.capture.bots import is_bot
from suppilo.apps.capture.channels import find_channel
from suppilo.apps.capture.devices import read_device
from suppilo.apps.capture.enrich import enrich, touch_of
from suppilo.apps.capture.event import CapturedEvent

CHROME = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0 Safari/537.36"
)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1"
)
IPAD = IPHONE.replace("iPhone;", "iPad;")
PIXEL = (
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Mobile Safari/537.36"
)
GALAXY_TAB = PIXEL.replace("Pixel 9", "SM-X710").replace(" Mobile", "")
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


def event(properties=None, **context):
    return CapturedEvent("m", "track", "E", 1, 1, user_id="u", properties=properties or {},
                         context=context)  # fmt: skip


def visit(url="", referrer="", **context):
    return event(page={"url": url, "referrer": referrer}, **context)


def test_objects_become_dotted_columns_and_lists_json():
    columns = enrich(
        event(
            {"a": {"b": {"c": {"d": 1}, "e": 2.5}}, "list": [1, {"x": None}], "no": None, "t": True}
        )
    )
    assert columns == {"a.b.c": '{"d":1}', "a.b.e": 2.5, "list": '[1,{"x":null}]', "t": True}


def test_own_property_goes_before_a_derived_one():
    found = enrich(event({"channel": "my own", "url": "u"}, page={"url": "https://x.test/a"}))
    assert (found["channel"], found["url"], found["url_path"]) == ("my own", "u", "/a")


def test_campaign_is_read_from_the_address_and_from_the_context():
    address = "https://www.x.test/p?utm_source=google&utm_medium=cpc&utm_campaign=may&gclid=G1"
    columns = enrich(visit(address))
    assert columns["utm_campaign"] == "may"
    assert columns["click_id"] == "gclid:G1"
    assert columns["channel"] == "paid_search"
    named = enrich(visit("https://x.test/", campaign={"name": "june", "source": "newsletter"}))
    assert (named["utm_campaign"], named["channel"]) == ("june", "email")


def test_posthogs_properties_tell_the_visit():
    columns = enrich(
        event(
            {
                "$current_url": "https://x.test/pricing?utm_source=facebook&utm_medium=paid_social",
                "$referrer": "$direct",
                "$pathname": "/pricing",
                "$browser": "Firefox",
                "$os": "Windows",
                "$device_type": "Desktop",
            }
        )
    )
    assert columns["channel"] == "paid_social"
    assert columns["url_path"] == "/pricing"
    assert (columns["device"], columns["browser"], columns["os"]) == (
        "desktop",
        "Firefox",
        "Windows",
    )


def test_event_of_a_server_has_no_channel():
    assert "channel" not in enrich(event(library={"name": "analytics-python"}))
    assert touch_of(event()) == {}


@pytest.mark.parametrize(
    ("url", "referrer", "channel"),
    [
        ("https://x.test/", "", "direct"),
        ("https://x.test/", "$direct", "direct"),
        ("https://x.test/", "https://www.google.com/", "organic_search"),
        ("https://x.test/", "https://www.google.co.uk/search?q=a", "organic_search"),
        ("https://x.test/", "https://google.lv/", "organic_search"),
        ("https://x.test/", "https://duckduckgo.com/", "organic_search"),
        ("https://x.test/", "https://mail.google.com/", "email"),
        ("https://x.test/", "android-app://com.google.android.gm/", "email"),
        ("https://x.test/", "https://t.co/abc", "organic_social"),
        ("https://x.test/", "https://l.facebook.com/", "organic_social"),
        ("https://x.test/", "https://blog.example.com/post", "referral"),
        ("https://x.test/", "https://notgoogle.com/", "referral"),
        ("https://x.test/", "https://google.com.evil.example/", "referral"),
        ("https://x.test/a", "https://www.x.test/b", "internal"),
        ("https://shop.x.test/a", "https://x.test/b", "internal"),
        ("https://x.test/?gclid=1", "https://www.google.com/", "paid_search"),
        ("https://x.test/?msclkid=1", "", "paid_search"),
        ("https://x.test/?fbclid=1", "https://l.facebook.com/", "organic_social"),
        ("https://x.test/?ttclid=1", "", "paid_social"),
        ("https://x.test/?li_fat_id=1", "", "paid_social"),
        ("https://x.test/?utm_source=chatgpt.com", "https://chatgpt.com/", "referral"),
        ("http://[broken", "", "direct"),
    ],
)
def test_channel_of_a_visit(url, referrer, channel):
    assert enrich(visit(url, referrer))["channel"] == channel


@pytest.mark.parametrize(
    ("source", "medium", "channel"),
    [
        ("google", "cpc", "paid_search"),
        ("Bing", "PPC", "paid_search"),
        ("facebook", "cpc", "paid_social"),
        ("linkedin.com", "paid", "paid_social"),
        ("meta-ads", "paid_social", "paid_social"),
        ("somewhere", "display", "display"),
        ("google", "cpm", "display"),
        ("somewhere", "cpc", "paid_search"),
        ("somewhere", "cpa", "other"),
        ("google", "organic", "organic_search"),
        ("google", "", "organic_search"),
        ("instagram", "", "organic_social"),
        ("x", "social", "organic_social"),
        ("newsletter", "", "email"),
        ("mailchimp", "e-mail", "email"),
        ("partner-x", "partner", "partner"),
        ("awin", "affiliates", "affiliate"),
        ("blog", "referral", "referral"),
        ("radio", "audio", "other"),
        ("who", "knows", "other"),
    ],
)
def test_channel_of_a_campaign(source, medium, channel):
    assert find_channel(source, medium, "", "", "x.test") == channel


@pytest.mark.parametrize(
    ("agent", "sort", "browser", "os"),
    [
        (CHROME, "desktop", "Chrome", "Linux"),
        (IPHONE, "phone", "Mobile Safari", "iOS"),
        (IPAD, "tablet", "Mobile Safari", "iOS"),
        (PIXEL, "phone", "Chrome Mobile", "Android"),
        (GALAXY_TAB, "tablet", "Chrome", "Android"),
        (GOOGLEBOT, "bot", "Googlebot", None),
        ("something else", "other", None, None),
    ],
)
def test_device_is_told_by_the_user_agent(agent, sort, browser, os):
    assert read_device(agent) == (sort, browser, os)


@pytest.mark.parametrize("agent", [GOOGLEBOT, "curl/8.5.0", "HeadlessChrome/156", "AhrefsBot/7.0"])
def test_known_bots_are_bots(agent):
    assert is_bot(agent)


@pytest.mark.parametrize("agent", [CHROME, IPHONE, PIXEL, ""])
def test_peoples_browsers_are_none(agent):
    assert not is_bot(agent)


def test_touch_says_how_the_person_came():
    url = "https://x.test/landing?utm_source=google&utm_medium=cpc&utm_campaign=may"
    assert touch_of(visit(url, "https://www.google.com/")) == {
        "channel": "paid_search",
        "utm_source": "google",
        "utm_medium": "cpc",
        "utm_campaign": "may",
        "referrer_host": "google.com",
        "url_path": "/landing",
    }


def test_page_reached_from_the_same_site_is_no_touch():
    assert touch_of(visit("https://x.test/b", "https://x.test/a")) == {}


def test_visits_own_referrer_goes_before_the_pages():
    page = {"url": "https://x.test/b", "referrer": "https://x.test/a"}
    found = enrich(event(page=page, referrer={"url": "https://bing.com/"}))
    assert (found["channel"], found["referrer_host"]) == ("organic_search", "bing.com")


@pytest.mark.parametrize("rubbish", [7, [], {"a": 1}, None, True])
def test_rubbish_in_the_context_does_no_harm(rubbish):
    names = (
        "page",
        "campaign",
        "referrer",
        "userAgent",
        "locale",
        "library",
        "device",
        "os",
        "location",
    )
    columns = enrich(event({"$current_url": rubbish}, **dict.fromkeys(names, rubbish)))
    assert all(type(value) in (str, int, float, bool) for value in columns.values())
    json.dumps(columns)


@pytest.mark.parametrize("seed", range(3))
def test_context_tells_the_same_whether_it_was_seen_before_or_is_read_with_the_properties(seed):
    dice = random.Random(seed)
    for number in range(300):
        drawn = draw_event(dice, number)
        aside = replace(drawn, properties={**drawn.properties, "$browser": 0})
        expected = {name: value for name, value in enrich(aside).items() if name != "$browser"}
        assert enrich(drawn) == enrich(drawn) == expected

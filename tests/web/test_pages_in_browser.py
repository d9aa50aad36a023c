"""Account pages in a real browser: no barrier, no broken policy, fit for a phone."""

import re

import pytest
from django.core import mail

from suppilo.apps.accounts.models import Team, User
from suppilo.apps.accounts.services.invitations import invite
from suppilo.apps.accounts.services.passwords import make_reset_link
from suppilo.apps.accounts.services.tokens import make_token
from suppilo.apps.segments.models import Segment
from web_support.accounts import PASSWORD, make_user
from web_support.browser import (
    assert_accessible,
    assert_fits,
    log_in_browser,
    screenshots,
)
from web_support.score_objects import a_score_sheet, a_scored_person
from web_support.segment_objects import a_segment
from web_support.watch_objects import a_watch_alert

PAGES = [
    "/account/",
    "/account/password/",
    "/account/tokens/",
    "/account/start/",
    "/account/absences/",
    "/team/",
    "/team/teams/",
    "/team/invitations/",
    "/team/log/",
    "/people/suppressed/?q=u-17",
    "/watch/",
    "/insights/scores/",
    "/insights/scores/rules/",
    "/insights/scores/model/",
    "/segments/",
    "/segments/new/",
    "/watch/add/",
    "/nothing-here/",
]


@pytest.fixture
def owner(transactional_db):
    owner = make_user("owner", "olga@example.com", "Olga Ozola")
    for role in ("admin", "head_of_sales", "salesperson", "marketer", "analyst", "viewer"):
        make_user(role, name=role.replace("_", " ").title())
    north = Team.objects.create(name="North")
    north.members.set(User.objects.all()[:3])
    make_token(owner, "Nightly export")
    invite(owner, "nina@example.com", "viewer")
    a_watch_alert(owner)
    a_score_sheet(owner)
    a_scored_person(owner)
    a_segment(owner)
    return owner


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_have_no_barriers(browser_page, live_server, owner, scheme):
    log_in_browser(browser_page, live_server.url, owner)
    browser_page.emulate_media(color_scheme=scheme)
    for path in (*PAGES, *pages_of_a_segment()):
        browser_page.goto(path)
        assert_accessible(browser_page)
    forget_expected_404(browser_page)


@pytest.mark.parametrize("width", [360, 390, 768, 1440])
def test_pages_fit_the_screen(browser_page, live_server, owner, width):
    log_in_browser(browser_page, live_server.url, owner)
    browser_page.set_viewport_size({"width": width, "height": 800})
    for path in (*PAGES, *pages_of_a_segment()):
        browser_page.goto(path)
        assert_fits(browser_page)
    forget_expected_404(browser_page)


def pages_of_a_segment():
    one = Segment.objects.get()
    return one.get_absolute_url(), f"{one.get_absolute_url()}edit/"


def forget_expected_404(page):
    page.complaints[:] = [said for said in page.complaints if "404 (Not Found)" not in said]


def test_pages_before_the_login_have_no_barriers(browser_page, owner):
    for path in ("/login/", "/password/forgotten/", reset_path(owner), join_path(owner)):
        browser_page.goto(path)
        assert_accessible(browser_page)
        assert_fits(browser_page)


def reset_path(user):
    return make_reset_link(user).removeprefix("http://localhost:8000")


def join_path(owner):
    return f"/join/{invite(owner, 'new@example.com', 'viewer')[1]}/"


def test_first_owner_sets_up_with_the_keyboard_alone(browser_page):
    page = browser_page
    page.goto("/")
    assert_accessible(page)
    screenshots(page, "setup")
    for text in ("Olga", "olga@example.com", PASSWORD):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/funnels/"))
    assert page.get_by_role("link", name="Olga").is_visible()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"


def test_invited_person_joins_and_sees_what_their_role_may_see(browser_page, live_server, owner):
    page = browser_page
    log_in_browser(page, live_server.url, owner)
    page.goto("/team/invitations/")
    page.get_by_label("E-mail").fill("vera@example.com")
    page.get_by_label("Role").select_option("viewer")
    page.get_by_role("button", name="Invite").click()
    link = page.locator("copy-text code").inner_text()
    assert link in mail.outbox[0].body
    assert_accessible(page)
    page.context.clear_cookies()
    page.goto(link.removeprefix("http://localhost:8000"))
    page.get_by_label("Your name").fill("Vera")
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_role("button", name="Join").click()
    page.wait_for_url(re.compile(r"/funnels/"))
    assert page.get_by_role("link", name="Vera").is_visible()
    assert not page.get_by_role("link", name="Team").is_visible()


def test_menu_of_a_phone_opens_without_script(chromium, live_server, owner):
    context = chromium.new_context(
        base_url=live_server.url, viewport={"width": 360, "height": 700}, java_script_enabled=False
    )
    page = context.new_page()
    log_in_browser(page, live_server.url, owner)
    page.goto("/account/")
    team = page.get_by_role("link", name="Team")
    assert not team.is_visible()
    page.get_by_text("Menu").click()
    team.click()
    assert page.url.endswith("/team/")
    context.close()


def test_pages_are_kept_as_pictures(browser_page, live_server, owner):
    page = browser_page
    page.goto("/login/")
    screenshots(page, "login")
    log_in_browser(page, live_server.url, owner)
    for path in PAGES[:-1]:
        page.goto(path)
        screenshots(page, path.strip("/").replace("/", "-"))


def test_copy_button_copies(browser_page, live_server, owner):
    page = browser_page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    log_in_browser(page, live_server.url, owner)
    page.goto("/account/tokens/")
    page.get_by_label("Name").fill("Sheet")
    page.get_by_role("button", name="Make token").click()
    page.get_by_role("button", name="Copy").click()
    page.get_by_role("button", name="Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert re.fullmatch(r"sup_\w{8}_[\w-]{43}", copied)

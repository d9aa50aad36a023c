"""My day and quick entry in a real browser: by keyboard, on a phone, without a barrier."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from deals_support.deal_world import deal_in, fresh, pipeline_of
from suppilo.apps.activities.models import Activity
from suppilo.apps.activities.services import NewActivity, add_activity
from suppilo.apps.people.services import make_company
from web_support.accounts import make_user
from web_support.browser import assert_accessible, assert_fits, log_in_browser, screenshots


@pytest.fixture
def seller(transactional_db):
    owner = make_user("owner", "olga@example.com", "Olga Ozola")
    seller = make_user("salesperson", "anna@example.com", "Anna Bērziņa")
    pipeline, now = pipeline_of(), timezone.now()
    names = ["Nordvik Oy", "Baltic Steel", "Fjord Seafood", "Kovács Kft."]
    deals = [
        deal_in(
            pipeline, seller, name=what, company_id=make_company(owner, who).pk,
            next_step="Send the quote", next_step_at=now + timedelta(days=n - 1),
        )
        for n, (what, who) in enumerate(
            zip(["Service contract", "Roof panels, 40 t", "Cold store", "Spare parts"], names,
                strict=True)
        )
    ]  # fmt: skip
    planned = [
        ("call", "Call about the delivery month", -50, True),
        ("meeting", "Meet the buyer", -3, False),
        ("visit", "Visit the warehouse", 2, False),
        ("demo", "Demo of the scanners", 26, True),
    ]
    for n, (kind, what, hours, high) in enumerate(planned):
        add_activity(seller, NewActivity(
            kind, what, deal_id=deals[n].pk, due_at=now + timedelta(hours=hours), has_time=True,
            duration_min=45, is_high=high, tags=("renewal",), note="They asked for monthly lots.",
        ))  # fmt: skip
    return seller


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_of_work_have_no_barriers_and_fit_a_phone(browser_page, live_server, seller, scheme):
    page = browser_page
    log_in_browser(page, live_server.url, seller)
    page.emulate_media(color_scheme=scheme)
    one = Activity.objects.order_by("pk").first()
    pages = {
        "my-day": reverse("my_day"),
        "quick-entry": "/activities/quick/?q=call+Nordvik+tomorrow+15:00+!high",
        "activity": f"/activities/{one.pk}/",
        "activities-of-deal": f"/activities/of-deal/{one.deal_id}/",
        "next-step": f"/activities/of-deal/{one.deal_id}/next-step/",
        "my-calendar": "/day/calendar/",
    }
    for name, path in pages.items():
        page.set_viewport_size({"width": 1440, "height": 900})
        page.goto(path)
        assert_accessible(page)
        page.set_viewport_size({"width": 360, "height": 740})
        assert_fits(page)
        if scheme == "light":
            screenshots(page, name)


def test_call_is_added_from_any_page_with_the_keyboard_alone(browser_page, live_server, seller):
    page = browser_page
    log_in_browser(page, live_server.url, seller)
    page.goto("/account/")
    page.keyboard.press("q")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").wait_for()
    page.keyboard.type("call Nordvik tomorrow 15:00 !high #renewal")
    dialog.get_by_text("This is the deal's next step").wait_for()
    assert_accessible(page)
    screenshots(page, "quick-entry-dialog")
    page.keyboard.press("Enter")
    dialog.get_by_text("Added: Call Nordvik").wait_for()
    made = Activity.objects.get(subject="Call Nordvik")
    assert made.deal.name == "Service contract"
    assert fresh(made.deal).next_step == "Call Nordvik"


def test_day_is_worked_off_in_place(browser_page, live_server, seller):
    page = browser_page
    log_in_browser(page, live_server.url, seller)
    page.goto("/day/")
    late = page.locator(".todo", has_text="Call about the delivery month")
    late.get_by_text("Done", exact=False).first.click()
    screenshots(page, "my-day-done-menu")
    late.get_by_label("How did it go?").select_option("reached")
    late.get_by_label("Note").fill("Wants May")
    late.get_by_role("button", name="Done").click()
    page.get_by_text("What comes next for Service contract?").wait_for()
    assert_accessible(page)
    screenshots(page, "my-day-asks")
    asking = page.locator(".ask-step")
    expect(asking.get_by_label("Next step")).to_be_focused()
    page.keyboard.type("Send the offer")
    asking.get_by_label("Day").fill("2099-01-02")
    page.keyboard.press("Enter")
    expect(page.locator(".ask-step form")).to_have_count(0)
    deal = Activity.objects.get(outcome="reached").deal
    assert fresh(deal).next_step == "Send the offer"


def test_putting_off_moves_an_item_where_it_stands(browser_page, live_server, seller):
    page = browser_page
    log_in_browser(page, live_server.url, seller)
    page.goto("/day/")
    item = page.locator(".todo", has_text="Visit the warehouse")
    item.get_by_text("Later", exact=False).first.click()
    item.get_by_role("button", name="Tomorrow").click()
    page.get_by_text("“Visit the warehouse” is on").wait_for()
    moved = Activity.objects.get(subject="Visit the warehouse")
    assert timezone.localdate(moved.due_at) == timezone.localdate() + timedelta(days=1)

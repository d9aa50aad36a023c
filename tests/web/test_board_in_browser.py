"""The board and deals in a real browser: by mouse, by keyboard, on a phone, by two people."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from deals_support.deal_world import asks, deal_in, field, fresh, move, pipeline_of, stage
from suppilo.apps.deals.models import Deal
from suppilo.apps.deals.services import NewItem, NewParticipant, set_items
from suppilo.apps.people.services import make_company
from suppilo.apps.pipelines.services import add_field
from web_support.accounts import client_for, make_user
from web_support.browser import (
    assert_accessible,
    assert_fits,
    log_in_browser,
    screenshots,
    settle,
)


@pytest.fixture
def world(transactional_db):
    """Make a pipeline whose second stage has a gate, and deals of all kinds in it."""
    head = make_user("head_of_sales", "hanna@example.com", "Hanna Hietala")
    pipeline = pipeline_of(
        stage("new", odds="0.05"),
        stage("qualified", odds="0.2", group="middle"),
        stage("quote", field("expected_close"), asks("participant", role="decision_maker"),
              asks("checklist", "papers", label="Papers are there"), odds="0.5", group="bottom"),
    )  # fmt: skip
    add_field(head, pipeline.pk, "Delivery", "choice", choices=["May", "June"])
    now = timezone.now()
    rows = [
        ("Roof panels", "Baltic Steel", 18_400, 2), ("Service contract", "Nordvik Oy", 6_200, -9),
        ("Spare parts", "Kovács Kft.", 2_900, None), ("Pump retrofit", "Rīgas Ūdens", 12_750, 1),
    ]  # fmt: skip
    for name, company, amount, days in rows:
        made = make_company(head, company)
        people = (NewParticipant(f"{made.pk}@example.com", name=f"Nora {made.pk}"),)
        deal = deal_in(pipeline, head, name, amount=Decimal(amount), company_id=made.pk,
                       contacts=people)  # fmt: skip
        at = None if days is None else now + timedelta(days=days)
        Deal.objects.filter(pk=deal.pk).update(next_step_at=at)
    move(deal_of("Pump retrofit"), "qualified", head)
    set_items(head, deal_of("Roof panels").pk,
              [NewItem(description="Panels", unit_price=Decimal(100), unit_cost=Decimal(60))],
              source="page")  # fmt: skip
    client_for(head).get("/pipeline/")  # what a server imports for its first page takes a while
    return head


def deal_of(name: str) -> Deal:
    return Deal.objects.get(name=name)


def where(name: str) -> str:
    return fresh(deal_of(name)).stage.key


def open_board(page, live_server, user, path="/pipeline/"):
    log_in_browser(page, live_server.url, user)
    page.goto(path)


def drag(page, name: str, stage_key: str) -> None:
    """Drag a card by mouse onto a stage, in steps as a hand does."""
    card = page.locator(".deal", has_text=name).bounding_box()
    target = page.locator(f"#board [data-stage={stage_key}]").bounding_box()
    page.mouse.move(card["x"] + 40, card["y"] + 20)
    page.mouse.down()
    page.mouse.move(card["x"] + 60, card["y"] + 30, steps=3)
    page.mouse.move(target["x"] + 60, target["y"] + min(60, target["height"] / 2), steps=8)
    page.mouse.up()


def lane_of(page, name: str) -> str:
    return page.locator(".deal", has_text=name).evaluate("e => e.closest('.lane').dataset.stage")


def forget_refusals(page) -> None:
    """A refused move is answered with 422, which browsers note."""
    page.complaints[:] = [said for said in page.complaints if "422" not in said]


def test_a_card_is_dragged_to_another_stage(browser_page, live_server, world):
    page = browser_page
    open_board(page, live_server, world)
    drag(page, "Service contract", "qualified")
    page.locator("#head-qualified .lane-count", has_text="2").wait_for()
    assert where("Service contract") == "qualified"
    assert lane_of(page, "Service contract") == "qualified"
    assert page.locator("#head-new .lane-count").inner_text() == "2"
    assert page.locator("#head-qualified").inner_text().count("19") == 1  # 12,750 + 6,200
    assert page.url.endswith("/pipeline/")


def test_a_refused_card_goes_back_and_a_waiver_lets_it_pass(browser_page, live_server, world):
    page = browser_page
    open_board(page, live_server, world)
    drag(page, "Pump retrofit", "quote")
    dialog = page.locator("#deal-dialog[open]")
    dialog.get_by_text("Fill in the field “expected close”.").first.wait_for()
    assert lane_of(page, "Pump retrofit") == "qualified"
    assert where("Pump retrofit") == "qualified"
    assert_accessible(page)
    dialog.get_by_text("Let it pass all the same").click()
    dialog.get_by_label("Reason, which everybody sees").fill("The client waits")
    dialog.get_by_role("button", name="Move to Quote").click()
    page.locator("#head-quote .lane-count", has_text="1").wait_for()
    assert where("Pump retrofit") == "quote"
    assert not page.locator("#deal-dialog[open]").count()
    forget_refusals(page)


def test_a_deal_is_moved_and_lost_by_keyboard_alone(browser_page, live_server, world):
    page = browser_page
    open_board(page, live_server, world)
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.textContent") == "Service contract"
    page.keyboard.press("m")
    page.get_by_role("menuitem", name="Qualified", exact=True).wait_for()
    assert page.evaluate("document.activeElement.textContent") == "Qualified"
    page.keyboard.press("Enter")
    page.locator("#head-qualified .lane-count", has_text="2").wait_for()
    page.wait_for_function("document.activeElement.textContent === 'Service contract'")
    page.keyboard.press("m")
    page.keyboard.press("l")
    assert page.evaluate("document.activeElement.textContent") == "Lost"
    page.keyboard.press("Enter")
    dialog = page.locator("#deal-dialog[open]")
    dialog.get_by_label("Why", exact=True).wait_for()
    assert where("Service contract") == "qualified"
    dialog.get_by_label("Why", exact=True).select_option("Price")
    dialog.get_by_role("button", name="Move to Lost").press("Enter")
    page.locator("#ending-lost .lane-count", has_text="1").wait_for()
    assert where("Service contract") == "lost"
    assert page.locator(".deal", has_text="Service contract").count() == 0
    forget_refusals(page)


def test_a_suggested_move_is_set_aside_or_made_on_its_card(browser_page, live_server, world):
    pipeline = pipeline_of(
        stage("a"), stage("b", field("amount", "gte", 1), advance="suggest"), stage("c"),
        name="Second",
    )  # fmt: skip
    for name in ("Roof", "Wall"):
        deal_in(pipeline, world, name, amount=Decimal(5))
    page = browser_page
    open_board(page, live_server, world, f"/pipeline/?p={deal_of('Roof').pipeline_id}")
    assert_accessible(page)
    roof, wall = (page.locator(".deal", has_text=name) for name in ("Roof", "Wall"))
    roof.get_by_role("button", name="Set the suggestion aside").click()
    roof.get_by_text("ready → B").wait_for()
    assert lane_of(page, "Roof") == "a"
    wall.get_by_role("link", name="suggested → B").click()
    page.locator("#head-b .lane-count", has_text="1").wait_for()
    assert (where("Wall"), where("Roof")) == ("b", "a")
    assert not page.locator("#sheet:visible").count()


def test_two_people_move_one_deal_and_the_second_is_told(
    browser_page, chromium, live_server, world
):
    first = browser_page
    open_board(first, live_server, world)
    other = make_user("owner", "olga@example.com", "Olga Ozola")
    context = chromium.new_context(
        base_url=live_server.url, viewport={"width": 1440, "height": 900}
    )
    second = context.new_page()
    open_board(second, live_server, other)
    drag(second, "Roof panels", "qualified")
    second.locator("#head-qualified .lane-count", has_text="2").wait_for()
    drag(first, "Roof panels", "won")
    first.get_by_text("Olga Ozola changed “Roof panels” in the meantime").wait_for()
    assert lane_of(first, "Roof panels") == "qualified"
    assert first.locator("#head-qualified .lane-count").inner_text() == "2"
    assert where("Roof panels") == "qualified"
    context.close()


def test_a_finger_moves_a_card_on_a_phone(chromium, live_server, world):
    context = chromium.new_context(
        base_url=live_server.url, viewport={"width": 390, "height": 844}, has_touch=True,
        is_mobile=True,
    )  # fmt: skip
    page = context.new_page()
    open_board(page, live_server, world)
    assert_fits(page)
    page.locator(".deal", has_text="Spare parts").locator(".move-to").tap()
    page.get_by_role("menuitem", name="Qualified", exact=True).tap()
    page.locator("#head-qualified .lane-count", has_text="2").wait_for()
    assert where("Spare parts") == "qualified"
    context.close()


@pytest.fixture
def phone(chromium, live_server, world):
    """Show the board on a phone: a narrow screen and no mouse."""
    context = chromium.new_context(
        base_url=live_server.url, viewport={"width": 390, "height": 844}, has_touch=True,
        is_mobile=True,
    )  # fmt: skip
    page = context.new_page()
    open_board(page, live_server, world)
    yield page
    context.close()


class Finger:
    """One finger on the screen, as the browser feels it."""

    def __init__(self, page) -> None:
        self.page, self.cdp = page, page.context.new_cdp_session(page)

    def press(self, name: str, hold_ms: int = 0) -> None:
        box = self.page.locator(".deal", has_text=name).bounding_box()
        self.x, self.y = box["x"] + 60, box["y"] + 30
        self._feel("touchStart", [{"x": self.x, "y": self.y}])
        self.page.wait_for_timeout(hold_ms)

    def slide(self, x: float, y: float, steps: int = 8) -> None:
        from_x, from_y = self.x, self.y
        for step in range(1, steps + 1):
            self.x = from_x + (x - from_x) * step / steps
            self.y = from_y + (y - from_y) * step / steps
            self._feel("touchMove", [{"x": self.x, "y": self.y}])
            self.page.wait_for_timeout(16)

    def slide_to_lane(self, key: str) -> None:
        """Wait at the edge until the lane has come, then go onto it."""
        self.slide(375, self.y)
        self.page.wait_for_function(
            "key => document.querySelector(`.lane[data-stage=${key}]`)"
            ".getBoundingClientRect().right < innerWidth + 40", arg=key,
        )  # fmt: skip
        self.slide(200, self.y)  # away from the edge the board stands still
        for _ in range(10):  # where the board came to a stand only now, the finger follows
            lane = self.page.locator(f".lane[data-stage={key}]").bounding_box()
            self.slide(lane["x"] + lane["width"] / 2, self.y)
            if self._lane_beneath() == key:
                return

    def _lane_beneath(self) -> str | None:
        return self.page.evaluate(
            "([x, y]) => document.elementsFromPoint(x, y)"
            ".map(e => e.closest('.lane')?.dataset.stage).find(Boolean) ?? null", [self.x, self.y],
        )  # fmt: skip

    def lift(self) -> None:
        self._feel("touchEnd", [])

    def _feel(self, kind: str, points: list[dict[str, float]]) -> None:
        self.cdp.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def test_a_card_pressed_long_follows_the_finger_to_another_stage(phone):
    finger = Finger(phone)
    finger.press("Spare parts", hold_ms=900)
    assert phone.locator(".ghost", has_text="Spare parts").count() == 1
    finger.slide_to_lane("qualified")
    finger.lift()
    phone.locator("#head-qualified .lane-count", has_text="2").wait_for()
    assert where("Spare parts") == "qualified"
    assert lane_of(phone, "Spare parts") == "qualified"
    assert phone.locator(".ghost").count() == 0
    assert phone.locator("#sheet").is_hidden()


def test_a_swipe_over_a_card_scrolls_the_board_and_moves_nothing(phone):
    finger = Finger(phone)
    finger.press("Spare parts")
    finger.slide(20, finger.y)
    assert phone.locator(".ghost").count() == 0
    finger.lift()
    phone.wait_for_function("document.getElementById('board').scrollLeft > 20")
    assert where("Spare parts") == "new"
    assert phone.locator("#sheet").is_hidden()


def test_a_finger_at_a_closed_gate_is_told_what_is_missing(phone):
    phone.locator(".lane[data-stage=qualified]").evaluate(
        "e => e.scrollIntoView({inline: 'start'})"
    )
    phone.wait_for_timeout(300)
    finger = Finger(phone)
    finger.press("Pump retrofit", hold_ms=900)
    finger.slide_to_lane("quote")
    finger.lift()
    dialog = phone.locator("#deal-dialog[open]")
    dialog.get_by_text("Fill in the field “expected close”.").first.wait_for()
    assert lane_of(phone, "Pump retrofit") == "qualified"
    assert where("Pump retrofit") == "qualified"
    assert_fits(phone)


def test_the_sheet_opens_beside_the_board_and_closes(browser_page, live_server, world):
    page = browser_page
    open_board(page, live_server, world)
    page.get_by_role("link", name="Pump retrofit", exact=True).click()
    sheet = page.locator("#sheet")
    sheet.get_by_text("To enter Quote").wait_for()
    sheet.get_by_text("Stage New → Qualified").wait_for()
    assert_accessible(page)
    screenshots(page, "pipeline-sheet")
    page.keyboard.press("Escape")
    assert sheet.is_hidden()
    assert page.evaluate("document.activeElement.textContent") == "Pump retrofit"


def test_a_filter_changes_the_board_without_a_new_page(browser_page, live_server, world):
    page = browser_page
    open_board(page, live_server, world)
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "q"
    page.get_by_label("Search").fill("pump")
    page.locator("#board-sums", has_text="1 open").wait_for()
    assert page.locator(".deal").count() == 1
    assert "q=pump" in page.url
    drag(page, "Pump retrofit", "new")
    page.locator("#deal-dialog[open]").get_by_label("Why does it go back?").fill("Too soon")
    page.get_by_role("button", name="Move to New").click()
    page.locator("#head-new .lane-count", has_text="1").wait_for()
    assert where("Pump retrofit") == "new"
    forget_refusals(page)


def test_a_field_is_changed_on_the_page_and_in_the_list(browser_page, live_server, world):
    page = browser_page
    open_board(page, live_server, world, f"/deals/{deal_of('Pump retrofit').pk}/")
    page.get_by_label("Change Expected close").click()
    page.locator("input[name=value]").fill("2099-02-01")
    page.get_by_role("button", name="Save", exact=True).click()
    page.locator("#field-expected_close", has_text="1 Feb 2099").wait_for()
    assert page.locator("#gates .unmet").count() == 2
    page.goto("/deals/")
    page.get_by_label("Change the amount of Spare parts").click()
    page.locator("td.editing input[name=value]").fill("3100")
    page.get_by_role("button", name="Save", exact=True).click()
    page.locator("td.cell", has_text="€3,100").wait_for()
    assert deal_of("Spare parts").amount == 3100


def test_n_makes_a_new_deal_and_offers_what_is_there(browser_page, live_server, world):
    page = browser_page
    open_board(page, live_server, world)
    page.keyboard.press("n")
    page.wait_for_url("**/deals/new/**")
    page.get_by_label("What is sold").fill("Roof panels")
    page.get_by_label("Company").fill("Baltic Steel")
    page.get_by_label("Next step").click()
    page.get_by_text("This may be there already").wait_for()
    page.get_by_label("Next step").fill("Call them")
    page.get_by_label("By when").fill("2099-02-01")
    page.get_by_role("button", name="Make the deal").click()
    page.get_by_label("It is another deal: make it anyway").check()
    page.get_by_role("button", name="Make the deal").click()
    page.get_by_role("heading", name="Roof panels").wait_for()
    assert Deal.objects.filter(name="Roof panels").count() == 2
    forget_refusals(page)


def test_a_pipeline_is_edited_and_stages_are_dragged(browser_page, live_server, world):
    page = browser_page
    pipeline = deal_of("Roof panels").pipeline
    open_board(page, live_server, world, f"/pipelines/{pipeline.pk}/")
    grip = page.locator("[data-stage='1'] [data-grip]").bounding_box()
    above = page.locator("[data-stage='0']").bounding_box()
    page.mouse.move(grip["x"] + 5, grip["y"] + 10)
    page.mouse.down()
    page.mouse.move(above["x"] + 20, above["y"] + 5, steps=6)
    page.mouse.up()
    page.get_by_role("button", name="Add a stage").click()
    page.locator("[data-stage='6'] input[name='s6-name']").fill("Contract")
    page.locator(".save-bar").get_by_role("button", name="Preview").click()
    page.get_by_text("It makes a new version").wait_for()
    page.locator(".save-bar").get_by_role("button", name="Save").click()
    page.wait_for_url("**/versions/")
    pipeline.refresh_from_db()
    stages = pipeline.current.stages.order_by("position").values_list("key", flat=True)
    assert list(stages) == ["qualified", "new", "quote", "contract", "won", "lost", "disqualified"]
    page.get_by_role("button", name="Bring them over").click()
    page.get_by_text("4 deals are in the newest version now.").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_of_deals_have_no_barriers_and_fit_a_phone(browser_page, live_server, world, scheme):
    page = browser_page
    log_in_browser(page, live_server.url, world)
    page.emulate_media(color_scheme=scheme)
    deal = deal_of("Roof panels")
    pages = {
        "pipeline": "/pipeline/",
        "deal": f"/deals/{deal.pk}/",
        "deal-move": f"/deals/{deal.pk}/move/?stage=quote",
        "deal-items": f"/deals/{deal.pk}/items/",
        "deals": "/deals/",
        "deals-none": "/deals/?q=nothing-like-that",
        "deal-new": "/deals/new/",
        "pipelines": "/pipelines/",
        "pipeline-edit": f"/pipelines/{deal.pipeline_id}/",
        "pipeline-versions": f"/pipelines/{deal.pipeline_id}/versions/",
    }
    for name, path in pages.items():
        page.set_viewport_size({"width": 1440, "height": 900})
        page.goto(path)
        settle(page)
        assert_accessible(page)
        page.set_viewport_size({"width": 360, "height": 740})
        assert_fits(page)
        if scheme == "light":
            screenshots(page, name)


def test_who_was_logged_out_elsewhere_keeps_what_they_typed_and_sends_it_later(
    browser_page, live_server, world
):
    page = browser_page
    open_board(page, live_server, world)
    Session.objects.all().delete()
    drag(page, "Service contract", "qualified")
    page.get_by_text("You have been logged out.").wait_for()
    assert lane_of(page, "Service contract") == "new"
    log_in_browser(page, live_server.url, world)
    page.goto("/deals/new/")
    page.get_by_label("What is sold").fill("Gearbox")
    Session.objects.all().delete()
    look_again = "document.dispatchEvent(new Event('visibilitychange'))"
    page.evaluate(look_again)
    page.get_by_text("You have been logged out.").wait_for()
    assert_accessible(page)
    page.context.clear_cookies()
    log_in_browser(page, live_server.url, world)
    page.evaluate(look_again)
    page.get_by_text("You have been logged out.").wait_for(state="detached")
    page.get_by_label("Next step").fill("Call")
    page.get_by_label("By when").fill("2030-01-07")
    page.get_by_role("button", name="Make the deal").click()
    page.get_by_role("heading", name="Gearbox", level=1).wait_for()
    assert deal_of("Gearbox").owner == world
    page.complaints[:] = [said for said in page.complaints if "401" not in said]

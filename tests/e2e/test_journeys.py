"""From an empty server to answers, as its owner goes: in a browser, against running processes."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from ops_support.server_homes import post, server_home, wait_until
from snippet_support.recording import Site, serve_site
from web_support.browser import PATIENCE_MS, assert_accessible, assert_fits, screenshots

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect

SHOP = Path(__file__).parents[2] / "examples" / "shop" / "ecom.csv.gz"
PASSWORD = "korrekt pferd batterie"
AGENT = (  # A headless browser's own would be set aside as a bot's.
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/150.0.0.0 Safari/537.36"
)
STEPS = ("Product Viewed", "Product Added", "Order Completed")
FUNNEL = "/funnels/new/?s1=Product+Viewed&s2=Product+Added&s3=Order+Completed&window=7d"
PAID = {"campaign": {"source": "google", "medium": "cpc"}}
EMAIL = {"campaign": {"source": "news", "medium": "email"}}


@dataclass
class Shop:
    """A running server, its owner at a browser, and a shop that sends events to it."""

    address: str
    page: Any
    chromium: Any
    key: str = ""
    source_url: str = ""
    complaints: list[str] = field(default_factory=list)

    def send(self, *events: dict[str, Any]) -> dict[str, Any]:
        """Send events as the shop's own server does."""
        answer = post(
            f"{self.address}/api/v1/events",
            {"batch": list(events)},
            Authorization=f"Bearer {self.key}",
        )
        assert answer.status == 200, answer
        return answer.json()

    def look(self, path: str, name: str = "") -> None:
        """Open a page that has to be whole; keep pictures of it under a name."""
        self.page.goto(path)
        self.check(name)

    def check(self, name: str = "") -> None:
        """See that the page has no barrier and fits; keep pictures of it under a name."""
        expect(self.page.locator("[aria-busy=true]")).to_have_count(0)
        assert_accessible(self.page)
        assert_fits(self.page)
        if name:
            screenshots(self.page, f"journey-{name}")

    def count(self) -> list[int]:
        """Open the shop's funnel and return how many reached each step."""
        self.page.goto(FUNNEL)
        counts = self.page.locator(".bar-count")
        expect(counts).to_have_count(len(STEPS))
        return [int(text.replace(",", "")) for text in counts.all_inner_texts()]


def do(name: str, who: str, ago: timedelta = timedelta(0), **more: Any) -> dict[str, Any]:
    """Return an event as clients send it."""
    return {
        "type": "track", "event": name, "anonymousId": who, "messageId": uuid.uuid4().hex,
        "timestamp": (datetime.now(UTC) - ago).isoformat(), **more,
    }  # fmt: skip


def visit(number: int) -> list[dict[str, Any]]:
    """Return what a visitor did weeks ago: all look, two of three choose, one of three orders."""
    who, ago = f"device-{number}", timedelta(days=20, minutes=number)
    context = PAID if number % 2 else EMAIL
    did = [do(STEPS[0], who, ago, context=context)]
    if number % 3:
        did.append(do(STEPS[1], who, ago - timedelta(minutes=5)))
    if number % 3 == 2:
        known = {"userId": f"user-{number}", "traits": {"email": f"user-{number}@example.com"}}
        did.append(do(STEPS[2], who, ago - timedelta(minutes=9), properties={"total": number}))
        did.append({**do("", who, ago - timedelta(minutes=10)), **known, "type": "identify"})
    return did


@pytest.fixture(scope="module")
def shop(chromium, tmp_path_factory) -> Iterator[Shop]:
    """Set a server up in the browser, from its first page to a source with thirty visitors."""
    with server_home(tmp_path_factory.mktemp("journey") / "home") as home:
        _process, address = home.serve()
        with owners_page(chromium, address) as (page, complaints):
            shop = Shop(address, page, chromium, complaints=complaints)
            set_up(shop)
            make_source(shop)
            shop.send(*(event for number in range(30) for event in visit(number)))
            yield shop


@contextmanager
def owners_page(chromium, address: str) -> Iterator[tuple[Any, list[str]]]:
    context = chromium.new_context(
        base_url=address, viewport={"width": 1440, "height": 900}, locale="en-GB"
    )
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda said: (
            complaints.append(said.text)
            if said.type == "error" and not said.text.startswith("htmx:")
            else None
        ),
    )
    yield page, complaints
    context.close()


def set_up(shop: Shop) -> None:
    page = shop.page
    page.goto("/")
    expect(page).to_have_url(re.compile("/setup/$"))
    shop.check("set-up")
    page.get_by_label("Your name").fill("Olga Ozola")
    page.get_by_label("E-mail").fill("olga@example.com")
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_role("button", name="Log out").last).to_be_attached()


def make_source(shop: Shop) -> None:
    page = shop.page
    shop.look("/sources/", "no-sources")
    page.get_by_role("link", name="New source").click()
    page.get_by_label("Name").fill("Web shop")
    shop.check("new-source")
    page.get_by_role("button", name="Make the source").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Web shop")
    expect(page.locator("pre code").first).to_contain_text(f"{shop.address}/suppilo.js")
    shop.source_url = page.url
    shop.key = page.locator(".rows code").first.inner_text()


@pytest.fixture(autouse=True)
def no_complaints(shop) -> Iterator[None]:
    """Fail a journey in which the browser complained of a script or a broken policy."""
    shop.complaints.clear()
    yield
    assert shop.complaints == []


def test_events_of_server_and_website_show_as_they_come(shop):
    page = shop.page
    page.goto(shop.source_url)
    stored = page.locator("#counts .card", has_text="Stored").locator(".big")
    before = int(stored.inner_text())
    with serve_site(Site(capture=shop.address, key=shop.key)) as site:
        visitor = shop.chromium.new_context(user_agent=AGENT)
        tab = visitor.new_page()
        tab.goto(f"{site.origin}/prices?utm_source=news&utm_medium=email")
        tab.wait_for_function("window.suppilo && suppilo.version")
        tab.evaluate("suppilo.identify('zane', {email: 'zane@example.com'})")
        tab.evaluate("suppilo.track('Price Seen', {plan: 'gold'})")
        expect(stored).to_have_text(str(before + 3))
        visitor.close()
    shop.check("source")
    page.goto("/events/live/")
    expect(page.get_by_role("link", name="Price Seen").first).to_be_visible()
    shop.send(do("Order Shipped", "device-1"))
    expect(page.get_by_role("link", name="Order Shipped")).to_be_visible()
    page.get_by_role("link", name="Pause").click()
    shop.check("live")
    shop.look("/events/", "events")
    page.get_by_role("link", name="Price Seen", exact=True).click()
    expect(page.get_by_text("plan", exact=True).first).to_be_visible()
    shop.check("event-name")


def build_by_keyboard(page) -> None:
    page.goto("/funnels/new/")
    for number, name in enumerate(STEPS, 1):
        if number == 3:
            page.locator("#add-step").focus()
            page.keyboard.press("Enter")
            expect(page.locator("#s3")).to_be_focused()
        page.locator(f"#s{number}").focus()
        page.keyboard.type(name[:11])
        expect(page.get_by_role("option", name=name)).to_be_visible()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(page.locator(f"#s{number}")).to_have_value(name)
    page.locator("#window").focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("7d")
    page.keyboard.press("Tab")
    expect(page).to_have_url(re.compile(r"window=7d"))


def count_soon(shop: Shop) -> list[int]:
    """Open the funnel two seconds after what was done; how long the page takes is not meant."""
    shop.page.wait_for_timeout(2_000)
    return shop.count()


def test_new_event_is_in_the_funnel_two_seconds_after_its_answer(shop):
    build_by_keyboard(shop.page)
    expect(shop.page.locator(".bar-count")).to_have_count(3)
    shop.check("funnel-built")
    before = shop.count()
    who = f"late-{uuid.uuid4().hex}"
    shop.send(*(do(name, who, timedelta(seconds=9 - n)) for n, name in enumerate(STEPS)))
    assert count_soon(shop) == [n + 1 for n in before]


def test_funnel_is_saved_and_found_from_the_first_page(shop):
    page = shop.page
    page.goto(FUNNEL + "&by=channel&view=breakdown")
    expect(page.get_by_text("Paid search").first).to_be_visible()
    shop.check("breakdown")
    page.get_by_text("Save funnel").click()
    page.get_by_label("Name", exact=True).fill("Shop by channel")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Shop by channel")
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Shop by channel")
    shop.look("/funnels/", "funnels")


def test_figure_leads_to_people_their_history_and_files(shop):
    page = shop.page
    ordered = shop.count()[2]
    page.get_by_role("link", name=re.compile(r"^Order Completed: the")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{ordered} people")
    shop.check("behind-a-figure")
    as_csv = download(page, "CSV").decode("utf-8-sig").strip().splitlines()
    as_xlsx = CalamineWorkbook.from_filelike(BytesIO(download(page, "XLSX"))).get_sheet_by_index(0)
    assert len(as_csv) == ordered + 1
    assert len(as_xlsx.to_python()) == ordered + 1
    assert "user-29@example.com,device-29,3,converted" in "\n".join(as_csv)
    page.get_by_role("link", name="user-29@example.com").first.click()
    expect(page.locator(".session").get_by_text("Order Completed")).to_be_visible()
    expect(page.get_by_text("device-29", exact=True).first).to_be_visible()
    shop.check("person")
    shop.look("/people/", "people")


def download(page, kind: str) -> bytes:
    with page.expect_download() as download:
        page.get_by_role("link", name=kind).click()
    return Path(download.value.path()).read_bytes()


def test_file_is_checked_imported_by_the_worker_and_undone(shop):
    page = shop.page
    page.goto("/imports/new/")
    page.get_by_label("File").set_input_files(SHOP)
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("heading", name="First rows")).to_be_visible()
    shop.check("import-preview")
    page.get_by_role("button", name="Check the whole file").click()
    expect(page.get_by_text("write their time zone below")).to_be_visible()
    page.get_by_label("Time zone").fill("UTC")
    page.get_by_role("button", name="Check the whole file").click()
    bring_in = page.get_by_role("button", name=re.compile(r"^Import [\d,]+ events$"))
    expect(bring_in).to_be_visible()
    shop.check("import-checked")
    bring_in.click()
    expect(page.get_by_role("heading", name="What was imported")).to_be_visible()
    facts = page.locator(".pairs").first
    assert facts.inner_text().splitlines()[:4] == ["Events", "31,106", "People", "600"]
    shop.check("import-done")
    imported_at = page.url
    page.goto("/funnels/new/?s1=home&s2=product_view&window=7d")
    expect(page.locator(".bar-count").first).to_have_text("586")
    page.goto(imported_at)
    page.get_by_role("button", name="Undo this import").click()
    expect(page.get_by_role("heading", name="What had been imported")).to_be_visible()
    shop.check("import-undone")
    page.goto("/events/?q=promo_page")
    expect(page.get_by_role("link", name="promo_page", exact=True)).to_have_count(0)


def test_merge_by_hand_changes_the_funnel_until_it_is_undone(shop):
    page = shop.page
    mark = uuid.uuid4().hex[:8]
    looker, buyer, ago = f"looker-{mark}", f"buyer-{mark}", timedelta(days=15)
    shop.send(
        do(STEPS[0], looker, ago),
        do(STEPS[1], buyer, ago - timedelta(hours=1)),
        do(STEPS[2], buyer, ago - timedelta(hours=2)),
    )
    parted = shop.count()
    open_person(page, looker)
    page.get_by_role("link", name="Merge with…").click()
    page.get_by_role("searchbox").fill(buyer)
    page.keyboard.press("Enter")
    page.get_by_label(buyer, exact=False).first.check()
    shop.check("merge")
    page.get_by_role("button", name="Merge").click()
    expect(page.get_by_text("You can undo it below")).to_be_visible()
    shop.check("merged")
    merged_at = page.url
    first, second, third = parted
    assert count_soon(shop) == [first, second + 1, third + 1]
    page.goto(merged_at)
    page.get_by_role("button", name=re.compile("^Undo: part")).click()
    expect(page.get_by_text("are two people again")).to_be_visible()
    assert count_soon(shop) == parted


def open_person(page, identifier: str) -> None:
    """Find somebody who has just come: the list knows of people within a second or so."""
    found = page.locator("#people-table").get_by_role("link", name=identifier)

    def is_listed() -> bool:
        page.goto(f"/people/?q={identifier}")
        return found.count() == 1

    wait_until(is_listed, within_s=30)
    found.click()


def test_logging_out_closes_the_pages(shop):
    page = shop.page
    page.goto("/funnels/")
    page.get_by_role("button", name="Log out").first.click()
    expect(page).to_have_url(re.compile("/login/"))
    shop.check("log-in")
    page.goto("/people/")
    expect(page).to_have_url(re.compile(r"/login/\?next="))
    page.get_by_label("E-mail").fill("olga@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page).to_have_url(re.compile("/people/$"))

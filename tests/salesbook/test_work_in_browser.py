"""Attention and the sales book in a real browser: no barrier, fit for a phone, by keyboard."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from deals_support.deal_world import PAGE, SOON
from suppilo.apps.attention.models import StageNorm
from suppilo.apps.deals.models import Deal
from suppilo.apps.deals.services import NewDeal, change_deal, open_deal
from suppilo.apps.people.services import make_company
from suppilo.apps.pipelines.services import make_pipeline
from suppilo.apps.salesbook.models import Entry, Usage
from suppilo.apps.salesbook.services import add_starters, use_entry
from web_support.accounts import make_user
from web_support.browser import assert_accessible, assert_fits, log_in_browser, screenshots


@pytest.fixture
def head(transactional_db):
    owner = make_user("owner", "olga@example.com", "Olga Ozola")
    head = make_user("head_of_sales", "hanna@example.com", "Hanna Virtanen")
    pipeline = make_pipeline(None, "B2B sales", "b2b")
    add_starters(None, pipeline.pk)
    now = timezone.now()
    names = ["Roof panels, 40 t", "Service contract", "Cold store, phase 2", "Spare parts"]
    firms = ["Baltic Steel", "Nordvik Oy", "Fjord Seafood", "Kovács Kft."]
    deals = [
        open_deal(head, NewDeal(
            name, pipeline.pk, company_id=make_company(owner, firm).pk, next_step="Call",
            next_step_at=SOON, amount=18_400 * (n + 1),
        ), source=PAGE)
        for n, (name, firm) in enumerate(zip(names, firms, strict=True))
    ]  # fmt: skip
    old = now - timedelta(days=40)
    aged = {"opened_at": old, "entered_at": old}
    ids = [deal.pk for deal in deals]
    Deal.objects.filter(pk=ids[0]).update(next_step="", next_step_at=None, **aged)
    Deal.objects.filter(pk=ids[1]).update(expected_close=now.date() - timedelta(days=9))
    Deal.objects.filter(pk=ids[2]).update(next_step_at=old, **aged)
    change_deal(head, ids[3], {"amount": "20000"}, source=PAGE)
    StageNorm.objects.create(
        pipeline=pipeline, stage_key="new", long_s=12 * 86_400, left=84, there=4, reckoned_at=now
    )
    StageNorm.objects.create(pipeline=pipeline, stage_key="demo", left=7, there=3, reckoned_at=now)
    script = Entry.objects.filter(stage_key="new").first()
    for deal in deals[:2]:
        use_entry(head, script.pk, deal.pk)
    return head


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_attention_and_book_have_no_barriers_and_fit_a_phone(
    browser_page, live_server, head, scheme
):
    page = browser_page
    log_in_browser(page, live_server.url, head)
    page.emulate_media(color_scheme=scheme)
    deal, entry = Deal.objects.order_by("pk").first(), Entry.objects.order_by("pk").first()
    pages = {
        "attention": f"{reverse('attention')}?whose=all",
        "attention-settings": "/attention/settings/",
        "attention-mail": "/attention/mail/",
        "sales-book": "/sales-book/",
        "sales-book-entry": f"/sales-book/{entry.pk}/",
        "sales-book-change": f"/sales-book/{entry.pk}/change/",
        "sales-book-of-deal": f"/sales-book/of-deal/{deal.pk}/",
        "sales-book-next": f"/sales-book/of-deal/{deal.pk}/next/",
    }
    for name, path in pages.items():
        page.set_viewport_size({"width": 1440, "height": 900})
        page.goto(path)
        assert_accessible(page)
        page.set_viewport_size({"width": 360, "height": 740})
        assert_fits(page)
        if scheme == "light":
            screenshots(page, name)


def test_deal_is_put_aside_with_the_keyboard_alone(browser_page, live_server, head):
    page = browser_page
    log_in_browser(page, live_server.url, head)
    page.goto("/attention/?whose=all")
    row = page.get_by_role("row", name="Roof panels")
    row.locator("summary").focus()
    page.keyboard.press("Enter")
    row.get_by_label("Until").fill((timezone.localdate() + timedelta(days=7)).isoformat())
    row.get_by_label("Why").fill("On holiday")
    page.keyboard.press("Enter")
    page.get_by_text("is left alone until").wait_for()
    assert page.get_by_role("row", name="Roof panels").count() == 0


def test_use_of_an_entry_is_noted_in_place(browser_page, live_server, head):
    page = browser_page
    log_in_browser(page, live_server.url, head)
    deal = Deal.objects.order_by("-pk").first()
    page.goto(f"/sales-book/of-deal/{deal.pk}/")
    page.get_by_role("button", name="I used this").first.click()
    page.get_by_text("✓ used").wait_for()
    assert Usage.objects.filter(deal=deal).exists()

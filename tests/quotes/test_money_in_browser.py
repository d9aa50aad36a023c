"""The pages of products, quotes and invoices in a real browser: no barrier, fit for a phone."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from deals_support.deal_world import deal_in, lose, move, pipeline_of
from quotes_support.quote_world import set_letterhead
from suppilo.apps.accounts.models import Role
from suppilo.apps.catalogue import services as catalogue
from suppilo.apps.catalogue.services import NewProduct
from suppilo.apps.deals.services import NewItem, NewParticipant, ask_approval
from suppilo.apps.invoices.models import Invoice
from suppilo.apps.invoices.services import NewPayment, make_invoice, record_payment, send_invoice
from suppilo.apps.people.services import make_company
from suppilo.apps.quotes.links import link_token
from suppilo.apps.quotes.services import accept_quote, make_quote, note_visit, send_quote
from suppilo.apps.quotes.services.visits import Visitor
from web_support.accounts import make_user
from web_support.browser import assert_accessible, assert_fits, log_in_browser, screenshots

PRODUCTS = (
    ("Heat pump HP-12", "HP-12", "Pumps", "4200", "6900"),
    ("Heat pump HP-8", "HP-8", "Pumps", "2900", "4800"),
    ("Buffer tank 300 l", "BT-300", "Tanks", "410", "760"),
    ("Installation", "INST", "Services", "45", "68.50"),
)

PICTURES = ("price-book", "quote", "public-quote", "invoice", "discounts")


class World:
    """A small company that sells heat pumps."""

    def __init__(self):
        self.head = make_user("head_of_sales", "head@example.com", "Helena Ozola")
        self.seller = make_user("salesperson", "sam@example.com", "Sam Bērziņš")
        set_letterhead(
            name="SIA Siltums", address="Brīvības iela 1\nLV-1010 Rīga", registration="40003000000",
            tax_number="LV40003000000", email="hei@siltums.example",
        )  # fmt: skip
        book = catalogue.make_book(self.head, "List 2026", "EUR")
        self.book = book.pk
        self.products = []
        for name, sku, category, cost, price in PRODUCTS:
            new = NewProduct(name, sku, category, "pc", "EUR", Decimal(cost))
            product = catalogue.make_product(self.head, new)
            catalogue.set_price(self.head, book.pk, product.pk, Decimal(price))
            self.products.append(product)
        today = timezone.localdate()
        catalogue.set_rate(self.head, today, "USD", "EUR", Decimal("0.9214"))
        catalogue.set_limit(self.head, Role.SALESPERSON, Decimal("0.05"))
        catalogue.set_limit(self.head, Role.SALESPERSON, Decimal("0.08"), category="Pumps")
        self.pipeline = pipeline_of()
        self.quote = self._quote("Nordvik retrofit", "0.05")
        note_visit(self.quote.pk, Visitor("203.0.113.5", "Mozilla/5.0 Firefox/140.0"))
        self.draft = make_quote(self.seller, self._deal("Aalto school", "0").pk)
        self.invoices = [self._invoice(f"Villa {n}", "0.05") for n in range(3)]
        paid = NewPayment(self.invoices[0].total, today, reference="RF18 5390")
        record_payment(self.head, self.invoices[0].pk, paid)
        record_payment(self.head, self.invoices[1].pk, NewPayment(Decimal(1000), today))
        Invoice.objects.filter(pk=self.invoices[1].pk).update(due_on=today - timedelta(days=3))
        lose(self._deal("Lost one", "0.1"))
        for deal in (self.invoices[0].deal, self.invoices[1].deal):
            for key in ("b", "c", "won"):
                move(deal, key)
        asking = self._deal("Big hall", "0.15")
        ask_approval(self.seller, asking.pk, "discount", reason="Three more halls next year.")

    def _deal(self, name, discount):
        items = tuple(
            NewItem(product.pk, product.name, Decimal(n + 1), discount=Decimal(discount))
            for n, product in enumerate(self.products[:3])
        )
        company = make_company(self.head, f"{name} Oy")
        anna = NewParticipant(f"{name.split()[0].lower()}@example.com", is_main=True)
        return deal_in(self.pipeline, self.seller, name, items=items, company_id=company.pk,
                       contacts=(anna,))  # fmt: skip

    def _quote(self, name, discount):
        return send_quote(self.seller, make_quote(self.seller, self._deal(name, discount).pk).pk)

    def _invoice(self, name, discount):
        quote = accept_quote(self._quote(name, discount).pk, "Anna Niemi", "203.0.113.5")
        return send_invoice(self.head, make_invoice(self.head, quote.deal_id, quote.pk).pk)

    @property
    def pages(self):
        """Return the addresses of the pages by a name for their pictures."""
        return {
            "products": reverse("products"),
            "product": reverse("product", args=[self.products[0].pk]),
            "product-new": reverse("product_new"),
            "price-books": reverse("price_books"),
            "price-book": reverse("price_book", args=[self.book]),
            "exchange-rates": reverse("exchange_rates"),
            "discount-limits": reverse("discount_limits"),
            "quotes": reverse("quotes"),
            "quote": reverse("quote", args=[self.quote.pk]),
            "quote-draft": reverse("quote", args=[self.draft.pk]),
            "letterhead": reverse("letterhead"),
            "deal-quotes": reverse("deal_quotes", args=[self.invoices[1].deal_id]),
            "invoices": reverse("invoices"),
            "invoice": reverse("invoice", args=[self.invoices[1].pk]),
            "approvals": reverse("approvals"),
            "discounts": reverse("discounts"),
            "discount-deals": reverse("discount_deals"),
            "public-quote": reverse("public_quote", args=[link_token(self.quote)]),
        }


@pytest.fixture
def world(transactional_db):
    return World()


@pytest.fixture
def invoice_draft(world):
    return make_invoice(world.head, world.draft.deal_id)


def test_pages_have_no_barriers_and_fit_a_phone(browser_page, live_server, world, invoice_draft):
    log_in_browser(browser_page, live_server.url, world.head)
    pages = {**world.pages, "invoice-draft": invoice_draft.get_absolute_url()}
    problems = []
    for name, path in pages.items():
        for scheme, width in (("light", 1440), ("dark", 390)):
            browser_page.set_viewport_size({"width": width, "height": 844})
            browser_page.emulate_media(color_scheme=scheme)
            browser_page.goto(path)
            try:
                assert_accessible(browser_page)
                assert_fits(browser_page)
            except AssertionError as error:
                problems.append(str(error))
        if name in PICTURES:
            screenshots(browser_page, f"money-{name}")
    assert problems == []


def test_a_customer_accepts_in_a_browser_without_cookies(chromium, live_server, world):
    context = chromium.new_context(base_url=live_server.url, locale="en-GB")
    page = context.new_page()
    page.goto(world.pages["public-quote"])
    page.get_by_label("Your name").fill("Anna Niemi")
    page.get_by_label("I accept this quote").check()
    page.get_by_role("button", name="Accept").click()
    page.get_by_text("Thank you").wait_for()
    assert context.cookies() == []
    context.close()
    world.quote.refresh_from_db()
    assert world.quote.state == "accepted"

"""A price below the price book's is a discount, whoever types it and wherever it counts."""

from decimal import Decimal
from fractions import Fraction

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from deals_support.deal_world import PAGE, asks, deal_in, fresh, move, pipeline_of, stage
from oracle.strategies import fixed_profile
from suppilo.apps.accounts.models import Role
from suppilo.apps.catalogue.models import PriceBook
from suppilo.apps.catalogue.services import NewProduct, make_product, set_limit, set_price
from suppilo.apps.deals.errors import GateClosedError
from suppilo.apps.deals.models import LineItem
from suppilo.apps.deals.services import (
    NewDeal,
    NewItem,
    answer_approval,
    ask_approval,
    open_deals,
    set_items,
)
from suppilo.apps.discounts.report import DiscountQuestion, report_discounts
from suppilo.apps.quotes.services import make_quote, send_quote
from web_support.accounts import bearer, client_for, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def head():
    return make_user("head_of_sales")


@pytest.fixture
def seller(head):
    set_limit(head, Role.SALESPERSON, Decimal("0.1"))
    return make_user("salesperson", name="Sam Seller")


@pytest.fixture
def pump(head):
    pump = make_product(head, NewProduct("Pump", "P-1", "Pumps"))
    book, _made = PriceBook.objects.get_or_create(
        currency="EUR", is_default=True, defaults={"name": "Usual"}
    )
    set_price(head, book.pk, pump.pk, Decimal(100))
    return pump


@pytest.fixture
def pipeline():
    return pipeline_of(stage("a"), stage("b", asks("discount")), stage("c"))


def line(pump, price=None, discount="0", quantity="1"):
    price = None if price is None else Decimal(price)
    return NewItem(pump.pk, "", Decimal(quantity), price, discount=Decimal(discount))


def test_a_lower_price_and_a_percent_count_together(seller, pipeline, pump):
    deal = deal_in(pipeline, seller, items=(line(pump, "90", "0.1", "3"), line(pump)))
    first, second = deal.items.all()
    assert (first.list_price, second.list_price, second.unit_price) == (100, 100, 100)
    assert (fresh(deal).amount, fresh(deal).discount) == (343, Decimal("0.1425"))
    with pytest.raises(GateClosedError, match="19 %"):
        move(deal, "b", seller)


def test_a_price_above_the_list_is_no_discount_nor_one_taken_off_it_again(seller, pipeline, pump):
    deal = deal_in(pipeline, seller, items=(line(pump, "200", "0.5"),))
    assert fresh(deal).discount == 0
    move(deal, "b", seller)


def test_a_line_keeps_the_list_price_it_was_made_with(head, seller, pipeline, pump):
    deal = deal_in(pipeline, seller, items=(line(pump),))
    set_price(
        head, PriceBook.objects.get(is_default=True, currency="EUR").pk, pump.pk, Decimal(150)
    )
    set_items(seller, deal.pk, [line(pump, "100", quantity="7")], source=PAGE)
    assert (deal.items.get().list_price, fresh(deal).discount) == (100, 0)
    set_items(seller, deal.pk, [line(pump, "99")], source=PAGE)
    assert (deal.items.get().list_price, fresh(deal).discount) == (150, Decimal("0.34"))


def test_what_has_no_price_in_the_book_has_no_list_price(seller, pipeline, pump):
    typed = NewItem(description="By hand", unit_price=Decimal(5))
    deal = deal_in(pipeline, seller, items=(typed,))
    other = deal_in(pipeline, seller, "Other", items=(line(pump, "1"),), currency="USD")
    assert {deal.items.get().list_price, other.items.get().list_price} == {None}


def test_a_small_line_hides_behind_no_large_one(seller, pipeline, pump):
    large = NewItem(description="Works", unit_price=Decimal(10**9))
    deal = deal_in(pipeline, seller, items=(large, line(pump, "50")))
    assert fresh(deal).discount == Decimal("0.0001")
    with pytest.raises(GateClosedError):
        move(deal, "b", seller)


def test_an_approval_holds_as_far_as_its_giver_may_lower_the_price(head, seller, pipeline, pump):
    set_limit(head, Role.HEAD_OF_SALES, Decimal("0.2"))
    deal = deal_in(pipeline, seller, items=(line(pump, "70"),))
    asked = ask_approval(seller, deal.pk, "discount", rate=Decimal("0.5"))
    assert asked.rate == Decimal("0.5")
    with pytest.raises(PermissionDenied):
        answer_approval(head, asked.pk, True)
    set_items(seller, deal.pk, [line(pump, "80")], source=PAGE)
    answer_approval(head, asked.pk, True)
    set_items(seller, deal.pk, [line(pump, "79.99")], source=PAGE)
    with pytest.raises(GateClosedError):
        move(deal, "b", seller)
    set_items(seller, deal.pk, [line(pump, "80")], source=PAGE)
    move(deal, "b", seller)


def test_a_quote_at_a_lower_price_waits_for_approval_too(head, seller, pipeline, pump):
    deal = deal_in(pipeline, seller, items=(line(pump, "80"),))
    from quotes_support.quote_world import set_letterhead

    set_letterhead()
    quote = make_quote(seller, deal.pk)
    assert quote.lines.get().list_price == 100
    with pytest.raises(ValidationError, match="20 % is beyond"):
        send_quote(seller, quote.pk)
    answer_approval(head, ask_approval(seller, deal.pk, "discount").pk, True)
    assert send_quote(seller, quote.pk).number


def test_the_report_says_what_lower_prices_cost(head, seller, pipeline, pump):
    for name, price, percent in (("Low", "80", "0"), ("Both", "90", "0.1"), ("More", "200", "0.5")):
        deal = deal_in(
            pipeline, None, name, owner_id=seller.pk, items=(line(pump, price, percent),)
        )
        for key in ("b", "c", "won"):
            move(deal, key, head, waiver="they insisted")
    today = timezone.localdate()
    report = report_discounts(head, DiscountQuestion(today, today + timezone.timedelta(days=1)))
    [row] = report.by_owner
    assert (row.label, row.deals, row.listed, row.given) == ("Sam Seller", 2, 200, 39)
    assert row.highest == Decimal("0.2")
    assert (report.discounted.count, report.discounted.total) == (2, 3)
    url = reverse("discount_deals")
    text = client_for(head).get(url, {"discount": "with", "product": pump.pk}).content.decode()
    assert all(name in text for name in ("Low", "Both"))
    assert "More" not in text


def test_an_import_takes_the_list_price_beside_the_price_of_the_file(head, pipeline, pump):
    [deal] = open_deals(head, [NewDeal("Old", pipeline.pk, items=(line(pump, "75"),))])
    assert (deal.items.get().list_price, fresh(deal).discount) == (100, Decimal("0.25"))


def test_the_deal_s_page_and_the_api_show_what_the_price_book_says(seller, pipeline, pump):
    deal = deal_in(pipeline, seller, items=(line(pump, "90", "0.1"),))
    text = client_for(seller).get(deal.get_absolute_url()).content.decode()
    assert "list price €100" in text
    assert "19 % off the list price" in text
    found = client_for(seller).get(f"/api/deals/{deal.pk}/items", headers=bearer(seller))
    [item] = found.json()
    assert (Decimal(item["list_price"]), Decimal(item["effective_discount"])) == (
        Decimal(100), Decimal("0.19"),
    )  # fmt: skip


PRICES = st.decimals("0", "130", places=4)
RATES = st.decimals(0, 1, places=4)


def test_no_combination_of_price_and_percent_beyond_the_limit_passes_without_approval(
    head, seller, pipeline, pump
):
    """The rate is worked out in exact fractions beside; the gate is the real one."""

    @fixed_profile(25)
    @given(st.lists(st.tuples(PRICES, RATES), min_size=1, max_size=3), RATES, RATES)
    def holds(lines, limit, approved):
        with transaction.atomic():
            set_limit(head, Role.SALESPERSON, limit)
            deal = deal_in(pipeline, seller, items=tuple(line(pump, *one) for one in lines))
            rates = [1 - Fraction(price) * (1 - Fraction(off)) / 100 for price, off in lines]
            beyond = [rate for rate in rates if rate > max(Fraction(limit), 0)]
            if beyond and approved >= max(beyond):
                asked = ask_approval(seller, deal.pk, "discount", rate=approved)
                answer_approval(head, asked.pk, True)
                beyond = []
            try:
                move(deal, "b", seller)
            except GateClosedError:
                assert beyond
            else:
                assert not beyond
            transaction.set_rollback(True)

    holds()
    assert not LineItem.objects.exists()

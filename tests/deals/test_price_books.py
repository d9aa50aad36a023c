"""Which price book a deal's lines take their prices from, and who may choose it."""

import json
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from deals_support.deal_world import PAGE, SOON, deal_in, fresh, pipeline_of
from suppilo.apps.accounts.services.tokens import make_token
from suppilo.apps.catalogue.models import PriceBook
from suppilo.apps.catalogue.services import NewProduct, make_product, set_price
from suppilo.apps.deals.services import NewDeal, NewItem, change_deal, open_deals, set_items
from web_support.accounts import client_for, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def head():
    return make_user("head_of_sales", name="Hanna")


@pytest.fixture
def seller():
    return make_user("salesperson", name="Sam")


@pytest.fixture
def books(head):
    """A usual and a dealers' book in EUR, one in USD that is no usual one; with a pump."""
    PriceBook.objects.filter(currency__in=("EUR", "USD")).delete()
    pump = make_product(head, NewProduct("Pump", "P-1", "Pumps"))
    found = {}
    for name, currency, usual, price in (
        ("usual", "EUR", True, 100), ("dealers", "EUR", False, 80), ("dollars", "USD", False, 120),
    ):  # fmt: skip
        book = PriceBook.objects.create(name=name, currency=currency, is_default=usual)
        set_price(head, book.pk, pump.pk, Decimal(price))
        found[name] = book
    return found | {"pump": pump}


def price_of(actor, deal, books):
    set_items(actor, deal.pk, [NewItem(product_id=books["pump"].pk)], source=PAGE)
    (line,) = fresh(deal).items.all()
    assert line.unit_price == line.list_price
    return line.unit_price


def test_lines_take_the_usual_prices_of_the_currency_or_those_of_the_book_chosen(head, books):
    deal = deal_in(pipeline_of(), head)
    assert price_of(head, deal, books) == 100
    set_items(head, deal.pk, [], source=PAGE)
    change_deal(head, deal.pk, {"price_book_id": books["dealers"].pk}, source=PAGE)
    assert price_of(head, deal, books) == 80
    change = deal.field_changes.get(field="price_book")
    assert (change.old, change.new) == (None, "dealers")
    news = [
        NewDeal(
            "x",
            deal.pipeline_id,
            price_book_id=books[one].pk,
            items=(NewItem(product_id=books["pump"].pk),),
        )
        for one in ("dealers", "usual")
    ]
    made = open_deals(head, news, source="import")
    assert [one.amount for one in made] == [80, 100]


def test_a_book_in_another_currency_or_out_of_use_is_refused(head, books):
    deal = deal_in(pipeline_of(), head)
    with pytest.raises(ValidationError, match="“dollars” has prices in USD: choose one in EUR"):
        change_deal(head, deal.pk, {"price_book": books["dollars"].pk}, source=PAGE)
    with pytest.raises(ValidationError, match="“dollars” has prices in USD"):
        deal_in(deal.pipeline, head, price_book_id=books["dollars"].pk)
    PriceBook.objects.filter(name="dealers").update(is_archived=True)
    for one in (books["dealers"].pk, 999_999):
        with pytest.raises(ValidationError, match="no such price book in use"):
            change_deal(head, deal.pk, {"price_book": one}, source=PAGE)


def test_a_deal_that_changes_its_currency_leaves_its_book_and_history_says_so(head, books):
    deal = deal_in(pipeline_of(), head, price_book_id=books["dealers"].pk)
    change_deal(head, deal.pk, {"currency": "USD"}, source=PAGE)
    assert fresh(deal).price_book is None
    assert deal.field_changes.get(field="price_book").old == "dealers"


def test_who_may_not_change_prices_chooses_only_where_there_is_no_usual_book(seller, head, books):
    deal = deal_in(pipeline_of(), seller)
    with pytest.raises(PermissionDenied, match="who may change prices"):
        change_deal(seller, deal.pk, {"price_book": books["dealers"].pk}, source=PAGE)
    with pytest.raises(PermissionDenied, match="who may change prices"):
        deal_in(deal.pipeline, seller, price_book_id=books["dealers"].pk)
    change_deal(head, deal.pk, {"price_book": books["dealers"].pk}, source=PAGE)
    change_deal(seller, deal.pk, {"price_book": books["dealers"].pk, "tags": "x"}, source=PAGE)
    assert price_of(seller, deal, books) == 80
    other = deal_in(deal.pipeline, seller, currency="USD", price_book_id=books["dollars"].pk)
    assert price_of(seller, other, books) == 120


def test_the_page_and_the_api_choose_it_and_lines_say_where_there_is_no_list_price(
    client, head, books
):
    pipeline = pipeline_of()
    headers = {"Authorization": f"Bearer {make_token(head, 'Test')[1]}"}
    body = {
        "name": "Roof", "pipeline_id": pipeline.pk, "next_step": "Call",
        "next_step_at": SOON.isoformat(), "price_book_id": books["dealers"].pk,
        "items": [{"product_id": books["pump"].pk}, {"description": "Fitting", "unit_price": "9"}],
    }  # fmt: skip
    made = client.post("/api/deals", json.dumps(body), content_type="application/json",
                       headers=headers).json()  # fmt: skip
    assert (made["price_book_id"], Decimal(made["amount"])) == (books["dealers"].pk, 89)
    mine, deal = client_for(head), made["id"]
    said = mine.get(reverse("deal", args=[deal])).content.decode()
    assert said.count("no list price") == 1
    field = reverse("deal_field", args=[deal, "price_book"])
    asked = mine.get(field).content.decode()
    assert ("dealers" in asked, "dollars" in asked) == (True, False)
    assert mine.post(field, {"value": ""}).status_code == 302
    assert "the usual one in EUR" in mine.get(reverse("deal", args=[deal])).content.decode()
    lines = reverse("deal_items", args=[deal])
    assert "Pump · €100" in mine.get(lines).content.decode()
    mine.post(field, {"value": str(books["dealers"].pk)})
    said = mine.get(lines).content.decode()
    assert "Pump · €80" in said
    assert "prices of dealers, in EUR" in said

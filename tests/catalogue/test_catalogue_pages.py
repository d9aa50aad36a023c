from datetime import date
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from suppilo.apps.accounts.models import Role
from suppilo.apps.catalogue import services
from suppilo.apps.catalogue.models import DiscountLimit, ExchangeRate, Price, PriceBook, Product
from suppilo.apps.catalogue.services import NewProduct
from web_support.accounts import bearer, client_for, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def head():
    return make_user("head_of_sales")


@pytest.fixture
def page(head):
    return client_for(head)


@pytest.fixture
def book(head):
    return services.make_book(head, "List 2026", "EUR")


@pytest.fixture
def pumps(head):
    return [
        services.make_product(
            head, NewProduct(f"Pump {n:02}", f"P-{n}", "Pumps", "pc", "EUR", Decimal(60))
        )
        for n in range(30)
    ]


def test_products_are_listed_with_price_and_margin(
    head, page, book, pumps, django_assert_max_num_queries
):
    services.set_price(head, book.pk, pumps[0].pk, Decimal(100))
    with django_assert_max_num_queries(8):
        text = page.get(reverse("products")).content.decode()
    assert "€100" in text
    assert "40.0 %" in text
    assert "Pump 29" in text


def test_products_are_found_by_number_and_category(page, pumps):
    found = page.get(reverse("products"), {"q": "p-29"}).context["lines"]
    assert [line.product.name for line in found] == ["Pump 29"]
    assert not page.get(reverse("products"), {"category": "Pipes"}).context["lines"]
    assert not page.get(reverse("products"), {"archived": "on"}).context["lines"]


def test_a_product_is_made_and_changed_by_its_forms(page):
    data = {"name": "Chain", "sku": "C-1", "currency": "eur", "unit_cost": "1 200,50"}
    response = page.post(reverse("product_new"), data)
    chain = Product.objects.get(sku="C-1")
    assert response["Location"] == reverse("product", args=[chain.pk])
    assert (chain.unit_cost, chain.currency) == (Decimal("1200.50"), "EUR")
    assert 'value="1200.5"' in page.get(reverse("product", args=[chain.pk])).content.decode()
    page.post(reverse("product", args=[chain.pk]), {**data, "name": "Long chain"})
    chain.refresh_from_db()
    assert chain.name == "Long chain"
    page.post(reverse("product_archive", args=[chain.pk]))
    chain.refresh_from_db()
    assert chain.is_archived


def test_a_mistake_in_a_product_is_said_at_once(page, pumps):
    response = page.post(
        reverse("product_new"), {"name": "X", "sku": "P-1", "currency": "EUR", "unit_cost": "x"}
    )
    assert response.status_code == 422
    assert "no number" in response.content.decode()
    response = page.post(reverse("product_new"), {"name": "X", "sku": "P-1", "currency": "EUR"})
    assert response.status_code == 422
    assert "Another product has the number" in response.content.decode()


def test_prices_are_typed_into_their_book(page, book, pumps):
    first, second = pumps[:2]
    url = reverse("price_book", args=[book.pk])
    page.post(url, {f"price-{first.pk}": "99,50", f"price-{second.pk}": "10"})
    page.post(url, {f"price-{second.pk}": ""})
    assert Price.objects.get().unit_price == Decimal("99.5")
    assert 'value="99.5"' in page.get(url).content.decode()
    text = page.post(url, {f"price-{first.pk}": "much"}, follow=True).content.decode()
    assert "no number" in text
    assert page.post(url, {"price-999999": "1"}).status_code == 404


def test_a_books_name_and_place_are_changed(page, book, head):
    other = services.make_book(head, "Partners", "EUR")
    page.post(reverse("price_book_rename", args=[book.pk]), {"name": "List 2027"})
    page.post(reverse("price_book_default", args=[other.pk]))
    assert PriceBook.objects.get(is_default=True) == other
    page.post(reverse("price_book_archive", args=[book.pk]))
    text = page.get(reverse("price_books")).content.decode()
    assert "List 2027" in text
    assert "Archived" in text
    page.post(reverse("price_book_restore", args=[book.pk]))
    assert not PriceBook.objects.filter(is_archived=True).exists()


def upload(page, book, text, **more):
    file = SimpleUploadedFile("prices.csv", text.encode())
    return page.post(reverse("price_book_import", args=[book.pk]), {"file": file, **more})


def test_a_price_list_is_checked_and_then_brought_in(page, book):
    text = "number;price\nA-1;1,5\n"
    assert "nothing has been changed yet" in upload(page, book, text, check="1").content.decode()
    assert not Product.objects.exists()
    assert "The price list is in" in upload(page, book, text).content.decode()
    assert Price.objects.get().unit_price == Decimal("1.5")


def test_a_wrong_price_list_is_refused_with_its_rows(page, book):
    response = upload(page, book, "number,price\nA,x\n")
    assert response.status_code == 422
    assert "Row 2" in response.content.decode()
    response = upload(page, book, "name\nx\n")
    assert response.status_code == 422
    assert "lacks the column" in response.content.decode()
    assert page.post(reverse("price_book_import", args=[book.pk])).status_code == 422


def test_a_rate_is_kept_and_removed(page):
    data = {"day": "2026-03-02", "currency": "usd", "rate": "0,92", "to": "EUR"}
    page.post(reverse("exchange_rates"), data)
    made = ExchangeRate.objects.get()
    assert (made.day, made.rate) == (date(2026, 3, 2), Decimal("0.92"))
    assert "1 USD = 0.92 EUR" in page.get(reverse("exchange_rates")).content.decode()
    assert page.post(reverse("exchange_rates"), {**data, "to": "USD"}).status_code == 422
    page.post(reverse("exchange_rate_remove", args=[made.pk]))
    assert not ExchangeRate.objects.exists()
    assert page.post(reverse("exchange_rate_remove", args=[made.pk])).status_code == 404


def test_limits_are_set_for_a_category_and_for_a_product(page, pumps):
    url = reverse("discount_limits")
    page.post(url, {"role": Role.SALESPERSON, "rate": "7,5 %", "category": "Pumps"})
    page.post(url, {"role": Role.SALESPERSON, "rate": "5", "sku": "P-1"})
    found = DiscountLimit.objects.order_by("rate").values_list("rate", "category", "product__sku")
    assert list(found) == [(Decimal("0.05"), "", "P-1"), (Decimal("0.075"), "Pumps", None)]
    assert "7.5\u00a0%" in page.get(url).content.decode()
    assert page.post(url, {"role": Role.SALESPERSON, "rate": "5", "sku": "?"}).status_code == 422
    assert page.post(url, {"role": Role.SALESPERSON, "rate": "500"}).status_code == 422
    page.post(reverse("discount_limit_remove", args=[DiscountLimit.objects.first().pk]))
    assert DiscountLimit.objects.count() == 1


def test_a_salesperson_reads_the_catalogue_and_changes_nothing(book, pumps):
    seller = client_for("salesperson")
    for url in (
        reverse("products"),
        reverse("product", args=[pumps[0].pk]),
        reverse("price_books"),
        reverse("price_book", args=[book.pk]),
        reverse("exchange_rates"),
        reverse("discount_limits"),
    ):
        response = seller.get(url)
        assert response.status_code == 200
        assert 'method="post" enctype' not in response.content.decode()
    assert seller.post(reverse("price_book", args=[book.pk]), {}).status_code == 403


def test_what_is_not_there_is_404(page):
    for name in ("product", "price_book", "price_book_default", "product_archive"):
        method = page.get if name in {"product", "price_book"} else page.post
        assert method(reverse(name, args=[999])).status_code == 404


def test_the_api_keeps_products_and_prices(head, book):
    page, headers = client_for(head), bearer(head)
    made = page.post(
        "/api/products", {"name": "Pump", "sku": "P-1", "unit_cost": "60.5"},
        content_type="application/json", headers=headers,
    ).json()  # fmt: skip
    assert made["unit_cost"] == "60.5000"
    url = f"/api/price-books/{book.pk}/prices"
    data = {"prices": [{"product_id": made["id"], "unit_price": "100"}]}
    response = page.put(url, data, content_type="application/json", headers=headers)
    assert [one["unit_price"] for one in response.json()] == ["100.0000"]
    assert page.get(f"/api/products/{made['id']}/allowed-discount", headers=headers).json() == {
        "rate": "1"
    }
    response = page.put(
        f"/api/products/{made['id']}", {"name": "P", "sku": "P-2", "currency": "XXQ"},
        content_type="application/json", headers=headers,
    )  # fmt: skip
    assert response.status_code == 422

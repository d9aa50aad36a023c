"""Lists go on where the page before ended, whatever they are ordered by."""

from datetime import date

import pytest
from django.core.cache import cache
from django.test import Client

from suppilo.apps.accounts.models import Role
from suppilo.apps.catalogue.models import ExchangeRate, PriceBook, Product
from suppilo.apps.catalogue.selectors import list_books, list_products, list_rates
from suppilo.apps.people.models import Company
from suppilo.apps.people.selectors.companies import list_companies
from suppilo.apps.people.services import make_company
from suppilo.web.api import api
from suppilo.web.paging import cursor_page
from web_support.program import Program
from web_support.route_objects import add_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _forget_rates():
    cache.clear()


@pytest.fixture
def rows():
    """Make rows of which many are alike in what lists are ordered by."""
    Product.objects.bulk_create(
        Product(name=name, sku=str(number)) for number, name in enumerate("bABabčaB")
    )
    PriceBook.objects.bulk_create(
        PriceBook(name=f"{currency} {number}", currency=currency, is_default=number == 1)
        for currency in ("USD", "EUR") for number in range(3)
    )  # fmt: skip
    ExchangeRate.objects.bulk_create(
        ExchangeRate(day=date(2026, 3, day), currency=currency, to="EUR", rate=2)
        for day in (1, 2, 3) for currency in ("USD", "GBP")
    )  # fmt: skip
    owner = add_user(Role.OWNER)
    for name in ("Acme", "Nordvik", "acme", "Zinc"):
        make_company(owner, name, f"key-{Company.objects.count()}")


def walk(found, size):
    cursor, seen = "", []
    for _ in range(len(found) + 1):
        page = cursor_page(found.all(), cursor, size)
        assert len(page.items) <= size
        seen += [row.pk for row in page.items]
        cursor = page.next
        if not cursor:
            break
    return seen


@pytest.mark.parametrize("size", [1, 2, 3, 50])
def test_pages_together_are_the_list(rows, size):
    for found in (list_products(), list_books(), list_rates(), list_companies()):
        ordered = [row.pk for row in found]
        assert len(ordered) > 3
        assert walk(found, size) == ordered


def test_what_comes_and_goes_between_pages_neither_repeats_a_row_nor_hides_one(rows):
    first = cursor_page(list_products(), "", 3)
    Product.objects.create(name="", sku="new")
    Product.objects.filter(pk=first.items[0].pk).delete()
    rest = cursor_page(list_products(), first.next, 50).items
    assert not {row.pk for row in rest} & {row.pk for row in first.items}
    assert len(rest) == 8 - 3


def test_cursor_of_another_list_begins_anew(rows):
    of_books = cursor_page(list_books(), "", 2).next
    assert walk(list_products(), 50) == [
        row.pk for row in cursor_page(list_products(), of_books, 50).items
    ]


def test_api_lists_name_the_next_page(rows):
    program = Program(Client(), add_user(Role.HEAD_OF_SALES))
    for path, name in (
        ("/products", "products"), ("/price-books", "price_books"), ("/exchange-rates", "rates"),
        ("/companies", "companies"),
    ):  # fmt: skip
        whole = program.get(path).json()
        assert whole["next"] == ""
        first = program.get(f"{path}?limit=2").json()
        second = program.get(f"{path}?limit=200&page={first['next']}").json()
        assert first[name] + second[name] == whole[name]


def test_no_list_but_that_of_event_names_goes_by_offset():
    by_offset = {
        path
        for path, operations in api.get_openapi_schema()["paths"].items()
        for said in operations.get("get", {}).get("parameters", [])
        if said["name"] == "offset"
    }
    assert by_offset == {"/api/events"}

"""The API of the catalogue: products, price books, rates of exchange, discount limits."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404
from ninja import Field, Query, Schema, Status
from pydantic import StringConstraints

from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.catalogue import services
from suppilo.apps.catalogue.costs import seen_cost
from suppilo.apps.catalogue.models import Price, PriceBook, Product
from suppilo.apps.catalogue.selectors import (
    ProductFilter,
    allowed_discount,
    list_books,
    list_products,
    list_rates,
)
from suppilo.web.api.access import ApiRequest
from suppilo.web.api.errors import problems
from suppilo.web.api.idempotency import KeyedRouter
from suppilo.web.api.lists import PageAsked, answer_page
from suppilo.web.api.parsing import Day, Given

router = KeyedRouter()

_LARGEST_ID = 2**63 - 1
_SEEN = problems(403)
_FOUND = problems(403, 404)
Code = Annotated[str, StringConstraints(min_length=3, max_length=3)]
Amount = Annotated[Decimal, Field(ge=0, max_digits=19, decimal_places=4)]
Rate = Annotated[Decimal, Field(gt=0, max_digits=19, decimal_places=8)]
Id = Annotated[int, Field(ge=1, le=_LARGEST_ID)]


class ProductIn(Given):
    """A product to be."""

    name: str = Field(min_length=1, max_length=200)
    sku: str = Field(min_length=1, max_length=60)
    category: str = Field("", max_length=100)
    unit: str = Field("", max_length=20)
    currency: Code = "EUR"
    unit_cost: Amount | None = None


class ProductOut(Schema):
    """A product."""

    id: int
    name: str
    sku: str
    category: str
    unit: str
    currency: str
    unit_cost: Decimal | None
    is_archived: bool

    @staticmethod
    def resolve_unit_cost(product: Product, context: dict[str, Any]) -> Decimal | None:
        """Return what one costs us; null for who sees no costs."""
        return seen_cost(context["request"].auth, product.unit_cost)


class ProductsOut(Schema):
    """One page of products."""

    products: list[ProductOut]
    next: str


class BookOut(Schema):
    """A price book."""

    id: int
    name: str
    currency: str
    is_default: bool
    count: int


class BooksOut(Schema):
    """One page of price books."""

    price_books: list[BookOut]
    next: str


class PriceOut(Schema):
    """What a product costs in a book."""

    product_id: int
    unit_price: Decimal


class PricesOut(Schema):
    """One page of a book's prices."""

    prices: list[PriceOut]
    next: str


class PriceIn(Given):
    """A price to set; null takes the product out of the book."""

    product_id: Id
    unit_price: Amount | None


class PricesIn(Given):
    """Prices to set at once."""

    prices: list[PriceIn] = Field(min_length=1, max_length=500)


class RateOut(Schema):
    """How much of ``to`` one unit of ``currency`` was worth on a day."""

    id: int
    day: date
    currency: str
    to: str
    rate: Decimal


class RatesOut(Schema):
    """One page of rates."""

    rates: list[RateOut]
    next: str


class RateIn(Given):
    """A rate to keep."""

    day: Day
    currency: Code
    to: Code
    rate: Rate


class AllowedOut(Schema):
    """The discount, 0..1, that the caller may give without asking."""

    rate: Decimal


class ProductsAsked(PageAsked):
    """Which products."""

    q: str = Field("", max_length=200)
    category: str = Field("", max_length=100)
    archived: bool = False


@router.get("/products", response={200: ProductsOut, **_SEEN}, url_name="products")
def show_products(request: ApiRequest, asked: Query[ProductsAsked]) -> Any:
    """List products by name."""
    require(request.auth, Permission.SEE_DEALS)
    found = list_products(ProductFilter(asked.q, asked.category, asked.archived))
    return answer_page("products", found, asked)


@router.post("/products", response={201: ProductOut, **_SEEN}, url_name="make_product")
def make_product(request: ApiRequest, given: ProductIn) -> Status[Product]:
    """Put a product into the catalogue."""
    return Status(201, services.make_product(request.auth, _read(given)))


@router.get("/products/{int:product_id}", response={200: ProductOut, **_FOUND}, url_name="product")
def show_product(request: ApiRequest, product_id: int) -> Product:
    """Show a product."""
    require(request.auth, Permission.SEE_DEALS)
    return _find_product(product_id)


@router.put(
    "/products/{int:product_id}", response={200: ProductOut, **_FOUND}, url_name="change_product"
)
def change_product(request: ApiRequest, product_id: int, given: ProductIn) -> Product:
    """Give a product other values."""
    try:
        return services.change_product(request.auth, _within(product_id), _read(given))
    except ObjectDoesNotExist as error:
        raise Http404 from error


@router.get(
    "/products/{int:product_id}/allowed-discount",
    response={200: AllowedOut, **_FOUND},
    url_name="allowed_discount",
)
def show_allowed(request: ApiRequest, product_id: int) -> dict[str, Decimal]:
    """Say how much the caller may give off a product without asking."""
    require(request.auth, Permission.SEE_DEALS)
    return {"rate": allowed_discount(request.auth.role, _find_product(product_id))}


@router.get("/price-books", response={200: BooksOut, **_SEEN}, url_name="price_books")
def show_books(request: ApiRequest, asked: Query[PageAsked]) -> Any:
    """List the price books, of each currency the default one first."""
    require(request.auth, Permission.SEE_DEALS)
    return answer_page("price_books", list_books(), asked)


@router.get(
    "/price-books/{int:book_id}/prices",
    response={200: PricesOut, **_FOUND},
    url_name="prices",
)
def show_prices(request: ApiRequest, book_id: int, asked: Query[PageAsked]) -> Any:
    """List a book's prices by product."""
    require(request.auth, Permission.SEE_DEALS)
    book = _find_book(book_id)
    found = Price.objects.filter(book=book).order_by("product_id")
    return answer_page("prices", found, asked)


@router.put(
    "/price-books/{int:book_id}/prices",
    response={200: list[PriceOut], **_FOUND},
    url_name="set_prices",
)
def set_prices(request: ApiRequest, book_id: int, given: PricesIn) -> Any:
    """Set prices, all of them or none, and return those of the products named."""
    prices = {one.product_id: one.unit_price for one in given.prices}
    try:
        services.set_prices(request.auth, _within(book_id), prices)
    except ObjectDoesNotExist as error:
        raise Http404 from error
    return Price.objects.filter(book_id=book_id, product_id__in=prices).order_by("product_id")


@router.get("/exchange-rates", response={200: RatesOut, **_SEEN}, url_name="exchange_rates")
def show_rates(request: ApiRequest, asked: Query[PageAsked]) -> Any:
    """List the rates, the latest day first."""
    require(request.auth, Permission.SEE_DEALS)
    return answer_page("rates", list_rates(), asked)


@router.put("/exchange-rates", response={200: RateOut, **_SEEN}, url_name="set_exchange_rate")
def set_rate(request: ApiRequest, given: RateIn) -> Any:
    """Keep a day's rate; one that was kept before is replaced."""
    return services.set_rate(request.auth, given.day, given.currency, given.to, given.rate)


def _read(given: ProductIn) -> services.NewProduct:
    return services.NewProduct(**given.dict())


def _find_product(product_id: int) -> Product:
    try:
        return Product.objects.get(pk=_within(product_id))
    except Product.DoesNotExist as error:
        raise Http404 from error


def _find_book(book_id: int) -> PriceBook:
    try:
        return PriceBook.objects.get(pk=_within(book_id))
    except PriceBook.DoesNotExist as error:
        raise Http404 from error


def _within(number: int) -> int:
    if number > _LARGEST_ID:
        raise Http404
    return number

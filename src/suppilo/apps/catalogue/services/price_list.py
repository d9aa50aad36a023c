"""A price list as a file: products and their prices in one book, all of it or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Any

from django.db import transaction

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.catalogue.models import Price, PriceBook, Product
from suppilo.apps.catalogue.services.price_file import PriceRow, read_price_file

_AT_ONCE = 500
_FIELDS = ["name", "category", "unit", "unit_cost"]


@dataclass(frozen=True, slots=True)
class PriceListResult:
    """What a price list brought, or would bring.

    Attributes
    ----------
    rows
        Rows of the file.
    made, changed
        Products that are new, and that got another name, category, unit or cost.
    prices
        Prices that are new or others than before.
    problems
        What is wrong with it, row by row; then nothing was brought in.
    """

    rows: int = 0
    made: int = 0
    changed: int = 0
    prices: int = 0
    problems: tuple[str, ...] = ()


def import_price_list(
    actor: User, book_id: int, content: bytes, *, is_trial: bool = False
) -> PriceListResult:
    """Bring products and prices in from a CSV file or a workbook with number and price.

    Known products (by number) get the file's name, category, unit and cost where the cell isn't
    empty; a cost only where the product's currency is the book's. New ones are made. Products
    that the file doesn't name stay as they are.

    Parameters
    ----------
    is_trial
        Only say what would happen.

    Raises
    ------
    PermissionDenied
        If the role may not manage the catalogue.
    PriceBook.DoesNotExist
        If there is no such book.
    ValidationError
        If the file is too large, no UTF-8 text, or lacks a column.
    """
    require(actor, Permission.MANAGE_CATALOGUE)
    file = read_price_file(content)
    if file.problems:
        return PriceListResult(len(file.rows), problems=tuple(file.problems))
    with transaction.atomic():
        book = PriceBook.objects.select_for_update().get(pk=book_id)
        result = _write(book, file.rows)
        record_audit(actor, "import_price_list", book, rows=result.rows, made=result.made,
                     changed=result.changed, prices=result.prices)  # fmt: skip
        transaction.set_rollback(is_trial)
    return result


def _write(book: PriceBook, rows: Mapping[str, PriceRow]) -> PriceListResult:
    known = _find_products(rows)
    new = [_make(book, row) for sku, row in rows.items() if sku not in known]
    changed = [product for sku, product in known.items() if _fill(product, rows[sku], book)]
    Product.objects.bulk_create(new, batch_size=_AT_ONCE)
    Product.objects.bulk_update(changed, _FIELDS, batch_size=_AT_ONCE)
    known |= _find_products(product.sku for product in new)
    prices = _write_prices(book, {known[sku].pk: row.price for sku, row in rows.items()})
    return PriceListResult(len(rows), len(new), len(changed), prices)


def _find_products(numbers: Iterable[str]) -> dict[str, Product]:
    parts = _parts(numbers)
    return {one.sku: one for part in parts for one in Product.objects.filter(sku__in=part)}


def _make(book: PriceBook, row: PriceRow) -> Product:
    product = Product(sku=row.sku, name=row.sku, currency=book.currency)
    _fill(product, row, book)
    return product


def _fill(product: Product, row: PriceRow, book: PriceBook) -> bool:
    """Give a product what a row says of it; return whether that is another than before."""
    wanted: dict[str, Any] = dict(row.texts)
    if row.cost is not None and product.currency == book.currency:
        wanted["unit_cost"] = row.cost
    other = {name: value for name, value in wanted.items() if getattr(product, name) != value}
    for name, value in other.items():
        setattr(product, name, value)
    return bool(other)


def _write_prices(book: PriceBook, wanted: Mapping[int, Decimal]) -> int:
    before = dict(Price.objects.filter(book=book).values_list("product_id", "unit_price"))
    other = [Price(book=book, product_id=number, unit_price=price)
             for number, price in wanted.items() if before.get(number) != price]  # fmt: skip
    Price.objects.bulk_create(
        other, batch_size=_AT_ONCE, update_conflicts=True,
        unique_fields=["book", "product"], update_fields=["unit_price"],
    )  # fmt: skip
    return len(other)


def _parts(numbers: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(numbers)
    while part := list(islice(rest, _AT_ONCE)):
        yield part

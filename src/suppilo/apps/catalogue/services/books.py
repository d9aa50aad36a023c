"""Price books and the prices in them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.catalogue.models import Price, PriceBook, Product
from suppilo.apps.catalogue.services.clean import clean_name, clean_price
from suppilo.apps.catalogue.sums import check_currency

_LONGEST_NAME = 100


@transaction.atomic
def make_book(actor: User, name: str, currency: str) -> PriceBook:
    """Make a price book; the first one of a currency is its default.

    Raises
    ------
    PermissionDenied
        If the role may not manage the catalogue.
    ValidationError
        If another book has the name, or there is no such currency.
    """
    require(actor, Permission.MANAGE_CATALOGUE)
    code = check_currency(currency)
    is_first = not PriceBook.objects.filter(currency=code, is_default=True).exists()
    book = PriceBook.objects.create(name=_free_name(name), currency=code, is_default=is_first)
    record_audit(actor, "make_price_book", book, currency=code)
    return book


@transaction.atomic
def rename_book(actor: User, book_id: int, name: str) -> PriceBook:
    """Give a price book another name.

    Raises
    ------
    PriceBook.DoesNotExist
        If there is none of this id.
    PermissionDenied, ValidationError
        As :func:`make_book`.
    """
    book = _lock_book(actor, book_id)
    before, book.name = book.name, _free_name(name, book.pk)
    book.save(update_fields=["name"])
    record_audit(actor, "rename_price_book", book, before=before)
    return book


@transaction.atomic
def set_default_book(actor: User, book_id: int) -> PriceBook:
    """Have a currency's prices come from this book first; raises as :func:`rename_book` does."""
    book = _lock_book(actor, book_id)
    if book.is_archived:
        raise ValidationError(_("An archived book can't be the one that is offered first."))
    PriceBook.objects.filter(currency=book.currency, is_default=True).update(is_default=False)
    book.is_default = True
    book.save(update_fields=["is_default"])
    record_audit(actor, "set_default_price_book", book)
    return book


@transaction.atomic
def archive_book(actor: User, book_id: int) -> PriceBook:
    """Use a price book no longer; raises as :func:`rename_book` does."""
    book = _lock_book(actor, book_id)
    book.is_archived, book.is_default = True, False
    book.save(update_fields=["is_archived", "is_default"])
    record_audit(actor, "archive_price_book", book)
    return book


@transaction.atomic
def restore_book(actor: User, book_id: int) -> PriceBook:
    """Use a price book again; raises as :func:`rename_book` does."""
    book = _lock_book(actor, book_id)
    book.is_archived = False
    book.save(update_fields=["is_archived"])
    record_audit(actor, "restore_price_book", book)
    return book


def set_price(actor: User, book_id: int, product_id: int, unit_price: Decimal) -> None:
    """Say what a product costs in a book; raises as :func:`set_prices` does."""
    set_prices(actor, book_id, {product_id: unit_price})


@transaction.atomic
def set_prices(actor: User, book_id: int, prices: Mapping[int, Decimal | None]) -> int:
    """Say what products cost in a book, None: they aren't in it; return how many changed.

    Raises
    ------
    PriceBook.DoesNotExist, Product.DoesNotExist
        If there is no such book or product.
    PermissionDenied
        If the role may not manage the catalogue.
    ValidationError
        If a price is below zero or has more than four decimals.
    """
    book = _lock_book(actor, book_id)
    wanted = {number: None if price is None else clean_price(price)
              for number, price in prices.items()}  # fmt: skip
    known = Price.objects.filter(book=book, product_id__in=wanted)
    before = dict(known.values_list("product_id", "unit_price"))
    other = {number: price for number, price in wanted.items() if before.get(number) != price}
    products = Product.objects.in_bulk(other)
    for number, price in other.items():
        if number not in products:
            raise Product.DoesNotExist
        _write_price(book, products[number], price)
        record_audit(actor, "set_price", products[number], book=book.name,
                     price=_text(price), before=_text(before.get(number)))  # fmt: skip
    return len(other)


def _write_price(book: PriceBook, product: Product, price: Decimal | None) -> None:
    if price is None:
        Price.objects.filter(book=book, product=product).delete()
        return
    Price.objects.update_or_create(book=book, product=product, defaults={"unit_price": price})


def _text(price: Decimal | None) -> str | None:
    return None if price is None else str(price)


def _lock_book(actor: User, book_id: int) -> PriceBook:
    require(actor, Permission.MANAGE_CATALOGUE)
    return PriceBook.objects.select_for_update().get(pk=book_id)


def _free_name(name: str, own_id: int = 0) -> str:
    name = clean_name(name, _LONGEST_NAME)
    if PriceBook.objects.filter(name=name).exclude(pk=own_id).exists():
        raise ValidationError(_("There is a price book “%s” already.") % name)
    return name

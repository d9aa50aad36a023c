"""Products and their prices."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Q, QuerySet

from suppilo.apps.catalogue.models import Price, PriceBook, Product


@dataclass(frozen=True, slots=True)
class ProductFilter:
    """Which products: whose name or number holds the text, of a category, offered or not."""

    search: str = ""
    category: str = ""
    is_archived: bool = False


def list_products(asked: ProductFilter | None = None) -> QuerySet[Product]:
    """Return products by name."""
    asked = asked or ProductFilter()
    found = Product.objects.filter(is_archived=asked.is_archived)
    if asked.category:
        found = found.filter(category=asked.category)
    if asked.search:
        found = found.filter(Q(name__icontains=asked.search) | Q(sku__icontains=asked.search))
    return found.order_by("name", "id")


def list_categories() -> list[str]:
    """Return the categories that products are in."""
    used = Product.objects.exclude(category="").order_by("category")
    return list(used.values_list("category", flat=True).distinct()[:500])


def list_books(*, is_archived: bool = False) -> QuerySet[PriceBook]:
    """Return price books with the number of their prices: by currency, the default one first."""
    found = PriceBook.objects.filter(is_archived=is_archived)
    return found.annotate(count=Count("prices")).order_by("currency", "-is_default", "name")


def prices_in(
    currency: str, product_ids: Collection[int], book_id: int | None = None
) -> dict[int, Decimal]:
    """Return what products cost in a currency: in a book, else in the default one.

    A product that has no price there is left out.
    """
    found = Price.objects.filter(
        product_id__in=product_ids, book__currency=currency, book__is_archived=False
    )
    found = found.filter(book_id=book_id) if book_id else found.filter(book__is_default=True)
    return dict(found.values_list("product_id", "unit_price"))

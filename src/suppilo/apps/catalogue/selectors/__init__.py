"""Reading the catalogue: products with prices, rates by day, limits by role."""

from suppilo.apps.catalogue.selectors.limits import (
    DiscountLimits,
    allowed_discount,
    read_limits,
)
from suppilo.apps.catalogue.selectors.products import (
    ProductFilter,
    list_books,
    list_categories,
    list_products,
    prices_in,
)
from suppilo.apps.catalogue.selectors.rates import (
    NoRateError,
    Rates,
    convert,
    list_rates,
    read_rates,
)

__all__ = [
    "DiscountLimits",
    "NoRateError",
    "ProductFilter",
    "Rates",
    "allowed_discount",
    "convert",
    "list_books",
    "list_categories",
    "list_products",
    "list_rates",
    "prices_in",
    "read_limits",
    "read_rates",
]

"""The verbs on products, price books, rates and limits: each asks first, writes, leaves a trace."""

from suppilo.apps.catalogue.services.books import (
    archive_book,
    make_book,
    rename_book,
    restore_book,
    set_default_book,
    set_price,
    set_prices,
)
from suppilo.apps.catalogue.services.limits import remove_limit, set_limit
from suppilo.apps.catalogue.services.price_list import PriceListResult, import_price_list
from suppilo.apps.catalogue.services.products import (
    NewProduct,
    archive_product,
    change_product,
    free_sku,
    make_product,
    remove_product,
    restore_product,
)
from suppilo.apps.catalogue.services.rates import remove_rate, set_rate

__all__ = [
    "NewProduct",
    "PriceListResult",
    "archive_book",
    "archive_product",
    "change_product",
    "free_sku",
    "import_price_list",
    "make_book",
    "make_product",
    "remove_limit",
    "remove_product",
    "remove_rate",
    "rename_book",
    "restore_book",
    "restore_product",
    "set_default_book",
    "set_limit",
    "set_price",
    "set_prices",
    "set_rate",
]

"""How much somebody may give off without asking."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from suppilo.apps.catalogue.models import DiscountLimit, Product

_ALL = Decimal(1)


@dataclass(frozen=True, slots=True)
class DiscountLimits:
    """The limits of one role, read once for any number of products.

    Attributes
    ----------
    anything
        What holds where nothing more particular was set.
    """

    anything: Decimal
    by_product: Mapping[int, Decimal] = field(default_factory=dict)
    by_category: Mapping[str, Decimal] = field(default_factory=dict)

    def allowed(self, product: Product | None = None) -> Decimal:
        """Return the discount, 0..1, up to which nobody needs to be asked.

        A product's own limit goes before its category's, that before the one for anything.
        """
        if product is None:
            return self.anything
        found = self.by_product.get(product.pk)
        if found is None and product.category:
            found = self.by_category.get(product.category)
        return self.anything if found is None else found


def read_limits(role: str) -> DiscountLimits:
    """Return a role's limits, with one query; where none was set, there is none (1)."""
    rows = list(DiscountLimit.objects.filter(role=role))
    general = [row.rate for row in rows if row.product_id is None and not row.category]
    return DiscountLimits(
        anything=general[0] if general else _ALL,
        by_product={row.product_id: row.rate for row in rows if row.product_id is not None},
        by_category={row.category: row.rate for row in rows if row.category},
    )


def allowed_discount(role: str, product: Product | None = None) -> Decimal:
    """Return the discount, 0..1, that a role may give on a product without asking.

    For many products read the limits once: :func:`read_limits`.
    """
    return read_limits(role).allowed(product)

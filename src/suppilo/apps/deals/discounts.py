"""How much may be given off a deal's prices without asking."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Protocol

from suppilo.apps.accounts.models import Role
from suppilo.apps.catalogue.models import DiscountLimit, Product
from suppilo.apps.catalogue.sums import LoweredLine, effective_discount
from suppilo.apps.deals.models import Approval, ApprovalKind, Deal


class Discounted(LoweredLine, Protocol):
    """A line that may give something off."""

    @property
    def product(self) -> Product | None:
        """What is sold; None for what was typed in."""


def limit_of(limits: Iterable[DiscountLimit], product: Product | None) -> Decimal | None:
    """Return the most that may be given off a product; None: as much as one likes.

    The most particular limit counts: the product's own, else its category's, else that of
    everything. Where a role has none that fits, there is none.
    """
    fitting: dict[int, Decimal] = {}
    for limit in limits:
        if limit.product_id is not None:
            rank = 0 if product is not None and product.pk == limit.product_id else None
        elif limit.category:
            rank = 1 if product is not None and product.category == limit.category else None
        else:
            rank = 2
        if rank is not None:
            fitting[rank] = limit.rate
    return fitting[min(fitting)] if fitting else None


def role_of(deal: Deal) -> str:
    """Return the role whose limits bind a deal: its owner's; a salesperson's where it has none."""
    return deal.owner.role if deal.owner is not None else Role.SALESPERSON


def excess(limits: Iterable[DiscountLimit], lines: Iterable[Discounted]) -> Decimal | None:
    """Return the highest discount among the lines that go beyond their limit; None if none does.

    What counts is what a line gives off its list price, however it does so.
    """
    limits = list(limits)
    beyond = [
        given for line in lines
        if (given := effective_discount(line)) > 0
        and (most := limit_of(limits, line.product)) is not None
        and given > most
    ]  # fmt: skip
    return max(beyond, default=None)


def needed_approval(deal: Deal) -> Decimal | None:
    """Return the discount that must be approved before the deal moves on; None if none must."""
    if not deal.discount:
        return None
    limits = DiscountLimit.objects.filter(role=role_of(deal))
    return excess(limits, deal.items.select_related("product"))


def find_approval(
    approvals: Iterable[Approval],
    rate: Decimal,
    lines: Iterable[Discounted],
    limits: Iterable[DiscountLimit],
) -> Approval | None:
    """Return the first of some approvals that covers a discount up to this rate on these lines.

    It holds as far as whoever gave it may go: not for what was lowered beyond that since.

    Parameters
    ----------
    approvals
        Those that were given and still are.
    limits
        Every role's.
    """
    lines, limits = list(lines), list(limits)

    def holds(approval: Approval) -> bool:
        by = approval.answered_by
        own = [limit for limit in limits if by is not None and limit.role == by.role]
        return excess(own, lines) is None

    return next(
        (one for one in approvals
         if one.kind == ApprovalKind.DISCOUNT and one.rate is not None and one.rate >= rate
         and holds(one)),
        None,
    )  # fmt: skip

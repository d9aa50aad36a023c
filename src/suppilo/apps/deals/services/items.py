"""A deal's line items, and the amount that is made of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeAlias

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.catalogue.models import Product
from suppilo.apps.catalogue.selectors.products import prices_in
from suppilo.apps.catalogue.sums import sum_lines
from suppilo.apps.deals import cleaning
from suppilo.apps.deals.discounts import needed_approval
from suppilo.apps.deals.drafts import NewItem
from suppilo.apps.deals.models import Approval, ApprovalKind, ApprovalState, Deal, LineItem
from suppilo.apps.deals.services.costs import keep_costs
from suppilo.apps.deals.services.writing import Deed, note_changes, save_deal, take_deal
from suppilo.apps.deals.values import plain

MOST_ITEMS = 500
ListPrices: TypeAlias = Mapping[tuple[int | None, Decimal], Decimal | None]
SUMS = ("amount", "is_amount_typed", "cost", "discount")


@transaction.atomic
def set_items(
    actor: User | None,
    deal_id: int,
    items: Sequence[NewItem],
    *,
    source: str,
    revision: int | None = None,
) -> Deal:
    """Give a deal these line items in place of those it has; its amount is their sum.

    Without any, the amount stays as it is and can be typed in.

    Raises
    ------
    ValidationError
        Under ``items``: which line can't be used, and why. Others as :func:`move_deal` does.
    """
    deed = Deed.begin(actor, source)
    deal = take_deal(actor, deal_id, revision)
    items = keep_costs(actor, deal, items)
    before, sums = shown_items(deal), {name: getattr(deal, name) for name in SUMS}
    kept = {(row.product_id, row.unit_price): row.list_price for row in deal.items.all()}
    deal.items.all().delete()
    write_items(deal, items, kept)
    after = shown_items(deal)
    changes: dict[str, tuple[Any, Any]] = {"items": (before, after)}
    changes |= {name: (old, getattr(deal, name)) for name, old in sums.items()
                if name in ("amount", "discount")}  # fmt: skip
    note_changes(deed, deal, changes)
    save_deal(deed, deal, *SUMS)
    supersede_discounts(deal)
    record_audit(actor, "set_items", deal, items=len(after))
    return follow_up(deed, deal)


def follow_up(deed: Deed, deal: Deal) -> Deal:
    """Let a changed deal move by itself where it now may; return it as it is then."""
    from suppilo.apps.deals.services.advancing import advance_after

    return advance_after(deed, deal)


def write_items(deal: Deal, items: Sequence[NewItem], kept: ListPrices | None = None) -> None:
    """Write the line items of a deal that has none, and set its sums without saving them.

    A line like one that the deal had keeps that one's list price, whatever the price book says
    now: ``kept``, by product and price.
    """
    rows = build_items(deal, items)
    for row in rows:
        before = (kept or {}).get((row.product_id, row.unit_price))
        row.list_price = row.list_price if before is None else before
    LineItem.objects.bulk_create(rows)
    set_sums(deal, rows)


def set_sums(deal: Deal, rows: Iterable[LineItem]) -> None:
    """Set a deal's amount, cost and discount from its line items, if there are any."""
    rows = list(rows)
    deal.is_amount_typed = not rows
    if not rows:
        deal.cost, deal.discount = None, type(deal.discount)(0)
        return
    totals = sum_lines(rows, deal.currency)
    deal.amount, deal.cost, deal.discount = totals.amount, totals.cost, totals.discount


class Goods:
    """Products and their prices, each read once however many deals ask for them."""

    def __init__(self) -> None:
        self._products: dict[int, Product] = {}
        self._prices: dict[tuple[str, int | None, int], Decimal | None] = {}

    def products(self, items: Iterable[NewItem]) -> dict[int, Product]:
        """Return the products of lines, and others."""
        wanted = {item.product_id for item in items if item.product_id} - self._products.keys()
        if wanted:
            self._products |= Product.objects.in_bulk(wanted)
        return self._products

    def prices(self, deal: Deal, items: Iterable[NewItem]) -> dict[int, Decimal | None]:
        """Return what the products of a deal's lines cost in its price book; None where nothing."""
        currency, book = deal.currency, deal.price_book_id
        products = {item.product_id for item in items if item.product_id}
        missing = [one for one in products if (currency, book, one) not in self._prices]
        if missing:
            found = prices_in(currency, missing, book)
            self._prices |= {(currency, book, one): found.get(one) for one in missing}
        return {one: self._prices[currency, book, one] for one in products}


def build_items(deal: Deal, items: Sequence[NewItem], goods: Goods | None = None) -> list[LineItem]:
    """Return the rows of line items, with what is left out taken from their products.

    Parameters
    ----------
    goods
        What was read before; for many deals in turn.

    Raises
    ------
    ValidationError
        Under ``items``: which line can't be used, and why.
    """
    if len(items) > MOST_ITEMS:
        raise ValidationError({"items": _("A deal has at most %d lines.") % MOST_ITEMS})
    goods = goods or Goods()
    products, prices = goods.products(items), goods.prices(deal, items)
    rows, errors = [], []
    for place, item in enumerate(items):
        try:
            rows.append(_build(deal, place, item, products, prices))
        except ValidationError as error:
            errors += [
                _("Line %(line)d: %(message)s") % {"line": place + 1, "message": message}
                for message in error.messages
            ]
    if errors:
        raise ValidationError({"items": errors})
    return rows


def _build(
    deal: Deal,
    place: int,
    item: NewItem,
    products: Mapping[int, Product],
    prices: Mapping[int, Decimal | None],
) -> LineItem:
    product = products.get(item.product_id or 0)
    if item.product_id is not None and product is None:
        raise ValidationError(_("There is no such product."))
    listed = prices.get(product.pk) if product is not None else None
    listed = listed if item.list_price is None else cleaning.amount(item.list_price)
    price = listed if item.unit_price is None else item.unit_price
    if price is None or price == "":
        raise ValidationError(_("Say what one costs, in %s.") % deal.currency)
    cost = item.unit_cost
    if cost is None and product is not None and product.currency == deal.currency:
        cost = product.unit_cost
    needed = _("Describe what is sold.")
    described = item.description or (product.name if product is not None else "")
    return LineItem(
        deal=deal,
        product=product,
        description=cleaning.text(300, needed=needed)(described),
        quantity=cleaning.quantity(item.quantity),
        unit_price=cleaning.amount(price),
        list_price=listed,
        unit_cost=cleaning.money(cost),
        discount=cleaning.rate(item.discount) or 0,
        position=place,
    )


def shown_items(deal: Deal) -> list[dict[str, Any]]:
    """Return a deal's line items as history keeps them."""
    return [
        {
            "description": row.description,
            "quantity": plain(row.quantity),
            "unit_price": plain(row.unit_price),
            "discount": plain(row.discount),
        }
        for row in deal.items.all()
    ]


def supersede_discounts(deal: Deal) -> None:
    """End the approvals of a discount that has grown beyond them."""
    needed = needed_approval(deal)
    if needed is None:
        return
    Approval.objects.filter(
        deal=deal, kind=ApprovalKind.DISCOUNT, rate__lt=needed,
        state__in=(ApprovalState.ASKED, ApprovalState.APPROVED),
    ).update(state=ApprovalState.SUPERSEDED)  # fmt: skip

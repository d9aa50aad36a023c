"""The costs of a deal's lines, where somebody writes the lines who doesn't see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from suppilo.apps.accounts.models import User
from suppilo.apps.catalogue.costs import refuse_costs, sees_costs
from suppilo.apps.deals.drafts import NewItem
from suppilo.apps.deals.models import Deal, LineItem


def keep_costs(actor: User | None, deal: Deal, items: Sequence[NewItem]) -> Sequence[NewItem]:
    """Return the lines that a deal is to have; who sees no costs leaves them as they are.

    A line keeps the cost of the one of the same product and description, else of the one of the
    same product in the same place. Where there is none it is the product's.

    Raises
    ------
    ValidationError
        If an actor who sees no costs gives one.
    """
    if sees_costs(actor):
        return items
    refuse_costs(actor, (item.unit_cost for item in items))
    rows = list(deal.items.all())
    alike = [_take(rows, item) for item in items]
    left = {row.position: row for row in rows}
    return [
        _with_cost(item, row or left.get(place))
        for place, (item, row) in enumerate(zip(items, alike, strict=True))
    ]


def _take(rows: list[LineItem], item: NewItem) -> LineItem | None:
    """Take the row out that is an item's by product and description, if there is one."""
    for row in rows:
        is_named = item.description == row.description
        is_products = item.product_id is not None and not item.description
        if row.product_id == item.product_id and (is_named or is_products):
            rows.remove(row)
            return row
    return None


def _with_cost(item: NewItem, row: LineItem | None) -> NewItem:
    if row is None or row.product_id != item.product_id:
        return item
    return replace(item, unit_cost=row.unit_cost)

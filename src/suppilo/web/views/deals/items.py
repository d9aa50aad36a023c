"""A deal's line items, edited all at once in one form."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.catalogue.costs import sees_costs
from suppilo.apps.catalogue.models import Product
from suppilo.apps.catalogue.selectors import prices_in
from suppilo.apps.deals.errors import DealError
from suppilo.apps.deals.models import Deal, LineItem, MoveSource
from suppilo.apps.deals.services import NewItem, set_items
from suppilo.web.access import UserRequest, page
from suppilo.web.templatetags.deal_words import plain_number
from suppilo.web.views.deals.fields import read_decimal, read_percent
from suppilo.web.views.deals.finding import find_deal, read_id

_MOST_LINES = 500
_MOST_PRODUCTS = 2_000
_BLANK = 3


@dataclass(frozen=True, slots=True)
class Line:
    """A line as the form has it: texts."""

    product: str = ""
    description: str = ""
    quantity: str = ""
    price: str = ""
    cost: str = ""
    discount: str = ""

    @property
    def is_blank(self) -> bool:
        """Whether nothing was written into it."""
        return not (self.product or self.description.strip() or self.price.strip())


@page(Permission.EDIT_DEALS)
def edit_items(request: UserRequest, deal_id: int) -> HttpResponse:
    """Show a deal's lines as a form, or take what it sends."""
    deal = find_deal(request.user, deal_id)
    if request.method == "GET":
        lines = [_line(item) for item in deal.items.all()]
        return _show(request, deal, lines, [])
    lines = _read_lines(request.POST)
    if "add" in request.POST:
        return _show(request, deal, lines, [])
    try:
        items = _read_items(lines)
        revision = read_id(request.POST.get("revision", ""))
        set_items(request.user, deal.pk, items, source=MoveSource.PAGE, revision=revision)
    except ValidationError as error:
        return _show(request, deal, lines, error.messages)
    except DealError as error:
        return _show(request, deal, lines, [error.message])
    except Deal.DoesNotExist as error:
        raise Http404 from error
    return redirect(f"{deal.get_absolute_url()}#items")


def _show(request: UserRequest, deal: Deal, lines: list[Line], errors: list[str]) -> HttpResponse:
    context: dict[str, Any] = {
        "deal": deal,
        "lines": [*lines, *[Line()] * _BLANK],
        "products": _list_products(deal),
        "errors": errors,
        "sees_costs": sees_costs(request.user),
        "fresh_revision": Deal.objects.values_list("revision", flat=True).get(pk=deal.pk),
    }
    return render(request, "deals/items.html", context, status=422 if errors else 200)


def _list_products(deal: Deal) -> list[tuple[Product, Decimal | None]]:
    """Return what is sold, with its price in the deal's price book."""
    products = Product.objects.filter(is_archived=False).order_by("name", "id")[:_MOST_PRODUCTS]
    by_product = prices_in(deal.currency, [one.pk for one in products], deal.price_book_id)
    return [(product, by_product.get(product.pk)) for product in products]


def _line(item: LineItem) -> Line:
    return Line(
        "" if item.product_id is None else str(item.product_id),
        item.description,
        plain_number(item.quantity),
        _plain(item.unit_price),
        "" if item.unit_cost is None else _plain(item.unit_cost),
        _plain(item.discount * 100) if item.discount else "",
    )


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _read_lines(given: QueryDict) -> list[Line]:
    names = ("product", "description", "quantity", "price", "cost", "discount")
    columns = [given.getlist(name)[:_MOST_LINES] for name in names]
    height = max(map(len, columns), default=0)
    filled = [column + [""] * (height - len(column)) for column in columns]
    lines = [Line(*texts) for texts in zip(*filled, strict=True)]
    dropped = set(given.getlist("drop"))
    return [
        line for place, line in enumerate(lines) if not line.is_blank and str(place) not in dropped
    ]


def _read_items(lines: list[Line]) -> list[NewItem]:
    items, errors = [], []
    for number, line in enumerate(lines, 1):
        try:
            items.append(_read_item(line))
        except ValidationError as error:
            errors += [_("Line %(line)d: %(message)s") % {"line": number, "message": text}
                       for text in error.messages]  # fmt: skip
    if errors:
        raise ValidationError(errors)
    return items


def _read_item(line: Line) -> NewItem:
    return NewItem(
        product_id=read_id(line.product),
        description=line.description,
        quantity=read_decimal(line.quantity) or Decimal(1),
        unit_price=read_decimal(line.price),
        unit_cost=read_decimal(line.cost),
        discount=read_percent(line.discount) or Decimal(0),
    )

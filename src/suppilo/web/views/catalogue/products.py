"""The list of products, and one product."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.catalogue import services
from suppilo.apps.catalogue.costs import sees_costs
from suppilo.apps.catalogue.models import Price, Product
from suppilo.apps.catalogue.selectors import (
    ProductFilter,
    list_categories,
    list_products,
    prices_in,
)
from suppilo.apps.catalogue.sums import margin_rate
from suppilo.web.access import UserRequest, page
from suppilo.web.forms import status_of
from suppilo.web.number_fields import NumberField
from suppilo.web.paging import number_page


class ProductForm(forms.Form):
    """What a product is."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    sku = forms.CharField(
        label=gettext_lazy("Number"), max_length=60, help_text=gettext_lazy("As in your stock")
    )
    category = forms.CharField(
        label=gettext_lazy("Category"), max_length=100, required=False,
        widget=forms.TextInput(attrs={"list": "categories"}),
    )  # fmt: skip
    unit = forms.CharField(
        label=gettext_lazy("Unit"), max_length=20, required=False,
        widget=forms.TextInput(attrs={"placeholder": gettext_lazy("piece, hour, month")}),
    )  # fmt: skip
    unit_cost = NumberField(
        label=gettext_lazy("What one costs us"), required=False,
        help_text=gettext_lazy("The margin is made of it"),
    )  # fmt: skip
    currency = forms.CharField(label=gettext_lazy("Currency of the cost"), max_length=3)

    def read(self) -> services.NewProduct:
        """Return what the services take."""
        return services.NewProduct(**self.cleaned_data)


@dataclass(frozen=True, slots=True)
class ProductLine:
    """A product as the list shows it, with its price in the default book of its currency."""

    product: Product
    price: Decimal | None

    @property
    def margin(self) -> Decimal | None:
        """The margin as a share of the price."""
        return None if self.price is None else margin_rate(self.price, self.product.unit_cost)


@page(Permission.SEE_DEALS, methods=("GET",))
def show_products(request: UserRequest) -> HttpResponse:
    """List the products."""
    asked = ProductFilter(
        request.GET.get("q", "")[:200],
        request.GET.get("category", "")[:100],
        is_archived="archived" in request.GET,
    )
    found = number_page(list_products(asked), request.GET.get("page"))
    context = {
        "asked": asked,
        "page": found,
        "lines": _lines(found.items),
        "categories": list_categories(),
        "may_manage": allows(request.user, Permission.MANAGE_CATALOGUE),
        "sees_costs": sees_costs(request.user),
    }
    return render(request, "catalogue/products.html", context)


def _lines(products: Sequence[Product]) -> list[ProductLine]:
    by_currency: dict[str, list[int]] = {}
    for product in products:
        by_currency.setdefault(product.currency, []).append(product.pk)
    prices: dict[int, Decimal] = {}
    for currency, ids in by_currency.items():
        prices |= prices_in(currency, ids)
    return [ProductLine(product, prices.get(product.pk)) for product in products]


@page(Permission.MANAGE_CATALOGUE)
def make(request: UserRequest) -> HttpResponse:
    """Put a product into the catalogue."""
    form = ProductForm(request.POST or None, initial={"currency": "EUR"})
    if request.method == "POST" and form.is_valid():
        try:
            product = services.make_product(request.user, form.read())
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("%s is in the catalogue.") % product.name)
            return redirect("product", product.pk)
    context = {"form": form, "categories": list_categories()}
    return render(request, "catalogue/product_new.html", context, status=status_of(form))


@page(Permission.SEE_DEALS, methods=("GET", "POST"))
def show_product(request: UserRequest, product_id: int) -> HttpResponse:
    """Show a product with its prices, and change it."""
    product = get_object_or_404(Product, pk=product_id)
    form = ProductForm(request.POST or None, initial=_values(product))
    if request.method == "POST" and form.is_valid():
        try:
            services.change_product(request.user, product_id, form.read())
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("product", product_id)
    prices = Price.objects.filter(product=product).select_related("book").order_by("book__name")
    context = {
        "product": product,
        "form": form,
        "prices": prices,
        "categories": list_categories(),
        "may_manage": allows(request.user, Permission.MANAGE_CATALOGUE),
        "sees_costs": sees_costs(request.user),
    }
    return render(request, "catalogue/product.html", context, status=status_of(form))


def _values(product: Product) -> dict[str, object]:
    names = ("name", "sku", "category", "unit", "unit_cost", "currency")
    return {name: getattr(product, name) for name in names}


@page(Permission.MANAGE_CATALOGUE, methods=("POST",))
def archive(request: UserRequest, product_id: int) -> HttpResponse:
    """Offer a product no longer."""
    try:
        product = services.archive_product(request.user, product_id)
    except Product.DoesNotExist as error:
        raise Http404 from error
    messages.success(request, _("%s is offered no longer.") % product.name)
    return redirect("product", product_id)


@page(Permission.MANAGE_CATALOGUE, methods=("POST",))
def restore(request: UserRequest, product_id: int) -> HttpResponse:
    """Offer a product again."""
    try:
        product = services.restore_product(request.user, product_id)
    except Product.DoesNotExist as error:
        raise Http404 from error
    messages.success(request, _("%s is offered again.") % product.name)
    return redirect("product", product_id)

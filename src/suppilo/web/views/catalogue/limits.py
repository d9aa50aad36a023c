"""Discount limits: how much each role may give off without asking."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from suppilo.apps.accounts.models import Role
from suppilo.apps.accounts.permissions import GRANTS, Permission, allows
from suppilo.apps.catalogue import services
from suppilo.apps.catalogue.models import DiscountLimit, Product
from suppilo.apps.catalogue.selectors import list_categories
from suppilo.web.access import UserRequest, page
from suppilo.web.forms import status_of
from suppilo.web.number_fields import PercentField
from suppilo.web.paging import number_page


class LimitForm(forms.Form):
    """How much a role may give off, of what."""

    role = forms.ChoiceField(label=gettext_lazy("Role"))
    rate = PercentField(label=gettext_lazy("At most, in %"))
    category = forms.ChoiceField(label=gettext_lazy("Of the category"), required=False)
    sku = forms.CharField(
        label=gettext_lazy("Or of one product: its number"), max_length=60, required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sellers = [role for role in Role.values if Permission.EDIT_DEALS in GRANTS[role]]
        self._offer("role", [(role, Role(role).label) for role in sellers])
        self._offer("category", [("", _("anything")), *((one, one) for one in list_categories())])

    def _offer(self, name: str, choices: Sequence[tuple[str, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def clean_sku(self) -> int | None:
        """Return the product's id.

        Raises
        ------
        ValidationError
            If no product has the number.
        """
        sku = self.cleaned_data["sku"]
        found = Product.objects.filter(sku=sku).first() if sku else None
        if sku and found is None:
            raise ValidationError(_("No product has the number “%s”.") % sku)
        return found.pk if found else None


@page(Permission.SEE_DEALS)
def show_limits(request: UserRequest) -> HttpResponse:
    """List the limits, and set one."""
    form = LimitForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            services.set_limit(
                request.user, given["role"], given["rate"],
                product_id=given["sku"], category=given["category"],
            )  # fmt: skip
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The limit holds from now on."))
            return redirect("discount_limits")
    context = {
        "form": form,
        "page": number_page(_list_limits(), request.GET.get("page")),
        "may_manage": allows(request.user, Permission.MANAGE_CATALOGUE),
    }
    return render(request, "catalogue/limits.html", context, status=status_of(form))


def _list_limits() -> Any:
    return DiscountLimit.objects.select_related("product").order_by(
        "role", "category", "product__name"
    )


@page(Permission.MANAGE_CATALOGUE, methods=("POST",))
def remove(request: UserRequest, limit_id: int) -> HttpResponse:
    """Remove a limit."""
    try:
        services.remove_limit(request.user, limit_id)
    except DiscountLimit.DoesNotExist as error:
        raise Http404 from error
    messages.success(request, _("The limit is removed."))
    return redirect("discount_limits")

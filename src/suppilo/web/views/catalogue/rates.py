"""Rates of exchange, by day."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.catalogue import services
from suppilo.apps.catalogue.models import ExchangeRate
from suppilo.apps.catalogue.selectors import list_rates
from suppilo.web.access import UserRequest, page
from suppilo.web.forms import status_of
from suppilo.web.number_fields import NumberField
from suppilo.web.paging import number_page


class RateForm(forms.Form):
    """A day's rate."""

    day = forms.DateField(
        label=gettext_lazy("Day"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    currency = forms.CharField(label=gettext_lazy("One unit of"), max_length=3)
    rate = NumberField(label=gettext_lazy("is worth"))
    to = forms.CharField(label=gettext_lazy("of"), max_length=3, initial="EUR")


@page(Permission.SEE_DEALS)
def show_rates(request: UserRequest) -> HttpResponse:
    """List the rates, and take one."""
    form = RateForm(request.POST or None, initial={"day": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        try:
            made = services.set_rate(request.user, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            values = {"currency": made.currency, "to": made.to}
            messages.success(request, _("The rate of %(currency)s to %(to)s is kept.") % values)
            return redirect("exchange_rates")
    context = {
        "form": form,
        "page": number_page(list_rates(), request.GET.get("page")),
        "may_manage": allows(request.user, Permission.MANAGE_CATALOGUE),
    }
    return render(request, "catalogue/rates.html", context, status=status_of(form))


@page(Permission.MANAGE_CATALOGUE, methods=("POST",))
def remove(request: UserRequest, rate_id: int) -> HttpResponse:
    """Remove a rate."""
    try:
        services.remove_rate(request.user, rate_id)
    except ExchangeRate.DoesNotExist as error:
        raise Http404 from error
    messages.success(request, _("The rate is removed."))
    return redirect("exchange_rates")

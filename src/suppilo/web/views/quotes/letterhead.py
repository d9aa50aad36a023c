"""Our own details, as quotes and invoices show them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.letterhead.logos import MOST_BYTES
from suppilo.apps.letterhead.models import Letterhead
from suppilo.apps.letterhead.services import (
    change_letterhead,
    get_letterhead,
    remove_logo,
    set_logo,
)
from suppilo.apps.letterhead.words import LANGUAGES
from suppilo.web.access import UserRequest, page
from suppilo.web.forms import status_of
from suppilo.web.number_fields import PercentField

_AREA = forms.Textarea(attrs={"rows": 3})


class LetterheadForm(forms.Form):
    """Our own details."""

    name = forms.CharField(label=gettext_lazy("Company"), max_length=200)
    address = forms.CharField(
        label=gettext_lazy("Address"), required=False, widget=_AREA, max_length=5000
    )
    registration = forms.CharField(
        label=gettext_lazy("Registration number"), max_length=60, required=False
    )
    tax_number = forms.CharField(label=gettext_lazy("VAT number"), max_length=60, required=False)
    email = forms.EmailField(label=gettext_lazy("E-mail"), required=False)
    phone = forms.CharField(label=gettext_lazy("Phone"), max_length=60, required=False)
    website = forms.CharField(label=gettext_lazy("Website"), max_length=200, required=False)
    bank = forms.CharField(
        label=gettext_lazy("Bank account"), required=False, widget=_AREA, max_length=5000
    )
    language = forms.ChoiceField(
        label=gettext_lazy("New papers are in"),
        choices=[one for one in settings.LANGUAGES if one[0] in LANGUAGES],
    )
    tax_rate = PercentField(label=gettext_lazy("VAT, in %"), required=False)
    quote_days = forms.IntegerField(
        label=gettext_lazy("A quote is valid for (days)"), min_value=0, max_value=365
    )
    payment_days = forms.IntegerField(
        label=gettext_lazy("An invoice is due after (days)"), min_value=0, max_value=365
    )
    quote_terms = forms.CharField(
        label=gettext_lazy("Terms of quotes"), required=False, widget=_AREA, max_length=5000
    )
    invoice_terms = forms.CharField(
        label=gettext_lazy("Terms of invoices"), required=False, widget=_AREA, max_length=5000
    )

    def read(self) -> dict[str, Any]:
        """Return what the service takes."""
        return {**self.cleaned_data, "tax_rate": self.cleaned_data["tax_rate"] or 0}


class LogoForm(forms.Form):
    """A picture for papers."""

    logo = forms.FileField(
        label=gettext_lazy("Picture"), help_text=gettext_lazy("PNG, JPEG or WebP, up to 2 MB")
    )


@page(Permission.MANAGE_INVOICES)
def show_letterhead(request: UserRequest) -> HttpResponse:
    """Show our details, and take them."""
    letterhead = get_letterhead()
    form = LetterheadForm(request.POST or None, initial=_values(letterhead))
    if request.method == "POST" and form.is_valid():
        try:
            change_letterhead(request.user, form.read())
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("New quotes and invoices show this from now on."))
            return redirect("letterhead")
    return _show(request, letterhead, form, LogoForm())


@page(Permission.MANAGE_INVOICES, methods=("POST",))
def upload_logo(request: UserRequest) -> HttpResponse:
    """Take a picture for papers."""
    logo_form = LogoForm(request.POST, request.FILES)
    if logo_form.is_valid():
        try:
            set_logo(request.user, logo_form.cleaned_data["logo"].read(MOST_BYTES + 1))
        except ValidationError as error:
            logo_form.add_error("logo", error)
        else:
            return redirect("letterhead")
    letterhead = get_letterhead()
    return _show(request, letterhead, LetterheadForm(initial=_values(letterhead)), logo_form)


@page(Permission.MANAGE_INVOICES, methods=("POST",))
def drop_logo(request: UserRequest) -> HttpResponse:
    """Show no picture any more."""
    remove_logo(request.user)
    return redirect("letterhead")


@page(Permission.MANAGE_INVOICES, methods=("GET",))
def show_logo(request: UserRequest) -> HttpResponse:
    """Give the picture itself."""
    del request
    logo = get_letterhead().logo
    if logo is None:
        raise Http404
    return HttpResponse(bytes(logo.picture), content_type="image/png")


def _show(
    request: UserRequest, letterhead: Letterhead, form: LetterheadForm, logo_form: LogoForm
) -> HttpResponse:
    context = {"letterhead": letterhead, "form": form, "logo_form": logo_form}
    status = max(status_of(form), status_of(logo_form))
    return render(request, "quotes/letterhead.html", context, status=status)


def _values(letterhead: Letterhead) -> dict[str, Any]:
    return {name: getattr(letterhead, name) for name in LetterheadForm.base_fields}

"""One quote: worded while it is a draft, looked after when it was sent; its PDF."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.letterhead.drawing import DrawingError
from suppilo.apps.letterhead.services import get_letterhead
from suppilo.apps.letterhead.words import LANGUAGES
from suppilo.apps.quotes import services
from suppilo.apps.quotes.drawing import quote_pdf
from suppilo.apps.quotes.links import link_url
from suppilo.apps.quotes.models import WAITING, Quote
from suppilo.apps.quotes.selectors import get_quote
from suppilo.web.access import UserRequest, page
from suppilo.web.forms import MailForm, status_of
from suppilo.web.number_fields import PercentField

_AREA = forms.Textarea(attrs={"rows": 3})
_VERSIONS = 50


class QuoteForm(forms.Form):
    """What a draft says besides its lines."""

    customer_name = forms.CharField(label=gettext_lazy("Customer"), max_length=200)
    customer_details = forms.CharField(
        label=gettext_lazy("Address and numbers"), required=False, widget=_AREA
    )
    contact_name = forms.CharField(label=gettext_lazy("Contact"), max_length=200, required=False)
    contact_email = forms.EmailField(label=gettext_lazy("E-mail"), required=False)
    valid_until = forms.DateField(
        label=gettext_lazy("Valid until"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    tax_rate = PercentField(label=gettext_lazy("VAT, in %"), required=False)
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        choices=[one for one in settings.LANGUAGES if one[0] in LANGUAGES],
    )
    introduction = forms.CharField(label=gettext_lazy("Introduction"), required=False, widget=_AREA)
    terms = forms.CharField(label=gettext_lazy("Terms"), required=False, widget=_AREA)

    def read(self) -> services.QuoteTexts:
        """Return what the services take."""
        given = self.cleaned_data
        return services.QuoteTexts(**{**given, "tax_rate": given["tax_rate"] or 0})


@page(Permission.SEE_DEALS)
def show_quote(request: UserRequest, quote_id: int) -> HttpResponse:
    """Show a quote, and take the words of a draft."""
    quote = find_quote(request, quote_id)
    form = QuoteForm(request.POST or None, initial=_values(quote))
    if request.method == "POST" and form.is_valid():
        try:
            services.change_quote(request.user, quote_id, form.read())
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("quote", quote_id)
    context = _context(request, quote, form)
    return render(request, "quotes/detail.html", context, status=status_of(form))


def _values(quote: Quote) -> dict[str, Any]:
    first = quote.lines.first()
    names = [name for name in QuoteForm.base_fields if name != "tax_rate"]
    return {name: getattr(quote, name) for name in names} | {
        "tax_rate": first.tax_rate if first else 0
    }


def _context(request: UserRequest, quote: Quote, form: QuoteForm) -> dict[str, Any]:
    state = quote.state_on(timezone.localdate())
    versions = Quote.objects.filter(number=quote.number).order_by("-version")
    return {
        "quote": quote,
        "state": state,
        "lines": quote.lines.select_related("product"),
        "form": form,
        "is_waiting": state in WAITING,
        "link": link_url(quote),
        "mail_form": MailForm(initial={"to": quote.sent_to or quote.contact_email}),
        "visits": quote.visits.order_by("-id")[:_VERSIONS],
        "versions": versions[:_VERSIONS] if quote.number else [],
        "may_edit": allows(request.user, Permission.EDIT_DEALS),
        "may_invoice": allows(request.user, Permission.MANAGE_INVOICES),
        "lacks_details": quote.is_draft and not get_letterhead().name,
    }


@page(Permission.SEE_DEALS, methods=("GET",))
def show_pdf(request: UserRequest, quote_id: int) -> HttpResponse:
    """Give a quote as PDF."""
    return answer_pdf(find_quote(request, quote_id))


def answer_pdf(quote: Quote) -> HttpResponse:
    """Return an answer with a quote's PDF; 503 where it can't be drawn now."""
    try:
        content = quote_pdf(quote)
    except DrawingError as error:
        return HttpResponse(str(error), status=503, content_type="text/plain; charset=utf-8")
    response = HttpResponse(content, content_type="application/pdf")
    name = f"{quote.number or 'draft'}-{quote.version}"
    response["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return response


def find_quote(request: UserRequest, quote_id: int) -> Quote:
    """Return a quote that the user may see, or answer 404."""
    try:
        return get_quote(request.user, quote_id)
    except Quote.DoesNotExist as error:
        raise Http404 from error

"""What can be done with an invoice."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.deals.models import Deal
from suppilo.apps.invoices import services
from suppilo.apps.invoices.models import Invoice, Payment
from suppilo.apps.letterhead.drawing import DrawingError
from suppilo.apps.quotes.models import Quote
from suppilo.web.access import UserRequest, page
from suppilo.web.views.invoices.one import PaymentForm, find_invoice

T = TypeVar("T")
_LONGEST_NUMBER = 18


@page(Permission.MANAGE_INVOICES, methods=("POST",))
def make(request: UserRequest, deal_id: int) -> HttpResponse:
    """Make an invoice: of a deal's accepted quote, or of its line items."""
    text = request.POST.get("quote", "")
    is_number = text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER
    quote_id = int(text) if is_number else None
    made = _try(request, lambda: services.make_invoice(request.user, deal_id, quote_id))
    if made is not None:
        return redirect("invoice", made.pk)
    return redirect("quote", quote_id) if quote_id else redirect("deal_quotes", deal_id)


@page(Permission.MANAGE_INVOICES, methods=("POST",))
def send(request: UserRequest, invoice_id: int) -> HttpResponse:
    """Give a draft its number and have it paid."""
    find_invoice(request, invoice_id)
    sent = _try(request, lambda: services.send_invoice(request.user, invoice_id))
    if sent:
        messages.success(request, _("%s is dated today; mail its PDF.") % sent.number)
    return redirect("invoice", invoice_id)


@page(Permission.MANAGE_INVOICES, methods=("POST",))
def mail(request: UserRequest, invoice_id: int) -> HttpResponse:
    """Mail an invoice's PDF."""
    find_invoice(request, invoice_id)
    to, message = request.POST.get("to", "").strip(), request.POST.get("message", "")
    try:
        is_taken = _try(
            request, lambda: services.mail_invoice(request.user, invoice_id, to, message)
        )
    except DrawingError as error:
        messages.error(request, str(error))
        return redirect("invoice", invoice_id)
    if is_taken:
        messages.success(request, _("The PDF was mailed to %s.") % to)
    elif is_taken is False:
        messages.error(request, _("The mail server did not take the mail; send the PDF yourself."))
    return redirect("invoice", invoice_id)


@page(Permission.MANAGE_INVOICES, methods=("POST",))
def cancel(request: UserRequest, invoice_id: int) -> HttpResponse:
    """Take a sent invoice back."""
    find_invoice(request, invoice_id)
    reason = request.POST.get("reason", "")
    _try(request, lambda: services.cancel_invoice(request.user, invoice_id, reason))
    return redirect("invoice", invoice_id)


@page(Permission.MANAGE_INVOICES, methods=("POST",))
def delete(request: UserRequest, invoice_id: int) -> HttpResponse:
    """Throw a draft away."""
    find_invoice(request, invoice_id)
    if _try(request, lambda: services.delete_draft(request.user, invoice_id)):
        return redirect("invoices")
    return redirect("invoice", invoice_id)


@page(Permission.MANAGE_INVOICES, methods=("POST",))
def pay(request: UserRequest, invoice_id: int) -> HttpResponse:
    """Record money that came in."""
    return _record(request, invoice_id, services.record_payment)


@page(Permission.MANAGE_INVOICES, methods=("POST",))
def refund(request: UserRequest, invoice_id: int) -> HttpResponse:
    """Record money that was given back."""
    return _record(request, invoice_id, services.record_refund)


def _record(
    request: UserRequest,
    invoice_id: int,
    verb: Callable[[User, int, services.NewPayment], Payment],
) -> HttpResponse:
    find_invoice(request, invoice_id)
    form = PaymentForm(request.POST)
    if not form.is_valid():
        for field, errors in form.errors.items():
            label = form.fields[field].label if field in form.fields else ""
            messages.error(request, f"{label}: {' '.join(map(str, errors))}")
    elif _try(request, lambda: verb(request.user, invoice_id, form.read())):
        messages.success(request, _("Recorded."))
    return redirect("invoice", invoice_id)


def _try(request: UserRequest, do: Callable[[], T]) -> T | None:
    """Do something; say what was wrong and return None if it is refused."""
    try:
        return do()
    except (Deal.DoesNotExist, Quote.DoesNotExist, Invoice.DoesNotExist) as error:
        raise Http404 from error
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return None

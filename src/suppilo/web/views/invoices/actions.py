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
from suppilo.web.views.invoices.one import PaymentForm, find_invoice, show_refused_payment

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
    invoice, form = find_invoice(request, invoice_id), PaymentForm(request.POST, auto_id="pay_%s")
    if _record(request, invoice, form, services.record_payment):
        return redirect("invoice", invoice_id)
    return show_refused_payment(request, invoice, form, "payment_form")


@page(Permission.MANAGE_INVOICES, methods=("POST",))
def refund(request: UserRequest, invoice_id: int) -> HttpResponse:
    """Record money that was given back."""
    invoice = find_invoice(request, invoice_id)
    form = PaymentForm(request.POST, auto_id="refund_%s")
    if _record(request, invoice, form, services.record_refund):
        return redirect("invoice", invoice_id)
    return show_refused_payment(request, invoice, form, "refund_form")


def _record(
    request: UserRequest,
    invoice: Invoice,
    form: PaymentForm,
    verb: Callable[[User, int, services.NewPayment], Payment],
) -> bool:
    """Record money; False if it is refused, which the form then says beside its fields."""
    if not form.is_valid():
        return False
    try:
        verb(request.user, invoice.pk, form.read())
    except Invoice.DoesNotExist as error:
        raise Http404 from error
    except ValidationError as error:
        form.add_error(None, error)
        if not invoice.is_sent or (verb is services.record_refund and not invoice.paid):
            messages.error(request, " ".join(error.messages))  # Its form isn't on the page.
        return False
    messages.success(request, _("Recorded."))
    return True


def _try(request: UserRequest, do: Callable[[], T]) -> T | None:
    """Do something; say what was wrong and return None if it is refused."""
    try:
        return do()
    except (Deal.DoesNotExist, Quote.DoesNotExist, Invoice.DoesNotExist) as error:
        raise Http404 from error
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return None

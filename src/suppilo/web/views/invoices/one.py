"""One invoice: worded while it is a draft; what was paid of it; its PDF."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.catalogue.models import Product
from suppilo.apps.catalogue.services.numbers import read_number
from suppilo.apps.invoices import services
from suppilo.apps.invoices.drawing import invoice_pdf
from suppilo.apps.invoices.models import Invoice, PaymentMethod
from suppilo.apps.invoices.selectors import get_invoice
from suppilo.apps.letterhead.drawing import DrawingError
from suppilo.apps.letterhead.lines import MOST_LINES, NewLine
from suppilo.apps.letterhead.services import get_letterhead
from suppilo.apps.letterhead.words import LANGUAGES
from suppilo.web.access import UserRequest, page
from suppilo.web.forms import MailForm, status_of
from suppilo.web.number_fields import NumberField, plain_number

_AREA = forms.Textarea(attrs={"rows": 3})
_HUNDRED = Decimal(100)
_BLANK_ROWS = 3


class InvoiceForm(forms.Form):
    """What a draft says besides its lines."""

    customer_name = forms.CharField(label=gettext_lazy("Customer"), max_length=200)
    customer_details = forms.CharField(
        label=gettext_lazy("Address and numbers"), required=False, widget=_AREA
    )
    contact_name = forms.CharField(label=gettext_lazy("Contact"), max_length=200, required=False)
    contact_email = forms.EmailField(label=gettext_lazy("E-mail"), required=False)
    due_on = forms.DateField(
        label=gettext_lazy("Due"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        choices=[one for one in settings.LANGUAGES if one[0] in LANGUAGES],
    )
    introduction = forms.CharField(label=gettext_lazy("Introduction"), required=False, widget=_AREA)
    terms = forms.CharField(label=gettext_lazy("Terms"), required=False, widget=_AREA)


class PaymentForm(forms.Form):
    """Money that came in, or was given back."""

    amount = NumberField(label=gettext_lazy("Amount"))
    paid_on = forms.DateField(
        label=gettext_lazy("Day"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    method = forms.ChoiceField(label=gettext_lazy("How"), choices=PaymentMethod.choices)
    reference = forms.CharField(label=gettext_lazy("Reference"), max_length=200, required=False)

    def read(self) -> services.NewPayment:
        """Return what the services take."""
        return services.NewPayment(**self.cleaned_data)


@page(Permission.SEE_DEALS)
def show_invoice(request: UserRequest, invoice_id: int) -> HttpResponse:
    """Show an invoice, and take the words and lines of a draft."""
    invoice = find_invoice(request, invoice_id)
    form = InvoiceForm(request.POST or None, initial=_values(invoice))
    if request.method == "POST" and form.is_valid():
        try:
            lines = _read_lines(request.POST, invoice)
            texts = services.InvoiceTexts(lines=lines, **form.cleaned_data)
            services.change_invoice(request.user, invoice_id, texts)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("invoice", invoice_id)
    context = _context(request, invoice, form)
    return render(request, "invoices/detail.html", context, status=status_of(form))


def show_refused_payment(
    request: UserRequest, invoice: Invoice, form: PaymentForm, name: str
) -> HttpResponse:
    """Show an invoice with what was typed of a payment or refund, and what is wrong with it."""
    context = _context(request, invoice, InvoiceForm(initial=_values(invoice))) | {name: form}
    return render(request, "invoices/detail.html", context, status=status_of(form))


def _values(invoice: Invoice) -> dict[str, Any]:
    return {name: getattr(invoice, name) for name in InvoiceForm.base_fields}


def _read_lines(given: QueryDict, invoice: Invoice) -> tuple[NewLine, ...]:
    """Return the lines that were typed; a row without a description is none."""
    products = {line.pk: line.product for line in invoice.lines.select_related("product")}
    rows = zip(
        given.getlist("line"), given.getlist("description"), given.getlist("quantity"),
        given.getlist("unit"), given.getlist("price"), given.getlist("discount"),
        given.getlist("tax"), strict=False,
    )  # fmt: skip
    typed = [row for row in rows if row[1].strip()][: MOST_LINES + 1]
    return tuple(_read_line(row, products) for row in typed)


def _read_line(row: tuple[str, ...], products: Mapping[int, Product | None]) -> NewLine:
    line_id, description, quantity, unit, price, discount, tax = row
    number = int(line_id) if line_id.isascii() and line_id.isdigit() else 0
    return NewLine(
        description.strip(), read_number(quantity or "1"), read_number(price or "0"),
        _share(discount), _share(tax), unit.strip()[:20], products.get(number),
    )  # fmt: skip


def _share(text: str) -> Decimal:
    return read_number(text.replace("%", "") or "0") / _HUNDRED


def _context(request: UserRequest, invoice: Invoice, form: InvoiceForm) -> dict[str, Any]:
    today = timezone.localdate()
    lines = list(invoice.lines.select_related("product"))
    is_open = invoice.open_amount > 0
    payment = {"amount": invoice.open_amount if is_open else None, "paid_on": today}
    return {
        "invoice": invoice,
        "standing": invoice.standing_on(today),
        "lines": lines,
        "line_rows": _typed_rows(request, lines) if invoice.is_draft else [],
        "form": form,
        "payments": invoice.payments.select_related("recorded_by"),
        "is_open": is_open,
        "mail_form": MailForm(
            auto_id="mail_%s", initial={"to": invoice.mailed_to or invoice.contact_email}
        ),
        "payment_form": PaymentForm(initial=payment, auto_id="pay_%s"),
        "refund_form": PaymentForm(initial={"paid_on": today}, auto_id="refund_%s"),
        "may_manage": allows(request.user, Permission.MANAGE_INVOICES),
        "lacks_details": invoice.is_draft and not get_letterhead().name,
    }


def _typed_rows(request: UserRequest, lines: list[Any]) -> list[dict[str, Any]]:
    """Return the rows of the form: as they were typed, else the lines as they are, and blanks."""
    names = ("line", "description", "quantity", "unit", "price", "discount", "tax")
    if request.method == "POST":
        typed = zip(*(request.POST.getlist(name) for name in names), strict=False)
        rows = [dict(zip(names, row, strict=True)) for row in typed][: MOST_LINES + 1]
        return [row for row in rows if row["description"].strip()] + _blanks(lines)
    rows = [
        {
            "line": line.pk, "description": line.description, "unit": line.unit,
            "quantity": plain_number(line.quantity), "price": plain_number(line.unit_price),
            "discount": plain_number(line.discount * _HUNDRED) if line.discount else "",
            "tax": plain_number(line.tax_rate * _HUNDRED),
        }
        for line in lines
    ]  # fmt: skip
    return rows + _blanks(lines)


def _blanks(lines: list[Any]) -> list[dict[str, Any]]:
    tax_rate = lines[0].tax_rate if lines else get_letterhead().tax_rate
    tax = plain_number(tax_rate * _HUNDRED)
    return [{"line": "", "quantity": "1", "tax": tax} for _n in range(_BLANK_ROWS)]


@page(Permission.SEE_DEALS, methods=("GET",))
def show_pdf(request: UserRequest, invoice_id: int) -> HttpResponse:
    """Give an invoice as PDF."""
    invoice = find_invoice(request, invoice_id)
    try:
        content = invoice_pdf(invoice)
    except DrawingError as error:
        return HttpResponse(str(error), status=503, content_type="text/plain; charset=utf-8")
    response = HttpResponse(content, content_type="application/pdf")
    name = invoice.number or "draft"
    response["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return response


def find_invoice(request: UserRequest, invoice_id: int) -> Invoice:
    """Return an invoice that the user may see, or answer 404."""
    try:
        return get_invoice(request.user, invoice_id)
    except Invoice.DoesNotExist as error:
        raise Http404 from error

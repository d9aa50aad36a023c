"""What accounting takes over: each line that was invoiced, each payment, in one table.

The columns and what they mean are in docs/reference/accounting-export.md; they don't change.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple, dataclass, fields
from datetime import date
from decimal import Decimal
from typing import TypeAlias

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.invoices.models import InvoiceLine, InvoiceState, Payment

_AT_ONCE = 500
Day: TypeAlias = date


@dataclass(frozen=True, slots=True)
class ExportRow:
    """One row; amounts of cancellations and refunds are below zero."""

    kind: str
    date: Day
    invoice: str
    line: int | None
    customer: str
    deal: int
    quote: str
    currency: str
    product: str
    description: str
    quantity: Decimal | None
    unit_price: Decimal | None
    discount: Decimal | None
    net: Decimal | None
    tax_rate: Decimal | None
    tax: Decimal | None
    gross: Decimal
    due: Day | None
    method: str
    reference: str


COLUMNS = tuple(field.name for field in fields(ExportRow))


def export_accounting(actor: User, start: date, end: date) -> Iterator[ExportRow]:
    """Return what was invoiced, cancelled, paid and given back in ``[start, end)``.

    Raises
    ------
    PermissionDenied
        If the role may not manage invoices.
    ValidationError
        If the period has no days.
    """
    require(actor, Permission.MANAGE_INVOICES)
    if not start < end:
        raise ValidationError(_("The period ends before it begins."))
    record_audit(actor, "export_accounting", start=str(start), end=str(end))
    return _rows(start, end)


def _rows(start: date, end: date) -> Iterator[ExportRow]:
    lines = InvoiceLine.objects.select_related("invoice__quote", "product")
    issued = lines.filter(invoice__issued_on__gte=start, invoice__issued_on__lt=end)
    for line in issued.order_by("invoice__issued_on", "invoice_id", "position").iterator(_AT_ONCE):
        assert line.invoice.issued_on is not None
        yield _line_row("invoice", line.invoice.issued_on, line, 1)
    cancelled = lines.filter(
        invoice__state=InvoiceState.CANCELLED,
        invoice__cancelled_on__gte=start,
        invoice__cancelled_on__lt=end,
    )
    ordered = cancelled.order_by("invoice__cancelled_on", "invoice_id", "position")
    for line in ordered.iterator(_AT_ONCE):
        assert line.invoice.cancelled_on is not None
        yield _line_row("cancellation", line.invoice.cancelled_on, line, -1)
    payments = Payment.objects.select_related("invoice__quote")
    for payment in payments.filter(paid_on__gte=start, paid_on__lt=end).iterator(_AT_ONCE):
        yield _payment_row(payment)


def _line_row(kind: str, day: date, line: InvoiceLine, sign: int) -> ExportRow:
    invoice = line.invoice
    return ExportRow(
        kind=kind, date=day, invoice=invoice.number, line=line.position,
        customer=invoice.customer_name, deal=invoice.deal_id,
        quote=invoice.quote.number if invoice.quote else "", currency=invoice.currency,
        product=line.product.sku if line.product else "", description=line.description,
        quantity=sign * line.quantity, unit_price=line.unit_price, discount=line.discount,
        net=sign * line.net, tax_rate=line.tax_rate, tax=sign * line.tax,
        gross=sign * (line.net + line.tax), due=invoice.due_on, method="", reference="",
    )  # fmt: skip


def _payment_row(payment: Payment) -> ExportRow:
    invoice = payment.invoice
    return ExportRow(
        kind="refund" if payment.is_refund else "payment", date=payment.paid_on,
        invoice=invoice.number, line=None, customer=invoice.customer_name, deal=invoice.deal_id,
        quote=invoice.quote.number if invoice.quote else "", currency=invoice.currency,
        product="", description="", quantity=None, unit_price=None, discount=None, net=None,
        tax_rate=None, tax=None, gross=payment.amount, due=None, method=payment.method,
        reference=payment.reference,
    )  # fmt: skip


def write_row(row: ExportRow) -> list[str]:
    """Return a row's cells: numbers with a point and no zeros that say nothing, ISO dates."""
    return [_cell(value) for value in astuple(row)]


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return str(value)

"""Money that came in, or was given back; and what happens once an invoice is paid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.catalogue.sums import LARGEST_AMOUNT, add_amounts, round_money
from suppilo.apps.deals.services import advance_deal
from suppilo.apps.invoices.models import Invoice, Payment, PaymentMethod
from suppilo.apps.invoices.services.taking import take_invoice, tell_invoice

_TOMORROW = timedelta(days=1)
_LONG_BEFORE = timedelta(days=730)
"""What is paid ahead is invoiced within two years: an older day is a slip of the keys."""


@dataclass(frozen=True, slots=True)
class NewPayment:
    """Money to be recorded: ``amount`` is above zero, for a refund as well."""

    amount: Decimal
    paid_on: date
    method: str = PaymentMethod.TRANSFER
    reference: str = ""
    external_id: str = ""


@transaction.atomic
def record_payment(actor: User, invoice_id: int, new: NewPayment) -> Payment:
    """Record money that came in for an invoice; less or more than is open may come.

    The payment that makes it paid in full for the first time also completes the order: the
    deal's events say so, once.

    Raises
    ------
    PermissionDenied, Invoice.DoesNotExist
        As for every verb on an invoice.
    ValidationError
        If the invoice was not sent, or the amount or day can't be.
    """
    return _record(actor, invoice_id, new, 1)


@transaction.atomic
def record_refund(actor: User, invoice_id: int, new: NewPayment) -> Payment:
    """Record money that was given back; not more than was paid.

    Raises
    ------
    PermissionDenied, Invoice.DoesNotExist, ValidationError
        As :func:`record_payment`.
    """
    return _record(actor, invoice_id, new, -1)


def _record(actor: User, invoice_id: int, new: NewPayment, sign: int) -> Payment:
    invoice = take_invoice(actor, invoice_id)
    known = _find_known(invoice, new)
    if known is not None:
        return known
    _check(invoice, new)
    if sign < 0 and new.amount > invoice.paid:
        raise ValidationError(_("More can't be given back than was paid."))
    now = timezone.now()
    payment = Payment.objects.create(
        invoice=invoice, amount=sign * new.amount, paid_on=new.paid_on, method=new.method,
        reference=new.reference.strip(), external_id=new.external_id, recorded_by=actor,
        recorded_at=now,
    )  # fmt: skip
    invoice.paid = add_amounts((invoice.paid, payment.amount))
    invoice.save(update_fields=["paid"])
    record_audit(actor, "record_refund" if sign < 0 else "record_payment", invoice,
                 amount=str(payment.amount), reference=payment.reference)  # fmt: skip
    tell_invoice(
        invoice, "payment_refunded" if sign < 0 else "payment_received", now,
        payment_amount=abs(payment.amount), payment_method=payment.method,
    )  # fmt: skip
    settle(invoice, now)
    advance_deal(invoice.deal_id, by=_("Payment of %s.") % invoice.number)
    return payment


def settle(invoice: Invoice, now: datetime) -> None:
    """Note whether a sent invoice is paid in full now; the first time completes the order."""
    is_paid = invoice.open_amount <= 0
    if is_paid == (invoice.paid_at is not None):
        return
    invoice.paid_at = now if is_paid else None
    is_first = is_paid and invoice.completed_at is None
    if is_first:
        invoice.completed_at = now
    invoice.save(update_fields=["paid_at", "completed_at"])
    if is_first:
        tell_invoice(invoice, "invoice_paid", now)
        quantity = sum(invoice.lines.values_list("quantity", flat=True), Decimal(0))
        tell_invoice(
            invoice, "order_completed", now, order_id=invoice.number, total=invoice.total,
            currency=invoice.currency, quantity=quantity,
        )  # fmt: skip


def _find_known(invoice: Invoice, new: NewPayment) -> Payment | None:
    if not new.external_id:
        return None
    return invoice.payments.filter(external_id=new.external_id).first()


def _check(invoice: Invoice, new: NewPayment) -> None:
    if not invoice.is_sent:
        raise ValidationError(_("Only an invoice that was sent can be paid."))
    amount = new.amount
    is_amount = amount.is_finite() and 0 < amount < LARGEST_AMOUNT
    if not is_amount or round_money(amount, invoice.currency) != amount:
        raise ValidationError({"amount": _("Write an amount above zero in %s.") % invoice.currency})
    if new.paid_on > timezone.localdate() + _TOMORROW:
        raise ValidationError({"paid_on": _("It can't have been paid in the future.")})
    if invoice.issued_on and new.paid_on < invoice.issued_on - _LONG_BEFORE:
        raise ValidationError({"paid_on": _("That is years before the invoice: check the year.")})
    if new.method not in PaymentMethod.values:
        raise ValidationError({"method": _("There is no such way to pay.")})
    if len(new.reference) > 200 or len(new.external_id) > 100:
        raise ValidationError({"reference": _("Write at most 200 characters.")})

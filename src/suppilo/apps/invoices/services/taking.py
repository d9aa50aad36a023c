"""How every verb takes the invoice that it changes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.deals.services.writing import tell
from suppilo.apps.invoices.models import Invoice
from suppilo.apps.invoices.selectors import visible_invoices


def take_invoice(actor: User, invoice_id: int) -> Invoice:
    """Return an invoice that nobody else changes until the transaction ends.

    Raises
    ------
    PermissionDenied
        If the role may not manage invoices.
    Invoice.DoesNotExist
        If there is none, or its deal is not the actor's to see.
    """
    require(actor, Permission.MANAGE_INVOICES)
    related = ("deal__company", "deal__owner", "deal__pipeline", "deal__stage")
    rows = visible_invoices(actor).select_related(*related).select_for_update(of=("self",))
    return rows.get(pk=invoice_id)


def take_draft(actor: User, invoice_id: int) -> Invoice:
    """Return a draft that nobody else changes until the transaction ends.

    Raises
    ------
    ValidationError
        If it was sent: then it never changes any more.
    PermissionDenied, Invoice.DoesNotExist
        As :func:`take_invoice`.
    """
    invoice = take_invoice(actor, invoice_id)
    if not invoice.is_draft:
        raise ValidationError(_("It was sent and never changes; cancel it and make another."))
    return invoice


def tell_invoice(invoice: Invoice, name: str, at: datetime, **more: Any) -> None:
    """Record what happened to an invoice as an event of its deal."""
    tell(
        invoice.deal, name, at, invoice=invoice.number, invoice_total=invoice.total,
        invoice_currency=invoice.currency, **more,
    )  # fmt: skip

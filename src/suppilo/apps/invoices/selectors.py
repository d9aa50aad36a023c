"""Reading invoices: those of the deals that somebody may see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, F, Q, QuerySet, Sum
from django.utils import timezone

from suppilo.apps.accounts.models import User
from suppilo.apps.deals.selectors import visible_deals
from suppilo.apps.invoices.models import Invoice, InvoiceState, Standing


def visible_invoices(user: User | None) -> QuerySet[Invoice]:
    """Return the invoices of the deals that a user may see; None: all, for the server itself.

    Raises
    ------
    PermissionDenied
        If the role may not see deals.
    """
    return Invoice.objects.filter(deal__in=visible_deals(user).order_by().values("pk"))


def list_invoices(user: User, standing: str = "", search: str = "") -> QuerySet[Invoice]:
    """Return invoices, the newest first; those overdue by the day they were due.

    Parameters
    ----------
    standing
        One of :class:`Standing`; ``open`` has the overdue ones too.
    search
        Whose number, customer or deal has this text.
    """
    found = visible_invoices(user).select_related("deal")
    if standing:
        found = found.filter(_stands(standing, timezone.localdate()))
    if search:
        found = found.filter(
            Q(number__icontains=search)
            | Q(customer_name__icontains=search)
            | Q(deal__name__icontains=search)
        )
    return found.order_by("due_on", "id") if standing == Standing.OVERDUE else found.order_by("-id")


def _stands(standing: str, today: date) -> Q:
    sent = Q(state=InvoiceState.SENT)
    return {
        Standing.OPEN.value: sent & Q(paid__lt=F("total")),
        Standing.OVERDUE.value: sent & Q(paid__lt=F("total"), due_on__lt=today),
        Standing.PAID.value: sent & Q(paid__gte=F("total")),
        Standing.OVERPAID.value: sent & Q(paid__gt=F("total")),
    }.get(standing, Q(state=standing))


@dataclass(frozen=True, slots=True)
class OpenSum:
    """What is open in one currency, and how much of it is overdue."""

    currency: str
    count: int
    amount: Decimal
    overdue_count: int
    overdue: Decimal


def sum_open(user: User) -> Sequence[OpenSum]:
    """Return what is still to be paid, by currency: currencies are not added."""
    today = timezone.localdate()
    late = _stands(Standing.OVERDUE, today)
    rows = (
        visible_invoices(user)
        .filter(_stands(Standing.OPEN, today))
        .order_by("currency")
        .values("currency")
        .annotate(
            count=Count("pk"), amount=Sum(F("total") - F("paid")),
            overdue_count=Count("pk", filter=late),
            overdue=Sum(F("total") - F("paid"), filter=late),
        )
    )  # fmt: skip
    return [
        OpenSum(
            row["currency"], row["count"], row["amount"], row["overdue_count"],
            row["overdue"] or Decimal(0),
        )
        for row in rows
    ]  # fmt: skip


def get_invoice(user: User | None, invoice_id: int) -> Invoice:
    """Return an invoice with its deal.

    Raises
    ------
    PermissionDenied
        If the role may not see deals.
    Invoice.DoesNotExist
        If there is none of this id, or its deal is not the user's to see.
    """
    rows = visible_invoices(user).select_related("deal", "quote", "logo", "sent_by")
    return rows.get(pk=invoice_id)

"""Invoices, their lines, and payments."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from suppilo.apps.deals.models import Deal
from suppilo.apps.letterhead.models import Paper, PaperLine
from suppilo.apps.quotes.models import Quote


class InvoiceState(models.TextChoices):
    """What an invoice is by itself; what was paid of it is counted."""

    DRAFT = "draft", _("Draft")
    SENT = "sent", _("Sent")
    CANCELLED = "cancelled", _("Cancelled")


class Standing(models.TextChoices):
    """Where an invoice stands on a day, with what was paid of it."""

    DRAFT = "draft", _("Draft")
    OPEN = "open", _("Open")
    OVERDUE = "overdue", _("Overdue")
    PAID = "paid", _("Paid")
    OVERPAID = "overpaid", _("Overpaid")
    CANCELLED = "cancelled", _("Cancelled")


class Invoice(Paper):
    """A bill for a deal. Once it is sent it never changes; it can be cancelled.

    Attributes
    ----------
    number
        Given when it is sent; empty before.
    issued_on, due_on
        The days it is dated and to be paid by.
    mailed_to, mailed_at
        Where its PDF was last mailed to.
    paid
        The sum of its payments less its refunds.
    paid_at
        When it was last paid in full; null while something is open.
    completed_at
        When it was first paid in full: what happens then happens once.
    """

    deal = models.ForeignKey(Deal, models.PROTECT, related_name="invoices")
    quote = models.ForeignKey(Quote, models.PROTECT, null=True, related_name="invoices")
    number = models.CharField(max_length=30, blank=True)
    state = models.CharField(
        max_length=12, choices=InvoiceState.choices, default=InvoiceState.DRAFT
    )
    issued_on = models.DateField(null=True)
    due_on = models.DateField(_("due"))
    sent_at = models.DateTimeField(null=True)
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    mailed_to = models.EmailField(blank=True)
    mailed_at = models.DateTimeField(null=True)
    paid = models.DecimalField(max_digits=19, decimal_places=4, default=Decimal(0))
    paid_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    cancelled_on = models.DateField(null=True)
    cancel_reason = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["number"], condition=~Q(number=""), name="invoice_number_once"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["deal", "-id"], name="invoice_deal"),
            models.Index(fields=["issued_on", "id"], name="invoice_issued"),
            models.Index(fields=["due_on", "id"], name="invoice_due",
                         condition=Q(state="sent", paid_at=None)),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """What the invoice is called."""
        return self.number or str(_("Draft"))

    @property
    def is_draft(self) -> bool:
        """Whether it can still be changed."""
        return self.state == InvoiceState.DRAFT

    @property
    def is_sent(self) -> bool:
        """Whether it is to be paid, or was."""
        return self.state == InvoiceState.SENT

    @property
    def open_amount(self) -> Decimal:
        """What is still to be paid; below zero where too much was."""
        return self.total - self.paid

    def standing_on(self, day: date) -> Standing:
        """Return where the invoice stands on a day."""
        if not self.is_sent:
            return Standing(self.state)
        if self.open_amount <= 0:
            return Standing.OVERPAID if self.open_amount < 0 else Standing.PAID
        return Standing.OVERDUE if day > self.due_on else Standing.OPEN

    def get_absolute_url(self) -> str:
        """Return the invoice's page."""
        return reverse("invoice", args=[self.pk])


class InvoiceLine(PaperLine):
    """A line of an invoice."""

    invoice = models.ForeignKey(Invoice, models.CASCADE, related_name="lines")

    class Meta(PaperLine.Meta):
        constraints: ClassVar = [
            *PaperLine.checks("invoice_line"),
            models.UniqueConstraint(fields=["invoice", "position"], name="invoice_line_once"),
        ]

    def __str__(self) -> str:
        return self.description


class PaymentMethod(models.TextChoices):
    """How it was paid."""

    TRANSFER = "transfer", _("Bank transfer")
    CARD = "card", _("Card")
    CASH = "cash", _("Cash")
    OTHER = "other", _("Other")


class Payment(models.Model):
    """Money that came in for an invoice, or (below zero) was given back. Never changes.

    ``external_id`` is the payment's name where it came from: the same one is taken once.
    """

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="payments")
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    paid_on = models.DateField()
    method = models.CharField(
        max_length=10, choices=PaymentMethod.choices, default=PaymentMethod.TRANSFER
    )
    reference = models.CharField(max_length=200, blank=True)
    external_id = models.CharField(max_length=100, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    recorded_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["paid_on", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(amount=0), name="payment_not_nothing"),
            models.UniqueConstraint(
                fields=["invoice", "external_id"], condition=~Q(external_id=""),
                name="payment_external_once",
            ),
        ]  # fmt: skip
        indexes: ClassVar = [models.Index(fields=["paid_on", "id"], name="payment_paid_on")]

    def __str__(self) -> str:
        return f"{self.amount}"

    @property
    def is_refund(self) -> bool:
        """Whether the money was given back."""
        return self.amount < 0

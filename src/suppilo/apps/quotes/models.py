"""Quotes, their lines, and who looked at them."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from suppilo.apps.deals.models import Deal
from suppilo.apps.letterhead.models import Paper, PaperLine


class QuoteState(models.TextChoices):
    """What became of a quote. ``expired`` is never written: it is sent or opened, and too old."""

    DRAFT = "draft", _("Draft")
    SENT = "sent", _("Sent")
    OPENED = "opened", _("Opened")
    ACCEPTED = "accepted", _("Accepted")
    REFUSED = "refused", _("Declined")
    EXPIRED = "expired", _("Expired")
    WITHDRAWN = "withdrawn", _("Withdrawn")


WAITING = (QuoteState.SENT, QuoteState.OPENED)
"""The customer has it and has not answered."""


class Quote(Paper):
    """One version of a quote. Once it is sent it never changes: an edit makes the next version.

    Attributes
    ----------
    number
        Given when the first version is sent; all versions have the same. Empty before.
    replaces
        The version before this one.
    valid_until
        The last day on which it can be accepted.
    link_id
        Names the public link; empty where there is none, or it was revoked. The link's text is
        this and its signature, so nobody who reads the table has the link.
    answered_from
        The address that the answer came from, without its last part.
    """

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="quotes")
    number = models.CharField(max_length=30, blank=True)
    version = models.PositiveIntegerField(default=1)
    replaces = models.ForeignKey("self", models.PROTECT, null=True, related_name="replaced_by")
    state = models.CharField(max_length=12, choices=QuoteState.choices, default=QuoteState.DRAFT)
    valid_until = models.DateField(_("valid until"))
    link_id = models.CharField(max_length=32, blank=True)
    sent_at = models.DateTimeField(null=True)
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    sent_to = models.EmailField(blank=True)
    opened_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.CharField(max_length=200, blank=True)
    answered_from = models.CharField(max_length=45, blank=True)
    reason = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["number", "version"], condition=~Q(number=""), name="quote_number_once"
            ),
            models.UniqueConstraint(
                fields=["link_id"], condition=~Q(link_id=""), name="quote_link_once"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["deal", "-id"], name="quote_deal"),
            models.Index(fields=["state", "-id"], name="quote_state"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """What the quote is called: its number, and the version from the second on."""
        name = self.number or str(_("Draft"))
        return name if self.version == 1 else f"{name} v{self.version}"

    @property
    def is_draft(self) -> bool:
        """Whether it can still be changed."""
        return self.state == QuoteState.DRAFT

    def state_on(self, day: date) -> QuoteState:
        """Return what the quote is on a day: one that waits for too long has expired."""
        if self.state in WAITING and day > self.valid_until:
            return QuoteState.EXPIRED
        return QuoteState(self.state)

    def get_absolute_url(self) -> str:
        """Return the quote's page."""
        return reverse("quote", args=[self.pk])


class QuoteLine(PaperLine):
    """A line of a quote; ``list_price`` as its line item had it, for limits: it isn't printed."""

    list_price = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    quote = models.ForeignKey(Quote, models.CASCADE, related_name="lines")

    class Meta(PaperLine.Meta):
        constraints: ClassVar = [
            *PaperLine.checks("quote_line"),
            models.UniqueConstraint(fields=["quote", "position"], name="quote_line_once"),
        ]

    def __str__(self) -> str:
        return self.description


class QuoteVisit(models.Model):
    """That somebody looked at a quote's public page.

    ``visitor`` says whether it was the same one as before, and not who: a keyed hash of address
    and browser that means nothing on another day.
    """

    quote = models.ForeignKey(Quote, models.CASCADE, related_name="visits")
    visitor = models.CharField(max_length=64)
    began_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["quote", "visitor", "-last_at"], name="quote_visit_last")
        ]

    def __str__(self) -> str:
        return f"{self.quote_id} {self.began_at}"

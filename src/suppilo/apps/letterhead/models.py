"""Our own company as papers show it, and what every paper (a quote, an invoice) is made of."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from suppilo.apps.catalogue.models import Product

ONLY = 1
"""The one letterhead's key."""


class Logo(models.Model):
    """A picture that papers show, as it was drawn anew from what was uploaded. Never changes."""

    digest = models.CharField(max_length=64, unique=True)
    picture = models.BinaryField()
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    added_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.width}×{self.height}"


class Letterhead(models.Model):
    """Our company's details and what new papers begin with. There is one row.

    Attributes
    ----------
    tax_rate
        0..1: what is added to a new paper's lines.
    quote_days, payment_days
        How long a quote holds, and how long an invoice may be paid.
    language
        What new papers are written in.
    """

    name = models.CharField(_("name"), max_length=200, blank=True)
    address = models.TextField(_("address"), blank=True)
    registration = models.CharField(_("registration number"), max_length=60, blank=True)
    tax_number = models.CharField(_("tax number"), max_length=60, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=60, blank=True)
    website = models.CharField(_("website"), max_length=200, blank=True)
    bank = models.TextField(_("bank account"), blank=True)
    logo = models.ForeignKey(Logo, models.PROTECT, null=True, related_name="+")
    tax_rate = models.DecimalField(max_digits=5, decimal_places=4, default=Decimal(0))
    quote_terms = models.TextField(blank=True)
    quote_days = models.PositiveIntegerField(default=30)
    invoice_terms = models.TextField(blank=True)
    payment_days = models.PositiveIntegerField(default=14)
    language = models.CharField(max_length=10, default="en")
    updated_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name

    def freeze(self) -> dict[str, str]:
        """Return the details as a paper keeps them once it is sent."""
        names = ("name", "address", "registration", "tax_number", "email", "phone", "website",
                 "bank")  # fmt: skip
        return {name: str(getattr(self, name)) for name in names}


class PaperKind(models.TextChoices):
    """What papers are numbered as."""

    QUOTE = "quote", _("Quote")
    INVOICE = "invoice", _("Invoice")


class NumberRange(models.Model):
    """The last number given to a kind of paper in a year."""

    kind = models.CharField(max_length=10, choices=PaperKind.choices)
    year = models.PositiveIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "year"], name="number_range_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.year} {self.last}"


class Drawing(models.Model):
    """A paper as it was drawn when it was sent: the same bytes for ever."""

    key = models.CharField(max_length=40, unique=True)
    pdf = models.BinaryField()
    drawn_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.key


class Paper(models.Model):
    """What a quote and an invoice have in common.

    Attributes
    ----------
    seller, logo
        Our own details as they were when the paper was sent; empty on a draft.
    list_net, net, tax, total
        The sums of the lines: at list price, after discounts, the tax, what is to be paid.
    """

    currency = models.CharField(max_length=3)
    language = models.CharField(max_length=10, default="en")
    customer_name = models.CharField(_("customer"), max_length=200)
    customer_details = models.TextField(_("address and numbers"), blank=True)
    contact_name = models.CharField(_("contact"), max_length=200, blank=True)
    contact_email = models.EmailField(_("e-mail"), blank=True)
    introduction = models.TextField(_("introduction"), blank=True)
    terms = models.TextField(_("terms"), blank=True)
    seller: Any = models.JSONField(default=dict)
    logo = models.ForeignKey(Logo, models.PROTECT, null=True, related_name="+")
    list_net = models.DecimalField(max_digits=19, decimal_places=4, default=Decimal(0))
    net = models.DecimalField(max_digits=19, decimal_places=4, default=Decimal(0))
    tax = models.DecimalField(max_digits=19, decimal_places=4, default=Decimal(0))
    total = models.DecimalField(max_digits=19, decimal_places=4, default=Decimal(0))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        abstract = True


class PaperLine(models.Model):
    """A line of a paper, with what it comes to: ``net`` and ``tax`` are rounded, and are added."""

    position = models.PositiveIntegerField()
    product = models.ForeignKey(Product, models.SET_NULL, null=True, related_name="+")
    description = models.CharField(max_length=300)
    unit = models.CharField(max_length=20, blank=True)
    quantity = models.DecimalField(max_digits=14, decimal_places=3)
    unit_price = models.DecimalField(max_digits=19, decimal_places=4)
    discount = models.DecimalField(max_digits=5, decimal_places=4, default=Decimal(0))
    tax_rate = models.DecimalField(max_digits=5, decimal_places=4, default=Decimal(0))
    net = models.DecimalField(max_digits=19, decimal_places=4)
    tax = models.DecimalField(max_digits=19, decimal_places=4)

    class Meta:
        abstract = True
        ordering: ClassVar = ["position"]

    @staticmethod
    def checks(name: str) -> list[models.CheckConstraint]:
        """Return the constraints of such a table, whose names begin so."""
        shares = Q(discount__gte=0, discount__lte=1, tax_rate__gte=0, tax_rate__lte=1)
        return [
            models.CheckConstraint(condition=Q(quantity__gt=0), name=f"{name}_quantity"),
            models.CheckConstraint(condition=shares, name=f"{name}_shares"),
        ]

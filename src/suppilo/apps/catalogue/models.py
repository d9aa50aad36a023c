"""Products, their prices, rates of exchange, and limits of discounts."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from suppilo.apps.accounts.models import Role


class Product(models.Model):
    """Something that is sold. ``unit_cost`` (in ``currency``) is what a margin is made of."""

    name = models.CharField(_("name"), max_length=200)
    sku = models.CharField(_("number"), max_length=60, unique=True)
    category = models.CharField(_("category"), max_length=100, blank=True)
    unit = models.CharField(_("unit"), max_length=20, blank=True)
    currency = models.CharField(_("currency"), max_length=3, default="EUR")
    unit_cost = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    is_archived = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class PriceBook(models.Model):
    """A list of prices in one currency; the default one of a currency is offered first."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    currency = models.CharField(_("currency"), max_length=3)
    is_default = models.BooleanField(default=False)
    is_archived = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["currency"], condition=Q(is_default=True), name="default_book_once"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Price(models.Model):
    """What a product costs in a price book."""

    book = models.ForeignKey(PriceBook, models.CASCADE, related_name="prices")
    product = models.ForeignKey(Product, models.CASCADE, related_name="prices")
    unit_price = models.DecimalField(max_digits=19, decimal_places=4)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["book", "product"], name="price_once")
        ]

    def __str__(self) -> str:
        return f"{self.product} {self.unit_price}"


class ExchangeRate(models.Model):
    """How much of ``to`` one unit of ``currency`` was worth on a day."""

    day = models.DateField()
    currency = models.CharField(max_length=3)
    to = models.CharField(max_length=3)
    rate = models.DecimalField(max_digits=19, decimal_places=8)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["day", "currency", "to"], name="exchange_rate_once"),
            models.CheckConstraint(condition=Q(rate__gt=0), name="exchange_rate_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.currency}/{self.to}"


class DiscountLimit(models.Model):
    """How much a role may give off without asking: of one product, a category, or anything."""

    role = models.CharField(max_length=20, choices=Role.choices)
    product = models.ForeignKey(Product, models.CASCADE, null=True, blank=True)
    category = models.CharField(max_length=100, blank=True)
    rate = models.DecimalField(max_digits=5, decimal_places=4)

    class Meta:
        ordering: ClassVar = ["role", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["role", "product", "category"], nulls_distinct=False,
                name="discount_limit_once",
            ),
            models.CheckConstraint(condition=Q(rate__gte=0, rate__lte=1), name="discount_rate"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.role} {self.rate}"

"""Daily figures of advertising, and the files that they came in."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class FileState(models.TextChoices):
    """Where a file stands."""

    DRAFT = "draft", _("To be checked")
    IN = "in", _("Brought in")
    UNDONE = "undone", _("Undone")


class SpendFile(models.Model):
    """A file of figures.

    Attributes
    ----------
    content
        The text, while it is only looked at; empty once its figures are in.
    options
        How it is to be read, where that was said: columns by role, and what stands for all rows.
    counts
        What it brought: ``new``, ``same``, ``replaced``.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    name = models.CharField(max_length=255)
    state = models.CharField(max_length=10, choices=FileState.choices, default=FileState.DRAFT)
    content = models.TextField(blank=True)
    options = models.JSONField(default=dict)
    counts = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return self.name


class AdSpend(models.Model):
    """What one campaign of a channel cost and showed on one day, in one currency.

    A file that puts other figures in their place leaves these and says so (``replaced_by``):
    undoing it brings them back.
    """

    day = models.DateField()
    channel = models.CharField(max_length=60)
    campaign = models.CharField(max_length=200, blank=True)
    currency = models.CharField(max_length=3)
    impressions = models.BigIntegerField()
    clicks = models.BigIntegerField()
    cost = models.DecimalField(max_digits=19, decimal_places=4)
    file = models.ForeignKey(SpendFile, models.PROTECT, related_name="rows")
    replaced_by = models.ForeignKey(
        SpendFile, models.PROTECT, null=True, related_name="replaced_rows"
    )

    class Meta:
        ordering: ClassVar = ["-day", "channel", "campaign", "currency"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["day", "channel", "campaign", "currency"],
                condition=Q(replaced_by=None), name="spend_once",
            ),
            models.CheckConstraint(
                condition=Q(impressions__gte=0, clicks__gte=0, cost__gte=0), name="spend_figures"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.day} {self.channel} {self.campaign}"

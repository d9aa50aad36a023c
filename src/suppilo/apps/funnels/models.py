"""Funnels that somebody kept, and dashboards of them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from suppilo.analytics.funnel import FunnelDefinition
from suppilo.apps.accounts.models import Team, User


class Visibility(models.TextChoices):
    """Who may see something; only its owner and administrators change it."""

    PRIVATE = "private", _("Only me")
    TEAM = "team", _("A team")
    EVERYONE = "everyone", _("Everyone")


class ReportView(models.TextChoices):
    """The ways to look at a funnel."""

    STEPS = "steps", _("Steps")
    TREND = "trend", _("Trend")
    TIMES = "times", _("Time to convert")
    BREAKDOWN = "breakdown", _("Breakdown")
    COMPARE = "compare", _("Compare")
    CORRELATIONS = "correlations", _("Correlations")
    TABLE = "table", _("Table")


class Shared(models.Model):
    """What somebody made and may share."""

    name = models.CharField(_("name"), max_length=120)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey(
        Team, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    visibility = models.CharField(
        _("who sees it"), max_length=10, choices=Visibility.choices, default=Visibility.PRIVATE
    )
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class SavedFunnel(Shared):
    """A funnel question with a name.

    ``definition`` is the JSON form of :class:`FunnelDefinition`; ``dates`` names dates of entry
    that move with the calendar (``30d``), and goes before the definition's own.
    """

    description = models.TextField(_("description"), max_length=1000, blank=True)
    definition = models.JSONField()
    dates = models.CharField(max_length=20, blank=True)

    class Meta:
        ordering: ClassVar = ["-updated_at", "-id"]
        indexes: ClassVar = [
            models.Index(fields=["-updated_at", "-id"]),
            models.Index(fields=["owner"]),
            models.Index(fields=["visibility", "team"]),
        ]

    def read_definition(self) -> FunnelDefinition:
        """Return the question itself."""
        return FunnelDefinition.from_dict(self.definition)


class Dashboard(Shared):
    """A page of reports."""

    class Meta:
        ordering: ClassVar = ["name", "id"]
        indexes: ClassVar = [
            models.Index(fields=["owner"]),
            models.Index(fields=["visibility", "team"]),
        ]


class Pin(models.Model):
    """One report on a dashboard, in one view; ``position`` orders them, from 1."""

    dashboard = models.ForeignKey(Dashboard, on_delete=models.CASCADE, related_name="pins")
    funnel = models.ForeignKey(SavedFunnel, on_delete=models.CASCADE, related_name="pins")
    view = models.CharField(max_length=20, choices=ReportView.choices, default=ReportView.STEPS)
    position = models.PositiveIntegerField()

    class Meta:
        ordering: ClassVar = ["position", "id"]

    def __str__(self) -> str:
        return f"{self.funnel} ({self.get_view_display()})"

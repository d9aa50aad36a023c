"""Targets, and every change of them."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from suppilo.apps.accounts.models import Team, User
from suppilo.apps.pipelines.models import Pipeline


class Span(models.TextChoices):
    """How long a period is."""

    MONTH = "month", _("Month")
    QUARTER = "quarter", _("Quarter")


class Measure(models.TextChoices):
    """What is counted."""

    WON_AMOUNT = "won_amount", _("Won amount")
    WON_COUNT = "won_count", _("Won deals")
    NEW_DEALS = "new_deals", _("New deals")
    ACTIVITIES = "activities", _("Activities done")


class Quota(models.Model):
    """What somebody, or a team, is to reach in a period.

    Attributes
    ----------
    user, team
        One of the two. A team's fact is that of its deals, whoever has them; of activities, that
        of its members.
    pipeline
        Whose deals count; null for all pipelines'. Activities count by their deals'.
    span, starts_on
        The period: its first day, the first of a month or quarter.
    currency
        Of a won amount; empty for counts. Amounts of other currencies don't count.
    """

    user: models.ForeignKey[User | None, User | None] = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="quotas"
    )
    team: models.ForeignKey[Team | None, Team | None] = models.ForeignKey(
        Team, models.CASCADE, null=True, related_name="quotas"
    )
    pipeline: models.ForeignKey[Pipeline | None, Pipeline | None] = models.ForeignKey(
        Pipeline, models.CASCADE, null=True, related_name="+"
    )
    span = models.CharField(max_length=10, choices=Span.choices)
    starts_on = models.DateField()
    measure = models.CharField(max_length=12, choices=Measure.choices)
    currency = models.CharField(max_length=3, blank=True)
    target = models.DecimalField(max_digits=19, decimal_places=4)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["starts_on", "id"]
        indexes: ClassVar = [
            models.Index(fields=["span", "starts_on", "measure"], name="quota_period")
        ]
        constraints: ClassVar = [
            # Nulls are all different to a database; zero is nobody's id.
            models.UniqueConstraint(
                *(
                    Coalesce(name, 0, output_field=models.BigIntegerField())
                    for name in ("user", "team", "pipeline")
                ),
                "span",
                "starts_on",
                "measure",
                "currency",
                name="quota_once",
            ),
            models.CheckConstraint(
                condition=Q(user=None) ^ Q(team=None), name="quota_user_or_team"
            ),
            models.CheckConstraint(condition=Q(target__gt=0), name="quota_target"),
        ]

    def __str__(self) -> str:
        return f"{self.user or self.team} {self.measure} {self.starts_on}"


class QuotaChange(models.Model):
    """That a target was set, changed or taken away; rows are only ever added.

    It names what the quota was of, as that may be gone: a null ``new`` took it away.
    """

    user: models.ForeignKey[User | None, User | None] = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+"
    )
    team: models.ForeignKey[Team | None, Team | None] = models.ForeignKey(
        Team, models.CASCADE, null=True, related_name="+"
    )
    pipeline: models.ForeignKey[Pipeline | None, Pipeline | None] = models.ForeignKey(
        Pipeline, models.CASCADE, null=True, related_name="+"
    )
    span = models.CharField(max_length=10, choices=Span.choices)
    starts_on = models.DateField()
    measure = models.CharField(max_length=12, choices=Measure.choices)
    currency = models.CharField(max_length=3, blank=True)
    old = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    new = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.user or self.team} {self.measure} {self.starts_on}: {self.new}"

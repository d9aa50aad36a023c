"""What people say of deals and months, and forecasts as they were made."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from suppilo.apps.accounts.models import User
from suppilo.apps.deals.models import Deal
from suppilo.apps.pipelines.models import Pipeline
from suppilo.apps.segments.models import Segment


class Category(models.TextChoices):
    """How far its seller counts on an open deal."""

    COMMIT = "commit", _("Commit")
    BEST_CASE = "best_case", _("Best case")
    PIPELINE = "pipeline", _("Pipeline")
    OMITTED = "omitted", _("Omitted")


class DealCall(models.Model):
    """That somebody put a deal into a category; rows are only added, the last one counts.

    An empty category takes the call back: the deal's chance counts again.
    """

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="forecast_calls")
    category = models.CharField(max_length=10, choices=Category.choices, blank=True)
    note = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [models.Index(fields=["deal", "-id"], name="deal_call_last")]

    def __str__(self) -> str:
        return f"{self.deal_id}: {self.category or '-'}"


class FigureCall(models.Model):
    """The sum that somebody is expected to win in a month; rows are only added, the last counts.

    Attributes
    ----------
    user
        Whose month it is; ``by`` says who called it.
    starts_on
        The month's first day.
    amount
        Null takes the call back.
    """

    user: models.ForeignKey[User, User] = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+"
    )
    pipeline = models.ForeignKey(Pipeline, models.CASCADE, related_name="+")
    starts_on = models.DateField()
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    note = models.CharField(max_length=300, blank=True)
    by: models.ForeignKey[User | None, User | None] = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(
                fields=["pipeline", "starts_on", "currency", "user", "-id"], name="figure_call_last"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.starts_on}: {self.amount}"


class MadeForecast(models.Model):
    """A whole pipeline's or a segment's forecast in one currency, as it was made; never changed.

    Attributes
    ----------
    segment
        Of whose deals it is; null: of all. It is judged beside those of the same segment alone.
    every
        ``week`` or ``month``.
    made_on
        The day in the server's zone; one a day is made by the server (``is_daily``).
    is_opening
        It was the first that was made in its first period: these are the ones that are judged.
    made_by
        Who asked for it; null for the server.
    ended, won
        How much history it had.
    """

    pipeline = models.ForeignKey(Pipeline, models.CASCADE, related_name="+")
    segment = models.ForeignKey(Segment, models.CASCADE, null=True, related_name="+")
    every = models.CharField(max_length=5)
    currency = models.CharField(max_length=3)
    made_at = models.DateTimeField()
    made_on = models.DateField()
    is_daily = models.BooleanField()
    is_opening = models.BooleanField()
    made_by: models.ForeignKey[User | None, User | None] = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    ended = models.PositiveIntegerField()
    won = models.PositiveIntegerField()

    class Meta:
        ordering: ClassVar = ["-made_at", "-id"]
        indexes: ClassVar = [
            models.Index(
                fields=["pipeline", "every", "currency", "-made_at"], name="made_forecast_last"
            )
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["pipeline", "every", "currency", "made_on"],
                condition=models.Q(is_daily=True),
                name="made_forecast_daily",
            )
        ]

    def __str__(self) -> str:
        return f"{self.pipeline_id} {self.every} {self.currency} {self.made_on}"


class MadePeriod(models.Model):
    """What a kept forecast said of one period, and what came.

    Attributes
    ----------
    ahead
        1: the period in which it was made.
    won
        What was won in it by then.
    quantiles
        By :data:`suppilo.analytics.forecast.QUANTILES`; empty where history was too short.
    called
        The sum of the figures that people had called for the month by then; null for none.
    actual, scored_at
        What was won in it in the end, and when that was looked up; null until it is over.
    """

    forecast = models.ForeignKey(MadeForecast, models.CASCADE, related_name="periods")
    ahead = models.PositiveSmallIntegerField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    won = models.DecimalField(max_digits=19, decimal_places=4)
    weighted = models.DecimalField(max_digits=19, decimal_places=2)
    quantiles = models.JSONField()
    called = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    actual = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    scored_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["forecast", "ahead"]
        indexes: ClassVar = [
            models.Index(
                fields=["ends_at"], name="made_period_due", condition=models.Q(scored_at=None)
            )
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["forecast", "ahead"], name="made_period_once")
        ]

    def __str__(self) -> str:
        return f"{self.forecast_id} {self.ahead}"

"""Watched figures, what was last read of them, the breaks found, and who follows them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from suppilo.apps.accounts.models import User
from suppilo.apps.funnels.models import SavedFunnel
from suppilo.apps.pipelines.models import Pipeline
from suppilo.apps.segments.models import Segment


class FigureKind(models.TextChoices):
    """What a figure is of."""

    EVENTS = "events", gettext_lazy("How often an event happens")
    SUM = "sum", gettext_lazy("What an event's amounts add up to")
    FUNNEL = "funnel", gettext_lazy("A funnel's conversion")
    STAGE = "stage", gettext_lazy("Deals that enter a stage")
    ADVANCE = "advance", gettext_lazy("Deals that go on from a stage")


class Figure(models.Model):
    """A figure that is looked at every day.

    Attributes
    ----------
    event, amount
        Of events and sums: the event, and the property that is added up.
    funnel, within_days
        Of a conversion: whose, and how long after entering one may convert; null until it was
        first read, when it is taken from how long it usually takes. So too of going on from a
        stage.
    pipeline, stage_key
        Of entries of a stage, and of going on from it.
    name
        What it is called, but for conversions, which have their funnel's name.
    segment
        Only events, entries or deals of who is in it on the day of reading; null: of all.
    by, value
        Only what has this value of a property, such as one channel; empty: all.
    needs_deals
        Whether it takes all deals to be seen.
    key
        What tells it from others: none is watched twice.
    """

    kind = models.CharField(max_length=10, choices=FigureKind.choices)
    event = models.CharField(max_length=200, blank=True)
    amount = models.CharField(max_length=200, blank=True)
    funnel = models.ForeignKey(SavedFunnel, models.CASCADE, null=True, related_name="+")
    within_days = models.PositiveSmallIntegerField(null=True)
    pipeline = models.ForeignKey(Pipeline, models.CASCADE, null=True, related_name="+")
    stage_key = models.CharField(max_length=60, blank=True)
    name = models.CharField(max_length=250, blank=True)
    segment = models.ForeignKey(Segment, models.CASCADE, null=True, related_name="+")
    by = models.CharField(max_length=200, blank=True)
    value = models.JSONField(null=True)
    needs_deals = models.BooleanField(default=False)
    key = models.CharField(max_length=64, unique=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        name = self.funnel.name if self.funnel is not None else self.name
        if self.kind == FigureKind.FUNNEL:
            name = _("Conversion of %(name)s") % {"name": name}
        if self.kind == FigureKind.ADVANCE:
            name = _("Going on from %(name)s") % {"name": name}
        value = str(self.value) if self.by else ""
        segment = "" if self.segment is None else self.segment.name
        return " · ".join(filter(None, (name, value, segment)))

    def get_absolute_url(self) -> str:
        """Return the figure's page."""
        return reverse("watched", args=[self.pk])

    @property
    def is_rate(self) -> bool:
        """Whether a day's figure is a share."""
        return self.kind in (FigureKind.FUNNEL, FigureKind.ADVANCE)

    @property
    def is_of_stage(self) -> bool:
        """Whether it is of the deals at a stage."""
        return self.kind in (FigureKind.STAGE, FigureKind.ADVANCE)


class Reading(models.Model):
    """What was last read of a figure, day by day, and what was usual.

    Attributes
    ----------
    days
        ``values``, ``of`` (of rates), ``expected``, ``lower`` and ``upper`` from ``first_day`` on;
        null where a day is not known.
    there, needed
        Where there is too little to judge: how much there is, and how much it takes.
    failure
        Why it could not be read, in words.
    """

    figure = models.OneToOneField(Figure, models.CASCADE, related_name="reading", primary_key=True)
    at = models.DateTimeField()
    first_day = models.DateField(null=True)
    days = models.JSONField(default=dict)
    verdict = models.CharField(max_length=20, default="ready")
    there = models.PositiveIntegerField(default=0)
    needed = models.PositiveIntegerField(default=0)
    failure = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return str(self.figure_id)


class Alert(models.Model):
    """A break of a figure, told once however often it is seen.

    Attributes
    ----------
    finding
        The break in the form of :meth:`suppilo.analytics.watch.Finding.to_dict`.
    underneath
        What changed underneath: by property, the parts of its values, those that tell most first.
    note
        What who has seen it says of it.
    """

    figure = models.ForeignKey(Figure, models.CASCADE, related_name="alerts")
    change = models.CharField(max_length=10)
    is_rise = models.BooleanField()
    first_day = models.DateField()
    found_day = models.DateField()
    ended_day = models.DateField(null=True)
    finding = models.JSONField()
    underneath = models.JSONField(default=list)
    made_at = models.DateTimeField(default=timezone.now)
    acknowledged_by: models.ForeignKey[User | None, User | None] = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    acknowledged_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering: ClassVar = ["-found_day", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["figure", "found_day", "is_rise"], name="watch_alert_once"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["-found_day", "-id"], name="watch_alert_found"),
            models.Index(fields=["ended_day", "acknowledged_at"], name="watch_alert_open"),
        ]

    def __str__(self) -> str:
        return f"{self.figure_id} {self.first_day}"

    @property
    def is_open(self) -> bool:
        """Whether the break is not over."""
        return self.ended_day is None

    @property
    def parts(self) -> list[dict[str, Any]]:
        """What changed underneath, by property."""
        found: list[dict[str, Any]] = self.underneath
        return found


class Follow(models.Model):
    """That a user is mailed the alerts of a figure."""

    figure = models.ForeignKey(Figure, models.CASCADE, related_name="follows")
    user: models.ForeignKey[User, User] = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+"
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["figure", "user"], name="watch_follow_once")
        ]

    def __str__(self) -> str:
        return f"{self.figure_id} {self.user_id}"


class Notice(models.Model):
    """That a user is to be mailed an alert; the row keeps it from being sent twice."""

    alert = models.ForeignKey(Alert, models.CASCADE, related_name="notices")
    user: models.ForeignKey[User, User] = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+"
    )
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["alert", "user"], name="watch_notice_once")
        ]
        indexes: ClassVar = [models.Index(fields=["sent_at", "user"], name="watch_notice_due")]

    def __str__(self) -> str:
        return f"{self.alert_id} {self.user_id}"


class LeftOutDay(models.Model):
    """A day that tells nothing, such as a holiday: it is left out of every figure."""

    day = models.DateField(unique=True)
    reason = models.CharField(max_length=100, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        ordering: ClassVar = ["-day"]

    def __str__(self) -> str:
        return self.day.isoformat()


class WatchDay(models.Model):
    """That the figures were looked at on a day: the row keeps it from being done twice."""

    day = models.DateField(unique=True)
    started_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.day.isoformat()

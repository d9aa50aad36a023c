"""Goals, and their targets as they were in each period."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from suppilo.apps.accounts.models import Team, User
from suppilo.apps.funnels.models import SavedFunnel
from suppilo.apps.pipelines.models import Pipeline
from suppilo.apps.segments.models import Segment


class Cadence(models.TextChoices):
    """How long a period is."""

    DAY = "day", _("Day")
    WEEK = "week", _("Week")
    MONTH = "month", _("Month")
    QUARTER = "quarter", _("Quarter")


class Measure(models.TextChoices):
    """What is counted, from the top of the funnel down to the money."""

    EVENT = "event", _("Times an event happens")
    STEP = "step", _("People reaching a funnel's step")
    CONVERSION = "conversion", _("Conversion between two steps")
    LEADS = "leads", _("Leads that come in")
    STAGE = "stage", _("Deals entering a stage")
    WON_COUNT = "won_count", _("Won deals")
    WON_AMOUNT = "won_amount", _("Won revenue")
    PAID = "paid", _("Paid revenue")
    SPEND = "spend", _("Spend, at most")
    MEMBERS = "members", _("Members of a segment")


OF_EVENTS = (Measure.EVENT, Measure.STEP, Measure.CONVERSION)
OF_FUNNELS = (Measure.STEP, Measure.CONVERSION)
OF_DEALS = (Measure.STAGE, Measure.WON_COUNT, Measure.WON_AMOUNT)
WITHOUT_SEGMENT = (*OF_FUNNELS, Measure.SPEND)
"""A funnel says itself whom it counts, and of spend nobody knows on whom it was spent."""
IN_MONEY = (Measure.WON_AMOUNT, Measure.PAID, Measure.SPEND)


class Goal(models.Model):
    """What one measure is to reach in every period from the first to the last.

    What is counted never changes; a goal of something else is another goal. Its target may: see
    :class:`GoalTarget`.

    Attributes
    ----------
    event
        Of ``event``: its name, exactly as recorded.
    funnel, step, to_step
        Of ``step``: the step counted, from 1. Of ``conversion``: from the one to the other.
    pipeline, stage_key
        Of deals: whose; null for all pipelines'. Of ``stage``: the stage's key, in any version.
    user, team, channel
        Whose deals, leads or payments count: at most one of user and team; empty for all.
    segment
        Of ``members``: whose members are counted, as many as there are at the period's end. Of
        others: whose events, deals, leads or payments alone count; null for all.
    currency
        Of money; other currencies don't count.
    starts_on, ends_on
        The first day of the first period, and the last day of the last; null: until it is ended.
    """

    name = models.CharField(max_length=120, blank=True)
    measure = models.CharField(max_length=12, choices=Measure.choices)
    event = models.CharField(max_length=200, blank=True)
    funnel = models.ForeignKey(SavedFunnel, models.SET_NULL, null=True, related_name="+")
    step = models.PositiveSmallIntegerField(null=True)
    to_step = models.PositiveSmallIntegerField(null=True)
    pipeline: models.ForeignKey[Pipeline | None, Pipeline | None] = models.ForeignKey(
        Pipeline, models.CASCADE, null=True, related_name="+"
    )
    stage_key = models.CharField(max_length=60, blank=True)
    user: models.ForeignKey[User | None, User | None] = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="goals"
    )
    team: models.ForeignKey[Team | None, Team | None] = models.ForeignKey(
        Team, models.CASCADE, null=True, related_name="goals"
    )
    channel = models.CharField(max_length=60, blank=True)
    # A segment may go; a goal that counted everybody from then on would be another goal.
    segment: models.ForeignKey[Segment | None, Segment | None] = models.ForeignKey(
        Segment, models.DO_NOTHING, null=True, db_constraint=False, related_name="+"
    )
    currency = models.CharField(max_length=3, blank=True)
    cadence = models.CharField(max_length=10, choices=Cadence.choices)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["ends_on", "-id"], name="goal_lasting"),
            models.Index(fields=["user", "-id"], name="goal_user"),
            models.Index(fields=["team", "-id"], name="goal_team"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(user=None) | Q(team=None), name="goal_user_or_team"),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=models.F("starts_on")), name="goal_span"
            ),
        ]

    def __str__(self) -> str:
        return self.name or f"{self.get_measure_display()}, {self.get_cadence_display().lower()}"


class GoalTarget(models.Model):
    """A goal's target from a period on, until the next row; past periods keep theirs.

    In the measure's unit: a count, an amount of the goal's currency, or of a conversion a share
    0..1.
    """

    goal = models.ForeignKey(Goal, models.CASCADE, related_name="targets")
    starts_on = models.DateField()
    target = models.DecimalField(max_digits=19, decimal_places=4)

    class Meta:
        ordering: ClassVar = ["starts_on"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["goal", "starts_on"], name="goal_target_once"),
            models.CheckConstraint(condition=Q(target__gt=0), name="goal_target_some"),
        ]

    def __str__(self) -> str:
        return f"{self.target} from {self.starts_on}"

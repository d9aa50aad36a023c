"""When a deal needs attention, what is put aside, and who was mailed."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from suppilo.apps.accounts.models import User
from suppilo.apps.deals.models import Deal
from suppilo.apps.pipelines.models import Pipeline, Stage


class Reason(models.TextChoices):
    """Why a deal needs attention; the first that holds is the one that is mended first."""

    NO_NEXT_STEP = "no_next_step", _("No next step")
    CLOSE_OVERDUE = "close_overdue", _("Close date passed")
    STALE = "stale", _("Silent")
    GATE_OPEN = "gate_open", _("Ready to move on")
    STUCK = "stuck", _("Stuck")
    BROUGHT_UNMET = "brought_unmet", _("Brought in unfinished")
    CHANGED = "changed", _("Amount changed")


class Thresholds(models.Model):
    """From when on a deal needs attention: one row for everybody.

    Attributes
    ----------
    stale_days
        How long a deal may be silent in a stage that doesn't say for itself.
    stuck_percent
        The share of stays in the stage that were shorter than this one.
    stuck_least
        So many deals must have left the stage before it is said what is long there.
    gate_days
        How long a deal may stand before an open gate.
    change_amount, change_days
        The least change of an amount that is told, in the deal's currency, and for how long.
    switched_off
        Reasons that nobody wants to hear of.
    """

    stale_days = models.PositiveIntegerField(_("silent days where a stage says none"), default=14)
    stuck_percent = models.PositiveIntegerField(_("longer than so many of 100 stays"), default=80)
    stuck_least = models.PositiveIntegerField(_("deals that must have left"), default=20)
    gate_days = models.PositiveIntegerField(_("days before an open gate"), default=3)
    change_amount = models.DecimalField(
        _("change of an amount"), max_digits=19, decimal_places=4, default=Decimal(10_000)
    )
    change_days = models.PositiveIntegerField(_("days that a change is told"), default=7)
    switched_off = models.JSONField(default=list, blank=True)

    def __str__(self) -> str:
        return "thresholds"


class StageNorm(models.Model):
    """How long deals usually stay in a stage, all versions together; reckoned by the worker.

    Attributes
    ----------
    long_s
        So many of 100 stays (``Thresholds.stuck_percent``) end within it; null where too few have
        ended to say. Stays that go on count as long as they have lasted.
    left, there
        How many deals had left the stage, and how many were in it.
    """

    pipeline = models.ForeignKey(Pipeline, models.CASCADE, related_name="+")
    stage_key = models.SlugField(max_length=60)
    long_s = models.FloatField(null=True)
    left = models.PositiveIntegerField()
    there = models.PositiveIntegerField()
    reckoned_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["pipeline", "stage_key"], name="stage_norm_once")
        ]

    def __str__(self) -> str:
        return f"{self.pipeline_id} {self.stage_key}"


class OpenGate(models.Model):
    """That a deal meets everything its next stage asks for, as the worker last saw it.

    It holds while the deal is in the same stage as then; ``since`` is when the last of it was met.
    """

    deal = models.OneToOneField(Deal, models.CASCADE, related_name="open_gate", primary_key=True)
    stage = models.ForeignKey(Stage, models.CASCADE, related_name="+")
    next_stage = models.ForeignKey(Stage, models.CASCADE, related_name="+")
    since = models.DateTimeField()
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.deal_id} {self.next_stage_id}"


class Snooze(models.Model):
    """That a deal is left alone until a day, by whom and why; it holds for everybody."""

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="snoozes")
    until = models.DateField()
    reason = models.CharField(max_length=300)
    by: models.ForeignKey[User, User] = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [models.Index(fields=["deal", "until"], name="snooze_deal")]

    def __str__(self) -> str:
        return f"{self.deal_id} {self.until}"


class DigestChoice(models.Model):
    """Whether a user wants the daily mail, and from which hour of their own day on."""

    user: models.OneToOneField[User, User] = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="digest_choice"
    )
    is_on = models.BooleanField(_("Send me the mail"), default=True)
    hour = models.PositiveSmallIntegerField(_("Hour"), default=8)

    def __str__(self) -> str:
        return str(self.user)


class Digest(models.Model):
    """A user's mail of one of their days: the row is what keeps it from being sent twice.

    ``sent_at`` is empty while it is being sent; one that a crash left so is taken up again.
    ``things`` is how much it told of: nothing is not mailed.
    """

    user: models.ForeignKey[User, User] = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+"
    )
    day = models.DateField()
    claimed_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    things = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "day"], name="digest_once")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.day}"

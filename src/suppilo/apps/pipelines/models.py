"""Pipelines, their versions, stages, gates and fields.

What deals went through must stay readable, so a version never changes once deals are in it: an
edit makes the next one. A stage keeps its ``key`` through all versions of a pipeline.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Visibility(models.TextChoices):
    """Whose deals a salesperson sees in a pipeline."""

    OWN = "own", _("Own")
    TEAM = "team", _("Own and the team's")
    ALL = "all", _("All")


class Skipping(models.TextChoices):
    """Whether a deal may pass over stages."""

    REFUSED = "refused", _("Stages can't be skipped")
    ALLOWED = "allowed", _("Stages may be skipped")


class StageKind(models.TextChoices):
    """Whether a deal in the stage is still open, and if not, how it ended."""

    OPEN = "open", _("Open")
    WON = "won", _("Won")
    LOST = "lost", _("Lost")
    DISQUALIFIED = "disqualified", _("Disqualified")


class StageGroup(models.TextChoices):
    """The part of the funnel that a stage belongs to."""

    TOP = "top", _("Top")
    MIDDLE = "middle", _("Middle")
    BOTTOM = "bottom", _("Bottom")
    AFTER = "after", _("After")


class Advance(models.TextChoices):
    """What happens when a deal meets everything that this stage asks for."""

    OFF = "off", _("Nothing")
    SUGGEST = "suggest", _("The move is suggested")
    MOVE = "move", _("The deal moves by itself")


class Moment(models.TextChoices):
    """When a criterion is asked for."""

    ENTER = "enter", _("To enter the stage")
    LEAVE = "leave", _("To leave the stage for a later one")


class CriterionKind(models.TextChoices):
    """What a criterion looks at; its ``settings`` say the rest (docs/reference/gates.md)."""

    FIELD = "field", _("A field")
    PARTICIPANT = "participant", _("A participant")
    ACTIVITY = "activity", _("An activity")
    DOCUMENT = "document", _("A document")
    EVENT = "event", _("An event")
    APPROVAL = "approval", _("An approval")
    DISCOUNT = "discount", _("The discount")
    CHECKLIST = "checklist", _("A checklist item")


class Pipeline(models.Model):
    """A way of selling. ``current`` is the version that new deals begin in."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    template = models.CharField(max_length=40, blank=True)
    currency = models.CharField(_("currency"), max_length=3, default="EUR")
    visibility = models.CharField(
        max_length=10, choices=Visibility.choices, default=Visibility.TEAM
    )
    position = models.PositiveIntegerField(default=0)
    is_archived = models.BooleanField(default=False)
    current = models.ForeignKey("PipelineVersion", models.PROTECT, null=True, related_name="+")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["position", "id"]

    def __str__(self) -> str:
        return self.name


def default_waivers() -> list[str]:
    """Return the roles that may waive a criterion where a pipeline names none."""
    return ["owner", "head_of_sales"]


class PipelineVersion(models.Model):
    """What a pipeline asked for from one moment on.

    ``waiver_roles`` are those who may let a deal pass an unmet criterion, with a reason.
    """

    pipeline = models.ForeignKey(Pipeline, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    skipping = models.CharField(max_length=10, choices=Skipping.choices, default=Skipping.REFUSED)
    waiver_roles = models.JSONField(default=default_waivers)
    note = models.CharField(max_length=300, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["pipeline", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["pipeline", "number"], name="version_once")
        ]

    def __str__(self) -> str:
        return f"{self.pipeline} {self.number}"


class Stage(models.Model):
    """A position in a pipeline's version.

    ``probability`` (0..1) is that of being won from here; ``expected_days`` is how long a deal
    usually stays, and how long it may be silent before it counts as stale.
    """

    version = models.ForeignKey(PipelineVersion, models.CASCADE, related_name="stages")
    key = models.SlugField(max_length=60)
    name = models.CharField(_("name"), max_length=100)
    kind = models.CharField(max_length=12, choices=StageKind.choices, default=StageKind.OPEN)
    group = models.CharField(max_length=10, choices=StageGroup.choices, default=StageGroup.TOP)
    probability = models.DecimalField(max_digits=5, decimal_places=4)
    expected_days = models.PositiveIntegerField(null=True)
    colour = models.CharField(max_length=7, blank=True)
    position = models.PositiveIntegerField()
    advance = models.CharField(max_length=10, choices=Advance.choices, default=Advance.OFF)

    class Meta:
        ordering: ClassVar = ["version", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["version", "key"], name="stage_key_once"),
            models.UniqueConstraint(fields=["version", "position"], name="stage_position_once"),
            models.CheckConstraint(
                condition=Q(probability__gte=0, probability__lte=1), name="stage_probability"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        """Whether a deal in it is still being worked on."""
        return self.kind == StageKind.OPEN


class Criterion(models.Model):
    """One thing that must hold before a deal enters, or leaves, a stage."""

    stage = models.ForeignKey(Stage, models.CASCADE, related_name="criteria")
    key = models.SlugField(max_length=60)
    moment = models.CharField(max_length=10, choices=Moment.choices, default=Moment.ENTER)
    kind = models.CharField(max_length=12, choices=CriterionKind.choices)
    settings: Any = models.JSONField(default=dict)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["stage", "position", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["stage", "key"], name="criterion_key_once")
        ]

    def __str__(self) -> str:
        return self.key


class FieldKind(models.TextChoices):
    """The type of a custom field's values."""

    TEXT = "text", _("Text")
    NUMBER = "number", _("Number")
    MONEY = "money", _("Money")
    DATE = "date", _("Date")
    YES_NO = "yes_no", _("Yes or no")
    CHOICE = "choice", _("Choice")


class CustomField(models.Model):
    """A field that the deals of a pipeline have beside the common ones."""

    pipeline = models.ForeignKey(Pipeline, models.CASCADE, related_name="fields")
    key = models.SlugField(max_length=60)
    label = models.CharField(_("label"), max_length=100)
    kind = models.CharField(max_length=10, choices=FieldKind.choices)
    choices = models.JSONField(default=list, blank=True)
    position = models.PositiveIntegerField(default=0)
    is_archived = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar = ["pipeline", "position", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["pipeline", "key"], name="field_key_once")
        ]

    def __str__(self) -> str:
        return self.label


class LostReason(models.Model):
    """Why deals of a pipeline are lost or disqualified: one of its own list."""

    pipeline = models.ForeignKey(Pipeline, models.CASCADE, related_name="lost_reasons")
    name = models.CharField(_("name"), max_length=100)
    position = models.PositiveIntegerField(default=0)
    is_archived = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar = ["pipeline", "position", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["pipeline", "name"], name="lost_reason_once")
        ]

    def __str__(self) -> str:
        return self.name

"""What happened to a deal. Rows of the ledger are only ever added."""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn, TypeVar

from django.conf import settings
from django.db import NotSupportedError, models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from suppilo.apps.deals.append_only import SAID
from suppilo.apps.deals.models.deal import Deal
from suppilo.apps.pipelines.models import PipelineVersion, Stage

M = TypeVar("M", bound=models.Model)


class MoveKind(models.TextChoices):
    """What an entry of the ledger is."""

    OPEN = "open", _("Opened")
    ADVANCE = "advance", _("Moved on")
    BACK = "back", _("Moved back")
    WIN = "win", _("Won")
    LOSE = "lose", _("Lost")
    DISQUALIFY = "disqualify", _("Disqualified")
    REOPEN = "reopen", _("Opened again")
    HAND_OVER = "hand_over", _("Handed over")
    RENEW_VERSION = "renew_version", _("Moved to another version")
    CORRECT = "correct", _("Corrected")


class MoveSource(models.TextChoices):
    """Through what somebody, or something, made a move."""

    PAGE = "page", _("By hand")
    BULK = "bulk", _("In bulk")
    API = "api", _("Through the API")
    IMPORT = "import", _("By an import")
    AUTOMATION = "automation", _("By itself")
    SERVER = "server", _("By the server")


class AddedOnly(models.QuerySet[M]):
    """Rows that nobody removes by themselves: they go with what they belong to."""

    def delete(self) -> NoReturn:
        """Refuse.

        Raises
        ------
        NotSupportedError
            Always.
        """
        raise NotSupportedError(SAID)


class Kept(models.Model):
    """A row that is written once; the database refuses to change it, and this to remove it."""

    objects = AddedOnly.as_manager()

    class Meta:
        abstract = True

    def delete(self, *_args: Any, **_more: Any) -> NoReturn:
        """Refuse, as :meth:`AddedOnly.delete` does."""
        raise NotSupportedError(SAID)


class StageChange(Kept):
    """A deal's move from one stage to another; the first has no ``from_stage``.

    Attributes
    ----------
    number
        1, 2, 3 … within the deal. Two moves at once can't both take the next one.
    at, recorded_at
        When it happened, and when it was written down: an import tells of the past.
    version
        The pipeline's version that the deal is in afterwards.
    evidence
        The criteria that were asked for: ``[{"key", "kind", "moment", "text", "met", "by",
        "at"}]``; one that was waived has ``"waived": true``.
    corrects
        Of a correction: the entry that was wrong. It stays, and no longer counts.
    """

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="changes")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=15, choices=MoveKind.choices)
    from_stage = models.ForeignKey(Stage, models.PROTECT, null=True, related_name="+")
    to_stage = models.ForeignKey(Stage, models.PROTECT, related_name="+")
    version = models.ForeignKey(PipelineVersion, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    recorded_at = models.DateTimeField(default=timezone.now)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    source = models.CharField(max_length=12, choices=MoveSource.choices)
    reason = models.TextField(blank=True)
    evidence = models.JSONField(default=list)
    corrects = models.ForeignKey("self", models.RESTRICT, null=True, related_name="+")
    origin = models.CharField(max_length=40, blank=True, db_index=True)

    class Meta:
        ordering: ClassVar = ["deal", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["deal", "number"], name="change_number_once")
        ]
        indexes: ClassVar = [
            models.Index(fields=["at"], name="change_at"),
            models.Index(fields=["to_stage", "at"], name="change_to_at"),
        ]

    def __str__(self) -> str:
        return f"{self.deal_id} {self.number} {self.kind}"

    @property
    def never_moved(self) -> bool:
        """Whether it corrects a move to where the deal came from: nothing happened in truth."""
        return self.kind == MoveKind.CORRECT and self.from_stage_id == self.to_stage_id


class Waiver(Kept):
    """That a deal was let past a criterion that it did not meet, by whom and why."""

    change = models.ForeignKey(StageChange, models.CASCADE, related_name="waivers")
    criterion_key = models.CharField(max_length=60)
    text = models.CharField(max_length=300)
    reason = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [models.Index(fields=["at"], name="waiver_at")]

    def __str__(self) -> str:
        return f"{self.criterion_key}: {self.reason}"


class Dismissal(Kept):
    """That somebody set a suggested move aside: it comes back with evidence newer than ``at``.

    ``stage`` is the one that was suggested; ``evidence`` what was met for it, as in an entry.
    """

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="dismissals")
    stage = models.ForeignKey(Stage, models.PROTECT, related_name="+")
    reason = models.TextField(blank=True)
    evidence = models.JSONField(default=list)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    source = models.CharField(max_length=12, choices=MoveSource.choices)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.deal_id} {self.stage_id}"


class BroughtUnmet(models.Model):
    """That a file brought an open deal into a stage without all that is asked for up to there.

    That was waived, and is told until it is there.

    Attributes
    ----------
    stage
        Where the deal stood then; once it is elsewhere, that is past, too.
    missing
        What was not met, as in an entry's evidence.
    at, met_at
        When it was brought in, and when all of it was found to be there; null while it is not.
    """

    deal = models.OneToOneField(
        Deal, models.CASCADE, primary_key=True, related_name="brought_unmet"
    )
    stage = models.ForeignKey(Stage, models.PROTECT, related_name="+")
    missing = models.JSONField(default=list)
    at = models.DateTimeField()
    met_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["at"], name="brought_at")]

    def __str__(self) -> str:
        return f"{self.deal_id} {self.stage_id}"


class FieldChange(models.Model):
    """That a deal's field got another value; values as the page would write them."""

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="field_changes")
    field = models.CharField(max_length=140)
    old = models.JSONField(null=True)
    new = models.JSONField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    source = models.CharField(max_length=12, choices=MoveSource.choices)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["deal", "-id"], name="field_change_deal"),
            models.Index(fields=["field", "at"], name="field_change_at"),
        ]

    def __str__(self) -> str:
        return f"{self.deal_id} {self.field}"


class ApprovalKind(models.TextChoices):
    """What is asked for."""

    DISCOUNT = "discount", _("Discount")
    STAGE = "stage", _("Stage")


class ApprovalState(models.TextChoices):
    """What became of it. ``superseded``: the discount grew afterwards, or the deal moved on."""

    ASKED = "asked", _("Asked")
    APPROVED = "approved", _("Approved")
    REFUSED = "refused", _("Refused")
    SUPERSEDED = "superseded", _("No longer valid")


class Approval(models.Model):
    """Somebody asks for leave: to give a discount, or to enter a stage.

    ``key`` is ``stage.criterion`` of a stage approval; ``rate`` is the discount asked for, and the
    approval holds up to that.
    """

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="approvals")
    kind = models.CharField(max_length=10, choices=ApprovalKind.choices)
    key = models.CharField(max_length=130, blank=True)
    rate = models.DecimalField(max_digits=5, decimal_places=4, null=True)
    state = models.CharField(
        max_length=12, choices=ApprovalState.choices, default=ApprovalState.ASKED
    )
    ask_reason = models.TextField(blank=True)
    answer_reason = models.TextField(blank=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [models.Index(fields=["state", "-id"], name="approval_state")]

    def __str__(self) -> str:
        return f"{self.deal_id} {self.kind} {self.state}"


class ChecklistTick(models.Model):
    """That a checklist item of a stage was ticked for a deal; unticking removes the row."""

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="ticks")
    stage_key = models.CharField(max_length=60)
    key = models.CharField(max_length=60)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["deal", "stage_key", "key"], name="tick_once")
        ]

    def __str__(self) -> str:
        return self.key


class Fact(models.Model):
    """That an event some gate looks for was seen on a deal's, person's or company's timeline.

    Kept beside the event itself (which is in the event tables) so that a gate can be judged at
    once. ``path`` is the event's: an identifier, or the deal's own path. ``is_public`` says that
    anybody may have sent it: it came by a key that stands in a website's or app's own code.
    """

    name = models.CharField(max_length=100)
    path = models.CharField(max_length=500)
    event_id = models.CharField(max_length=255)
    at = models.DateTimeField()
    properties = models.JSONField(default=dict)
    is_public = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["event_id", "path"], name="fact_once")
        ]
        indexes: ClassVar = [models.Index(fields=["path", "name", "at"], name="fact_path_name")]

    def __str__(self) -> str:
        return f"{self.name} {self.path}"

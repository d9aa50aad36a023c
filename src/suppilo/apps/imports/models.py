"""Files that came in through the browser, and what became of them."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class ImportState(models.TextChoices):
    """Where an import stands."""

    UPLOADED = "uploaded", _("To be checked")
    CHECKING = "checking", _("Being checked")
    CHECKED = "checked", _("Checked")
    RUNNING = "running", _("Being imported")
    DONE = "done", _("Imported")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")
    UNDOING = "undoing", _("Being undone")
    UNDONE = "undone", _("Undone")


class ImportKind(models.TextChoices):
    """What a file's rows are."""

    EVENTS = "events", _("Events")
    DEALS = "deals", _("Deals")
    COMPANIES = "companies", _("Companies")
    PEOPLE = "people", _("People")
    ACTIVITIES = "activities", _("Activities")
    STAGES = "stages", _("Stage history of deals")


BUSY = (ImportState.CHECKING, ImportState.RUNNING, ImportState.UNDOING)
"""States in which a job is at work."""


class Import(models.Model):
    """One uploaded file.

    ``name`` is what the sender called it and is only shown; on disk it lies under ``stored_name``,
    which the server made. ``batch`` is its name in the lake. ``counts`` is what the check or the
    import found: of events ``events``, ``people``, ``rejected``, ``names`` (event → rows) and the
    like; of records what :class:`suppilo.apps.imports.records.report.Report` holds.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    name = models.CharField(max_length=255)
    stored_name = models.CharField(max_length=80, unique=True)
    size_bytes = models.BigIntegerField()
    digest = models.CharField(max_length=64, db_index=True)
    kind = models.CharField(max_length=12, choices=ImportKind.choices, default=ImportKind.EVENTS)
    options = models.JSONField(default=dict)
    state = models.CharField(
        max_length=10, choices=ImportState.choices, default=ImportState.UPLOADED
    )
    job_id = models.BigIntegerField(null=True)
    batch = models.CharField(max_length=120, blank=True)
    counts = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return self.name

    @property
    def folder(self) -> Path:
        """Where its files lie."""
        return Path(settings.SUPPILO.home) / "imports" / Path(self.stored_name).stem.split(".")[0]

    @property
    def path(self) -> Path:
        """The uploaded file."""
        return self.folder / self.stored_name

    @property
    def rejects(self) -> Path:
        """The rows that could not be used, with their reasons."""
        return self.folder / "rejected.csv"

    @property
    def notes(self) -> Path:
        """The rows that were used, though something about them should be looked at."""
        return self.folder / "noted.csv"

    @property
    def has_records(self) -> bool:
        """Whether its rows are deals, companies and the like, rather than events."""
        return self.kind != ImportKind.EVENTS

    @property
    def origin(self) -> str:
        """What the people that it brought know it by."""
        return f"import:{self.pk}"

    @property
    def is_busy(self) -> bool:
        """Whether a job is at work on it."""
        return self.state in BUSY

    @property
    def has_events(self) -> bool:
        """Whether what it brought may be here: all, or some where it broke off."""
        return self.state == ImportState.DONE or (
            bool(self.batch) and self.state != ImportState.UNDONE
        )


class RecordAction(models.TextChoices):
    """What an import did to a record."""

    MADE = "made", _("Made")
    CHANGED = "changed", _("Changed")
    MOVED = "moved", _("Moved")


class MadeBeside(models.TextChoices):
    """What an import makes beside the records of its rows, where somebody has said so."""

    PRODUCTS = "products", _("Products")
    LOST_REASONS = "lost_reasons", _("Lost reasons")


class ImportedRecord(models.Model):
    """That a row of a file made, changed or moved something: what undoing an import goes by.

    Attributes
    ----------
    kind, record_id
        Which: a deal, company, person's identifier or activity; or what was made beside it.
    row
        Its number in the file, as a spreadsheet numbers rows.
    before, after
        The fields that were written, as :func:`~suppilo.apps.imports.records.values.plain_value`
        has them: what stood there and what the file says. A field that the file says the same of
        next time is not written again, whatever people have made of it since.
    revision
        The deal's, after it was written: a higher one says that somebody changed it since.
    """

    brought_by = models.ForeignKey(Import, models.CASCADE, related_name="records")
    kind = models.CharField(max_length=12, choices=[*ImportKind.choices, *MadeBeside.choices])
    action = models.CharField(max_length=10, choices=RecordAction.choices)
    record_id = models.BigIntegerField()
    row = models.PositiveIntegerField()
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    revision = models.BigIntegerField(null=True)

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [
            models.Index(fields=["kind", "record_id", "-id"], name="imported_record"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.kind} {self.record_id}"

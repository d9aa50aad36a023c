"""Entries of the sales book, their versions, and on which deals they were used."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from suppilo.apps.accounts.models import User
from suppilo.apps.deals.models import Deal
from suppilo.apps.pipelines.models import Pipeline


class EntryKind(models.TextChoices):
    """What an entry is for; in the order in which a deal's page shows them."""

    INSTRUCTION = "instruction", _("Instruction")
    SCRIPT = "script", _("Script")
    QUESTION = "question", _("Question")
    OBJECTION = "objection", _("Objection")
    MATERIAL = "material", _("Material")


class Entry(models.Model):
    """Something to say, ask, answer or hand out in a stage; its words are in its versions.

    ``stage_key`` holds through all versions of the pipeline.
    """

    pipeline = models.ForeignKey(Pipeline, models.CASCADE, related_name="book_entries")
    stage_key = models.SlugField(max_length=60)
    kind = models.CharField(max_length=12, choices=EntryKind.choices)
    position = models.PositiveIntegerField(default=0)
    is_archived = models.BooleanField(default=False)
    current = models.ForeignKey("EntryVersion", models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = _("entries")
        ordering: ClassVar = ["position", "id"]
        indexes: ClassVar = [models.Index(fields=["pipeline", "stage_key"], name="entry_stage")]

    def __str__(self) -> str:
        return self.current.title if self.current else ""

    def get_absolute_url(self) -> str:
        """Return the entry's page."""
        return reverse("book_entry", args=[self.pk])


class EntryVersion(models.Model):
    """What an entry said from one moment on. It never changes: an edit makes the next one.

    Attributes
    ----------
    title
        Of an objection: what the client says.
    text
        Paragraphs, lists and bold, as :mod:`suppilo.apps.salesbook.markup` reads them.
    answers
        Of an objection: what may be answered, each like ``text``.
    url, stored_name, file_name, size_bytes
        Of material: a link, or a file in the data folder and what it is called.
    """

    entry = models.ForeignKey(Entry, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    title = models.CharField(_("title"), max_length=200)
    text = models.TextField(_("text"), blank=True)
    answers = models.JSONField(default=list, blank=True)
    url = models.URLField(_("link"), max_length=1000, blank=True)
    stored_name = models.CharField(max_length=80, blank=True)
    file_name = models.CharField(max_length=255, blank=True)
    size_bytes = models.BigIntegerField(null=True)
    created_by: models.ForeignKey[User | None, User | None] = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["entry", "-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["entry", "number"], name="entry_version_once")
        ]

    def __str__(self) -> str:
        return self.title


class Usage(models.Model):
    """That somebody used an entry on a deal, and which version of it."""

    entry = models.ForeignKey(Entry, models.CASCADE, related_name="usages")
    version = models.ForeignKey(EntryVersion, models.CASCADE, related_name="+")
    deal = models.ForeignKey(Deal, models.CASCADE, related_name="book_usages")
    by: models.ForeignKey[User, User] = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["entry", "deal"], name="usage_once")
        ]
        indexes: ClassVar = [models.Index(fields=["deal"], name="usage_deal")]

    def __str__(self) -> str:
        return f"{self.entry_id} {self.deal_id}"

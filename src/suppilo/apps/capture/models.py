"""Sources, the inbox of events, quarantine, and what keeps the accounting and the ids."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from suppilo.apps.people.values import as_datetime


class SourceKind(models.TextChoices):
    """What sends the events; it decides which code is shown to paste."""

    WEBSITE = "website", _("Website")
    SERVER = "server", _("Server")
    APP = "app", _("App")
    PIXEL = "pixel", _("Pixel")


def default_settings() -> dict[str, Any]:
    """Return what a new source does with addresses and bots."""
    return {"anonymise_ip": True, "drop_bots": True}


class Source(models.Model):
    """Something that sends events: a website, a server, an app."""

    name = models.CharField(_("name"), max_length=100)
    kind = models.CharField(_("kind"), max_length=20, choices=SourceKind.choices)
    is_enabled = models.BooleanField(default=True)
    allowed_origins = models.JSONField(default=list, blank=True)
    settings = models.JSONField(default=default_settings, blank=True)
    created_by = models.ForeignKey(
        "accounts.User", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_internal(self) -> bool:
        """Whether it stands for this server's own events: nobody changes it, and it has no key."""
        return bool(self.settings.get("internal"))


class SourceKey(models.Model):
    """A write key: it lets events in, names the source, and gives no right to read."""

    source = models.ForeignKey(Source, models.CASCADE, related_name="keys")
    key = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.key


class Inbox(models.Model):
    """An event that was received and has not been flushed to the event tables yet.

    ``digest`` names the event (source and id), ``content`` is a checksum of what it says.
    ``seq`` only grows: one writer hands it out, in the order of commits.
    """

    seq = models.BigAutoField(primary_key=True)
    source_id = models.BigIntegerField()
    digest = models.BinaryField(max_length=16, unique=True)
    content = models.BigIntegerField()
    name = models.TextField()
    at_us = models.BigIntegerField()
    received_us = models.BigIntegerField()
    path = models.TextField()
    session_id = models.TextField()
    payload = models.BinaryField()

    class Meta:
        verbose_name_plural = "inbox"

    def __str__(self) -> str:
        return f"{self.seq} {self.name}"


class QuarantineState(models.TextChoices):
    """What became of a refused event."""

    OPEN = "open", _("Open")
    REPLAYING = "replaying", _("Replaying")
    REPLAYED = "replayed", _("Replayed")
    DISCARDED = "discarded", _("Discarded")


class Quarantined(models.Model):
    """An event that could not be stored as it was, with the reason."""

    source = models.ForeignKey(Source, models.CASCADE, related_name="quarantined")
    digest = models.BinaryField(max_length=16, unique=True)
    event_id = models.TextField()
    name = models.TextField()
    reason = models.CharField(max_length=50)
    detail = models.TextField(blank=True)
    raw = models.BinaryField()
    received_us = models.BigIntegerField()
    state = models.CharField(
        max_length=10, choices=QuarantineState.choices, default=QuarantineState.OPEN
    )

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["state", "id"], name="quarantined_state"),
            models.Index(fields=["source", "state", "reason"], name="quarantined_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}"

    @property
    def received_at(self) -> datetime:
        """When it arrived."""
        return as_datetime(self.received_us)


class RuleAction(models.TextChoices):
    """What a rule does with an event."""

    RENAME_EVENT = "rename_event", _("Rename the event")
    RENAME_FIELD = "rename_field", _("Rename a field")
    SET_VALUE = "set_value", _("Set a value")
    CAST = "cast", _("Change a value's type")
    DROP = "drop", _("Leave the event out")


class Rule(models.Model):
    """How events of a source are put right before they are checked.

    ``event`` empty: every event. ``field`` is a dotted path, ``properties.total`` for example.
    """

    source = models.ForeignKey(Source, models.CASCADE, related_name="rules")
    event = models.TextField(blank=True)
    action = models.CharField(max_length=20, choices=RuleAction.choices)
    field = models.TextField(blank=True)
    value = models.JSONField(null=True, blank=True)
    is_enabled = models.BooleanField(default=True)
    created_by = models.ForeignKey(
        "accounts.User", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.action} {self.event or '*'}"


class SourceCount(models.Model):
    """How many events of a source came on one day (UTC), and what became of them.

    ``received`` is always the sum of stored, duplicate, quarantined, suppressed and filtered;
    ``conflicting`` says how many duplicates said something else than the first.
    """

    source = models.ForeignKey(Source, models.CASCADE, related_name="counts")
    day = models.DateField()
    received = models.BigIntegerField(default=0)
    stored = models.BigIntegerField(default=0)
    duplicate = models.BigIntegerField(default=0)
    conflicting = models.BigIntegerField(default=0)
    quarantined = models.BigIntegerField(default=0)
    suppressed = models.BigIntegerField(default=0)
    filtered = models.BigIntegerField(default=0)
    last_us = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source", "day"], name="source_count_day")
        ]

    def __str__(self) -> str:
        return f"{self.source_id} {self.day}: {self.received}"


class FlushBatch(models.Model):
    """Inbox rows ``low_seq`` to ``high_seq``, written to the event tables as one batch."""

    number = models.BigIntegerField(primary_key=True)
    low_seq = models.BigIntegerField()
    high_seq = models.BigIntegerField()
    flushed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "flush batches"

    def __str__(self) -> str:
        return f"{self.number}: {self.low_seq}-{self.high_seq}"


class Cursor(models.Model):
    """How far a reader of the inbox has come."""

    name = models.CharField(max_length=50, primary_key=True)
    value = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name}: {self.value}"


class IdRun(models.Model):
    """A sorted file of the ids of flushed events; ``retired_at`` once it has been merged."""

    file = models.CharField(max_length=100, unique=True)
    count = models.BigIntegerField()
    created_at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.file


class Suppression(models.Model):
    """An identifier of which nothing is kept, as a hash."""

    digest = models.BinaryField(max_length=16, unique=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.fingerprint

    @property
    def fingerprint(self) -> str:
        """The beginning of the hash, as it is shown."""
        return bytes(self.digest).hex()[:16]


class ActiveSession(models.Model):
    """The session that a device is in; kept so that a restart does not end it."""

    key = models.BinaryField(max_length=16, primary_key=True)
    session_id = models.TextField()
    user_id = models.TextField(blank=True)
    start_us = models.BigIntegerField()
    last_us = models.BigIntegerField()
    seen_us = models.BigIntegerField(db_index=True)

    def __str__(self) -> str:
        return self.session_id

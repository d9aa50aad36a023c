"""Where events are told to, what is told, and every attempt at it."""

from __future__ import annotations

from typing import ClassVar
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Endpoint(models.Model):
    """An address of another system that events are told to.

    Attributes
    ----------
    events
        The names of the events that it is told; empty: all.
    owner
        What this user may not see, the address is not told.
    sealed_secret, sealed_old_secret, old_secret_until
        What payloads are signed with, encrypted; after a renewal both are used for a day.
    failures, failing_since
        How many attempts failed in a row, and since when.
    closed_until
        Until when nothing is tried after many failures.
    disabled_at, disabled_because
        Since when nothing is told, and why: a person did it, or the address itself asked for it.
    """

    url = models.CharField(_("address"), max_length=2000)
    description = models.CharField(_("description"), max_length=200, blank=True)
    events = models.JSONField(default=list, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="webhooks"
    )
    sealed_secret = models.BinaryField()
    sealed_old_secret = models.BinaryField(null=True)
    old_secret_until = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    closed_until = models.DateTimeField(null=True)
    disabled_at = models.DateTimeField(null=True)
    disabled_because = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return self.description or self.host

    def get_absolute_url(self) -> str:
        """Return the page of the address."""
        return reverse("webhook", args=[self.pk])

    @property
    def host(self) -> str:
        """The machine's name; the rest of an address is often a secret itself."""
        return urlsplit(self.url).hostname or ""

    @property
    def is_enabled(self) -> bool:
        """Whether it is told of events."""
        return self.disabled_at is None


class DeliveryState(models.TextChoices):
    """What became of a message."""

    WAITING = "waiting", _("Waiting")
    DELIVERED = "delivered", _("Delivered")
    FAILED = "failed", _("Given up")


class Delivery(models.Model):
    """One message to one address.

    Attributes
    ----------
    message_id
        The event's id: the same in every attempt, so that the other side can know it again.
    body
        The JSON that is sent, as it was when the event happened.
    next_at
        When it is tried next, while it waits.
    retry_until
        When it is given up.
    claimed_until
        Until when a worker may be at it; after that its worker is dead.
    """

    endpoint = models.ForeignKey(Endpoint, models.CASCADE, related_name="deliveries")
    message_id = models.CharField(max_length=255)
    name = models.CharField(max_length=100)
    body = models.TextField()
    state = models.CharField(
        max_length=10, choices=DeliveryState.choices, default=DeliveryState.WAITING
    )
    tries = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    next_at = models.DateTimeField()
    retry_until = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["endpoint", "message_id"], name="message_once")
        ]
        indexes: ClassVar = [
            models.Index(fields=["next_at", "id"], name="delivery_due",
                         condition=Q(state="waiting")),
            models.Index(fields=["endpoint", "-id"], name="delivery_of_endpoint"),
            models.Index(fields=["created_at"], name="delivery_age"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.name} {self.message_id}"

    def get_absolute_url(self) -> str:
        """Return the message's page."""
        return reverse("webhook_delivery", args=[self.endpoint_id, self.pk])


class Attempt(models.Model):
    """One try to deliver a message.

    Attributes
    ----------
    status
        The answer's HTTP status; null where there was none.
    error
        Why there was no answer, in words.
    answer
        The beginning of the answer's body.
    """

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="attempts")
    number = models.PositiveIntegerField()
    at = models.DateTimeField()
    took_ms = models.PositiveIntegerField()
    status = models.PositiveSmallIntegerField(null=True)
    content_type = models.CharField(max_length=100, blank=True)
    answer = models.TextField(blank=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.delivery_id} {self.number}: {self.status or self.error}"

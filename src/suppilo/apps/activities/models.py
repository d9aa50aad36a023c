"""What people do for a deal, a person or a company."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from suppilo.apps.accounts.models import User


class ActivityKind(models.TextChoices):
    """What is done."""

    CALL = "call", _("Call")
    MEETING = "meeting", _("Meeting")
    EMAIL = "email", _("E-mail")
    VISIT = "visit", _("Visit")
    DEMO = "demo", _("Demo")
    TASK = "task", _("Task")


class Outcome(models.TextChoices):
    """How it went."""

    REACHED = "reached", _("Reached")
    NOT_REACHED = "not_reached", _("Not reached")
    AGREED = "agreed", _("Agreed")
    REFUSED = "refused", _("Refused")
    DONE = "done", _("Done")


class Activity(models.Model):
    """Something to do, or done: ``done_at`` says which.

    ``due_at`` is the start where ``has_time``, else any moment of the day (in the owner's zone);
    an activity that was only noted afterwards has none. ``contact`` is an identifier of the person
    it was with, so that merging people moves nothing here.
    """

    kind = models.CharField(max_length=10, choices=ActivityKind.choices)
    subject = models.CharField(_("subject"), max_length=300)
    note = models.TextField(_("note"), blank=True)
    deal = models.ForeignKey(
        "deals.Deal", models.CASCADE, null=True, blank=True, related_name="activities"
    )
    contact = models.ForeignKey(
        "people.Identifier", models.SET_NULL, null=True, blank=True, related_name="activities"
    )
    company = models.ForeignKey(
        "people.Company", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    owner: models.ForeignKey[User, User] = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="activities"
    )
    due_at = models.DateTimeField(null=True, blank=True)
    has_time = models.BooleanField(default=False)
    duration_min = models.PositiveIntegerField(null=True, blank=True)
    is_high = models.BooleanField(default=False)
    tags = models.JSONField(default=list, blank=True)
    outcome = models.CharField(max_length=15, choices=Outcome.choices, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = _("activities")
        indexes: ClassVar = [
            # All that is looked at to count what is late, so that no activity is read for it.
            models.Index(
                fields=["owner", "due_at", "id", "has_time", "done_at", "cancelled_at"],
                name="activity_open", condition=Q(done_at=None, cancelled_at=None),
            ),
            models.Index(
                fields=["due_at", "deal"], name="activity_planned",
                condition=Q(done_at=None, cancelled_at=None),
            ),
            models.Index(fields=["deal", "-done_at"], name="activity_deal_done"),
            models.Index(fields=["owner", "-done_at"], name="activity_owner_done"),
            models.Index(fields=["contact", "-id"], name="activity_contact"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.subject

    @property
    def is_open(self) -> bool:
        """Whether it is still to be done."""
        return self.done_at is None and self.cancelled_at is None


class CalendarFeed(models.Model):
    """A secret address at which a calendar program reads a user's activities. We keep its hash."""

    user: models.ForeignKey[User, User] = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="calendar_feeds"
    )
    secret_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(revoked_at=None), name="calendar_feed_once"
            )
        ]

    def __str__(self) -> str:
        return str(self.user)

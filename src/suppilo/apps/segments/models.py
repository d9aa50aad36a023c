"""Segments, who is in them, who left, and how large they were."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from suppilo.apps.funnels.models import Shared
from suppilo.apps.segments.rules import Rules


class SegmentUnit(models.TextChoices):
    """What a segment is made of."""

    PERSON = "person", _("People")
    COMPANY = "company", _("Companies")
    DEAL = "deal", _("Deals")


class Segment(Shared):
    """People, companies or deals that a rule names.

    Attributes
    ----------
    rules
        What :meth:`suppilo.apps.segments.rules.Rules.from_dict` reads.
    needs_deals
        Whether it tells of deals: it is seen by those who see all of them.
    size
        How many are in it.
    refreshed_at
        When it was last asked who is in it; null: never.
    settled_at
        When it was first asked by the present rules: who came after that came by themselves.
    version
        Grows when somebody comes or goes: what names who is in it now, for caches.
    revision
        Grows with every change of the rules.
    error
        Why it could not be asked the last time, in words.
    """

    description = models.TextField(max_length=1000, blank=True)
    unit = models.CharField(max_length=10, choices=SegmentUnit.choices)
    rules = models.JSONField()
    needs_deals = models.BooleanField(default=False)
    size = models.PositiveBigIntegerField(default=0)
    refreshed_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    version = models.PositiveBigIntegerField(default=0)
    revision = models.PositiveIntegerField(default=1)
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering: ClassVar = ["name", "id"]
        indexes: ClassVar = [
            models.Index(fields=["name", "id"], name="segment_name"),
            models.Index(fields=["owner"], name="segment_owner"),
            models.Index(fields=["visibility", "team"], name="segment_visibility"),
            models.Index(fields=["refreshed_at"], name="segment_refreshed"),
        ]

    def get_absolute_url(self) -> str:
        """Return the segment's page."""
        return reverse("segment", args=[self.pk])

    def read_rules(self) -> Rules:
        """Return the rules themselves."""
        return Rules.from_dict(self.rules)

    @property
    def state(self) -> str:
        """What names who is in it now: another as soon as somebody comes or goes."""
        return f"{self.pk}.{self.version}"


class Member(models.Model):
    """That a person, company or deal is in a segment.

    Attributes
    ----------
    number
        The id of the person, company or deal, as the segment's unit says.
    since_at
        When it was first found there.
    has_come
        Whether it came by itself, and was not put there by rules that were new.
    """

    segment = models.ForeignKey(Segment, models.CASCADE, related_name="members", db_index=False)
    number = models.BigIntegerField()
    since_at = models.DateTimeField()
    has_come = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["segment", "number"], name="segment_member_once")
        ]
        indexes: ClassVar = [
            models.Index(fields=["segment", "-since_at", "-number"], name="segment_member_since"),
            models.Index(fields=["number"], name="segment_member_number"),
        ]

    def __str__(self) -> str:
        return f"{self.segment_id} {self.number}"


class Leaver(models.Model):
    """That a person, company or deal was in a segment and is not any more.

    Attributes
    ----------
    has_come, has_left
        Whether it came, and left, by itself, and not because the rules were changed.
    """

    segment = models.ForeignKey(Segment, models.CASCADE, related_name="leavers", db_index=False)
    number = models.BigIntegerField()
    since_at = models.DateTimeField()
    left_at = models.DateTimeField()
    has_come = models.BooleanField(default=False)
    has_left = models.BooleanField(default=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["segment", "-left_at", "-id"], name="segment_leaver_left"),
            models.Index(fields=["left_at"], name="segment_leaver_old"),
        ]

    def __str__(self) -> str:
        return f"{self.segment_id} {self.number}"


class Size(models.Model):
    """How large a segment was at the end of a day, and how many came and left on it."""

    segment = models.ForeignKey(Segment, models.CASCADE, related_name="sizes", db_index=False)
    day = models.DateField()
    size = models.PositiveBigIntegerField()
    came = models.PositiveBigIntegerField(default=0)
    left = models.PositiveBigIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["day"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["segment", "day"], name="segment_size_once")
        ]

    def __str__(self) -> str:
        return f"{self.segment_id} {self.day}"

"""Identifiers, the persons they belong to, and why."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from suppilo.apps.people.evidence import LinkKind
from suppilo.apps.people.values import as_datetime

MANUAL = "manual"
"""The origin of what people at work said themselves."""


class IdentityState(models.Model):
    """One row: the lock of everybody who writes identities, and what they count.

    ``version`` names the present division into persons. It grows with every change of it and is
    never used twice, not even after a transaction that came to nothing; ``recent`` are the last
    versions, newest first, which a cached copy may be brought up to date from.
    """

    next_id = models.BigIntegerField(default=1)
    version = models.BigIntegerField(default=0)
    recent = models.JSONField(default=list)


def _listed(name: str, *fields: str, **also: object) -> models.Index:
    """Return an index of the persons that lists show, of whom something may also be true."""
    return models.Index(fields=fields, name=f"person_{name}", condition=Q(is_visible=True, **also))


class Person(models.Model):
    """What lists show of a person.

    Every identifier has a person with its own id. A person whose identifiers all belong to
    another one now is kept and not shown (``is_visible``), so that undoing a merge brings back
    the same person at the same address.
    """

    id = models.BigIntegerField(primary_key=True)
    is_visible = models.BooleanField(default=True)
    is_known = models.BooleanField(_("known"), default=False)
    has_email = models.BooleanField(_("has an e-mail address"), default=False)
    identifier = models.TextField(_("identifier"))
    name = models.TextField(_("name"), default="")
    email = models.TextField(_("e-mail"), default="")
    company = models.ForeignKey(
        "people.Company", models.SET_NULL, null=True, related_name="people", db_index=False
    )
    first_seen_us = models.BigIntegerField(_("first seen"))
    last_seen_us = models.BigIntegerField(_("last seen"))
    events = models.BigIntegerField(_("events"), default=0)
    first_channel = models.TextField(_("first channel"), default="")
    last_channel = models.TextField(_("last channel"), default="")
    name_key = models.BinaryField(max_length=80)
    surname_key = models.BinaryField(max_length=80, default=b"")
    email_key = models.BinaryField(max_length=80, default=b"")

    class Meta:
        indexes: ClassVar = [
            _listed("last", "-last_seen_us", "-id"),
            _listed("first", "-first_seen_us", "-id"),
            _listed("name", "name_key", "id"),
            _listed("events", "-events", "-id"),
            _listed("surname", "surname_key"),
            _listed("email", "email_key", has_email=True),
            _listed("channel", "first_channel", "-last_seen_us", "-id"),
            _listed("has_email", "-last_seen_us", "-id", has_email=True),
            _listed("known", "-last_seen_us", "-id", is_known=True),
            # Few are known: they are met last by name, and are few of a channel.
            _listed("known_name", "name_key", "id", is_known=True),
            _listed("email_name", "name_key", "id", has_email=True),
            _listed("known_channel", "first_channel", "-last_seen_us", "-id", is_known=True),
            _listed("email_channel", "first_channel", "-last_seen_us", "-id", has_email=True),
            models.Index(fields=["company", "-last_seen_us"], name="person_company"),
        ]

    def __str__(self) -> str:
        return self.name or self.email or self.identifier

    def get_absolute_url(self) -> str:
        """Return the person's page."""
        return reverse("person", args=[self.pk])

    @property
    def first_seen_at(self) -> datetime:
        """The time of the person's first event."""
        return as_datetime(self.first_seen_us)

    @property
    def last_seen_at(self) -> datetime:
        """The time of the person's last event."""
        return as_datetime(self.last_seen_us)


class Identifier(models.Model):
    """A user id, a device's id, an address: one name that events come with."""

    id = models.BigIntegerField(primary_key=True)
    value = models.TextField(unique=True)
    key = models.BigIntegerField(db_index=True)
    search_key = models.BinaryField(max_length=80, db_index=True)
    person = models.ForeignKey(Person, models.CASCADE, related_name="identifiers")
    is_known = models.BooleanField(default=False)
    first_seen_us = models.BigIntegerField()
    last_seen_us = models.BigIntegerField()
    events = models.BigIntegerField(default=0)
    first_touch = models.JSONField(default=dict)
    first_touch_us = models.BigIntegerField(null=True)
    last_touch = models.JSONField(default=dict)
    last_touch_us = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return self.value

    @property
    def first_seen_at(self) -> datetime:
        """The time of its first event."""
        return as_datetime(self.first_seen_us)

    @property
    def last_seen_at(self) -> datetime:
        """The time of its last event."""
        return as_datetime(self.last_seen_us)


class Sighting(models.Model):
    """What one origin's events say about when an identifier was seen.

    ``events`` is 0 where a link or a property merely names it; the times are theirs then.
    """

    identifier = models.ForeignKey(Identifier, models.CASCADE, related_name="sightings")
    origin = models.CharField(max_length=40, db_index=True)
    is_known = models.BooleanField(default=False)
    first_seen_us = models.BigIntegerField()
    last_seen_us = models.BigIntegerField()
    events = models.BigIntegerField(default=0)
    first_touch = models.JSONField(default=dict)
    first_touch_us = models.BigIntegerField(null=True)
    last_touch = models.JSONField(default=dict)
    last_touch_us = models.BigIntegerField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["identifier", "origin"], name="sighting_once")
        ]


class LinkRow(models.Model):
    """That one origin said of two identifiers that they are one person, when it first did.

    A pair with a link that people switched off stays apart, whoever says the same again; only a
    link made by hand may join it.
    """

    source = models.ForeignKey(Identifier, models.CASCADE, related_name="links_out")
    target = models.ForeignKey(Identifier, models.CASCADE, related_name="links_in")
    kind: models.CharField[LinkKind, LinkKind] = models.CharField(max_length=10)
    origin = models.CharField(max_length=40, db_index=True)
    at_us = models.BigIntegerField()
    event_id = models.TextField()
    switched_off_at = models.DateTimeField(null=True)
    switched_off_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["source", "target", "kind", "origin"], name="link_once"
            ),
            models.CheckConstraint(condition=~Q(source=F("target")), name="link_between_two"),
        ]


class MergeEntry(models.Model):
    """The log: which link made two persons one, and whether that still holds.

    ``undone_by`` is empty where no one undid it but later evidence did: an earlier link, say.
    """

    source = models.ForeignKey(Identifier, models.CASCADE, related_name="+")
    target = models.ForeignKey(Identifier, models.CASCADE, related_name="+")
    kind: models.CharField[LinkKind, LinkKind] = models.CharField(max_length=10)
    origin = models.CharField(max_length=40)
    at_us = models.BigIntegerField()
    event_id = models.TextField()
    merged_at = models.DateTimeField()
    merged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        ordering: ClassVar = ["-merged_at", "-id"]

    @property
    def at(self) -> datetime:
        """The time of the event that said so."""
        return as_datetime(self.at_us)


class Override(models.Model):
    """That events with one path's key belong to another path's person.

    A row whose two keys are equal says that the path stands for itself again.
    """

    key = models.BigIntegerField(primary_key=True)
    root_key = models.BigIntegerField()
    version = models.BigIntegerField(db_index=True)

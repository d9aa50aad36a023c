"""What is known of persons and companies, from whom, and since when."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from suppilo.apps.people.models.identity import Identifier
from suppilo.apps.people.values import as_datetime


class TraitValue(models.Model):
    """That an origin gave an identifier's property a value: the first and the last time it did.

    The same value again only moves the last time, so what is stored are changes.

    Attributes
    ----------
    once
        It counts only where the property has no other value.
    digest
        The key of the value's JSON: equal values have equal digests.
    is_current
        It is the value that the identifier's person has now.
    """

    identifier = models.ForeignKey(
        Identifier, models.CASCADE, related_name="traits", db_index=False
    )
    origin = models.CharField(max_length=40, db_index=True)
    name = models.TextField()
    value = models.JSONField(null=True)
    digest = models.BigIntegerField()
    first_us = models.BigIntegerField()
    last_us = models.BigIntegerField()
    once = models.BooleanField(default=False)
    is_current = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["identifier", "name", "digest", "once", "origin"], name="trait_once"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["name", "digest", "identifier"], name="trait_current",
                         condition=Q(is_current=True)),
        ]  # fmt: skip

    @property
    def first_at(self) -> datetime:
        """When the value was first given."""
        return as_datetime(self.first_us)

    @property
    def last_at(self) -> datetime:
        """When the value was last given."""
        return as_datetime(self.last_us)


class Company(models.Model):
    """An organisation that people belong to.

    ``name`` is what people at work wrote (``is_manual``), else what the events say, else the key.
    """

    key = models.TextField(_("key"), unique=True)
    name = models.TextField(_("name"))
    name_key = models.BinaryField(max_length=80)
    is_manual = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = _("companies")
        indexes: ClassVar = [models.Index(fields=["name_key", "id"], name="company_name")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the company's page."""
        return reverse("company", args=[self.pk])


class CompanyTrait(models.Model):
    """The last value that an origin gave a company's property."""

    company = models.ForeignKey(Company, models.CASCADE, related_name="traits", db_index=False)
    origin = models.CharField(max_length=40, db_index=True)
    name = models.TextField()
    value = models.JSONField(null=True)
    at_us = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["company", "name", "origin"], name="company_trait_once")
        ]


class Membership(models.Model):
    """That an origin said of an identifier that it belongs, or no longer belongs, to a company.

    ``is_current``: it is the latest about the identifier's person and this company, and says so.
    """

    identifier = models.ForeignKey(
        Identifier, models.CASCADE, related_name="memberships", db_index=False
    )
    company = models.ForeignKey(Company, models.CASCADE, related_name="memberships")
    origin = models.CharField(max_length=40, db_index=True)
    at_us = models.BigIntegerField()
    is_removed = models.BooleanField(default=False)
    is_current = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["identifier", "company", "origin"], name="membership_once"
            )
        ]

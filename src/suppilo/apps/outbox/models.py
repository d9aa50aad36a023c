"""Domain events that wait to be handed on."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class DomainEvent(models.Model):
    """Something that happened to a deal, a quote, an invoice: for the event tables and webhooks.

    Written in the transaction of the deed, so that neither is without the other.

    Attributes
    ----------
    event_id
        Its name for ever: the capture store knows by it what it has already.
    name
        The event's name in funnels: ``deal_won``.
    path
        Whose event it is: a person's identifier, or a deal's (:mod:`suppilo.apps.outbox.paths`).
    properties
        JSON values: numbers, texts, true and false; money as a number beside its currency.
    relayed_at
        When the capture store had it on disk; it is removed some time after.
    """

    event_id = models.CharField(max_length=255, unique=True)
    name = models.CharField(max_length=100)
    path = models.CharField(max_length=500)
    at = models.DateTimeField()
    properties = models.JSONField(default=dict)
    deal_id = models.BigIntegerField(null=True)
    recorded_at = models.DateTimeField()
    relayed_at = models.DateTimeField(null=True)
    announced_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["id"], condition=models.Q(relayed_at=None), name="event_to_relay"),
            models.Index(
                fields=["id"], condition=models.Q(announced_at=None), name="event_to_announce"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.event_id}"


class AskedEvent(models.Model):
    """An event that gates look for: from when on, its facts are noted as they come."""

    name = models.CharField(max_length=100, unique=True)
    asked_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class FreshFact(models.Model):
    """A fact that the deals it may move have not been judged by yet; removed once they have.

    Attributes
    ----------
    name, path
        The event's.
    """

    name = models.CharField(max_length=100)
    path = models.CharField(max_length=500)

    def __str__(self) -> str:
        return f"{self.name} {self.path}"

"""What a program was answered, by the key that it sent along."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone


class KeyedCall(models.Model):
    """A call that was done, under its ``Idempotency-Key``.

    ``digest`` is that of its method, address and body: the key of another call is refused.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    body = models.TextField(blank=True)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "key"], name="keyed_call_once")
        ]

    def __str__(self) -> str:
        return self.key

"""What was learned of a pipeline's past."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from suppilo.apps.pipelines.models import Pipeline


class Lesson(models.Model):
    """What a pipeline's past says of actions; it is learned anew as a whole.

    Attributes
    ----------
    learned_at
        Deals' fates are known up to here.
    content
        As :mod:`suppilo.apps.next_action.content` writes and reads it.
    """

    pipeline = models.OneToOneField(Pipeline, models.CASCADE, related_name="+")
    learned_at = models.DateTimeField(default=timezone.now)
    content = models.JSONField()

    class Meta:
        ordering: ClassVar = ["pipeline"]

    def __str__(self) -> str:
        return f"{self.pipeline_id} {self.learned_at}"

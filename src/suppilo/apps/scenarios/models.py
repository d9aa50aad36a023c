"""A what-if that somebody kept."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from suppilo.apps.funnels.models import Shared
from suppilo.apps.insights.what_if import LevelSource, WhatIfQuestion, read_question


class Scenario(Shared):
    """What was asked, and what was foretold of the levels as they were then.

    Attributes
    ----------
    source
        Where the levels come from, as :class:`LevelSource` writes it.
    definition
        The question, in the form that :func:`read_question` reads.
    prediction
        The answer when it was kept, in the form of ``describe_answer``: each level before and
        after with its range, what they cost and were worth.
    """

    description = models.TextField(max_length=1000, blank=True)
    source = models.CharField(max_length=40)
    definition = models.JSONField()
    prediction = models.JSONField()

    class Meta:
        ordering: ClassVar = ["-updated_at", "-id"]
        indexes: ClassVar = [
            models.Index(fields=["-updated_at", "-id"]),
            models.Index(fields=["owner"]),
            models.Index(fields=["visibility", "team"]),
        ]

    @property
    def levels_of(self) -> LevelSource:
        """Where the levels come from."""
        return LevelSource.parse(self.source)

    @property
    def levels(self) -> list[dict[str, Any]]:
        """The levels before and after, as they were foretold."""
        found: list[dict[str, Any]] = self.prediction["levels"]
        return found

    def read_definition(self) -> WhatIfQuestion:
        """Return the question itself."""
        return read_question(self.definition)

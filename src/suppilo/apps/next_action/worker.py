"""The worker's share: what is learned of each pipeline, made anew every few hours."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from suppilo.apps.jobs.failures import told_failures
from suppilo.apps.jobs.pauses import Pause, was_recent
from suppilo.apps.next_action.learning import learn_pipeline
from suppilo.apps.next_action.models import Lesson
from suppilo.apps.pipelines.models import Pipeline

log = logging.getLogger(__name__)

LOOK_EVERY = timedelta(minutes=5)
LEARN_EVERY = timedelta(hours=6)


class NextActionWorker:
    """Learns from one pipeline a step, of those whose turn it is.

    Parameters
    ----------
    now
        The time.
    """

    def __init__(self, now: Callable[[], datetime] = timezone.now) -> None:
        self._now = now
        self._pause = Pause(LOOK_EVERY)
        self._due: list[Pipeline] = []

    def step(self) -> bool:
        """Do what is to be done now, and return whether there is more."""
        now = self._now()
        if not self._due and self._pause.is_over(now):
            self._due = list(find_due(now))
        if self._due:
            self._learn(self._due.pop(0), now)
        return bool(self._due)

    def _learn(self, pipeline: Pipeline, now: datetime) -> None:
        """Learn from a pipeline; what fails is told and waits for the next look."""
        with told_failures(log, "learning what works in %s failed; trying again later", pipeline):
            learn_pipeline(pipeline, now)


def find_due(now: datetime) -> QuerySet[Pipeline]:
    """Return the pipelines with deals from which nothing was learned for some hours."""
    fresh = Lesson.objects.filter(was_recent("learned_at", now, LEARN_EVERY)).values("pipeline")
    found = Pipeline.objects.filter(is_archived=False, current__isnull=False, deals__isnull=False)
    return found.exclude(pk__in=fresh).distinct().order_by("pk")

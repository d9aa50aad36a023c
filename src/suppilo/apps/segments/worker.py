"""The segments' share of the worker: each is brought up to date every few minutes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

from django.utils import timezone

from suppilo.apps.jobs.failures import told_failures
from suppilo.apps.jobs.pauses import Pause, was_recent
from suppilo.apps.segments.models import Leaver, Segment
from suppilo.apps.segments.refreshing import refresh_segment
from suppilo.apps.segments.rules import RuleError

log = logging.getLogger(__name__)

EVERY = timedelta(minutes=5)
KEPT = timedelta(days=90)
"""So long it is told who has left."""


class SegmentWorker:
    """Brings segments up to date, one a step, those first that others ask.

    Parameters
    ----------
    now
        The time.
    """

    def __init__(self, now: Callable[[], datetime] = timezone.now) -> None:
        self._now = now
        self._pause = Pause(EVERY)
        self._waiting: list[Segment] = []

    def step(self) -> bool:
        """Do what is to be done now, and return whether there is more."""
        now = self._now()
        if not self._waiting and self._pause.is_over(now):
            Leaver.objects.filter(left_at__lt=now - KEPT).delete()
            self._waiting = list(in_order(find_old(now)))
        if self._waiting:
            self._refresh(self._waiting.pop(0), now)
        return bool(self._waiting)

    def _refresh(self, segment: Segment, now: datetime) -> None:
        """Bring one up to date; what fails is told and waits for the next time."""
        message = "the segment %s could not be asked; trying again later"
        with told_failures(log, message, segment.pk):
            refresh_segment(segment, now)


def find_old(now: datetime) -> list[Segment]:
    """Return the segments that nobody has brought up to date since the last time."""
    # Half a pause: two workers that take turns would else leave one out each time.
    recent = was_recent("refreshed_at", now, EVERY / 2)
    return list(Segment.objects.exclude(recent).order_by("pk"))


def in_order(segments: Iterable[Segment]) -> Iterator[Segment]:
    """Yield segments, each after those that it asks."""
    waiting = {one.pk: one for one in segments}

    def follow(segment: Segment) -> Iterator[Segment]:
        for number in sorted(_asked(segment)):
            if number in waiting:
                yield from follow(waiting.pop(number))
        yield segment

    while waiting:
        yield from follow(waiting.pop(min(waiting)))


def _asked(segment: Segment) -> set[int]:
    try:
        return segment.read_rules().segments()
    except RuleError:
        return set()

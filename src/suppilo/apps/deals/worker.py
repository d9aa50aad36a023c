"""The deals' share of the worker: where they came from, and what files brought in without."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.utils import timezone

from suppilo.apps.deals.services.brought import look_at_brought
from suppilo.apps.deals.services.first_touch import learn_late_touches
from suppilo.apps.jobs.failures import told_failures
from suppilo.apps.jobs.pauses import Pause

log = logging.getLogger(__name__)

LOOK_EVERY = timedelta(minutes=10)


class DealWorker:
    """Looks every so often, part by part, for what became known or was mended after deals came.

    First touches of their people, and what those lacked that a file brought into a stage.

    Parameters
    ----------
    now
        The time.
    """

    def __init__(self, now: Callable[[], datetime] = timezone.now) -> None:
        self._now = now
        self._pause = Pause(LOOK_EVERY)
        self._touched = self._brought = 0

    def step(self) -> bool:
        """Do what is to be done now, and return whether there is more."""
        now = self._now()
        begins = self._pause.is_over(now)
        touched, self._touched = self._touched, 0
        brought, self._brought = self._brought, 0
        # Each by itself: where one can't be done, the other is.
        if begins or touched:
            with told_failures(log, "first touches could not be looked for; trying again later"):
                self._touched = learn_late_touches(touched)
        if begins or brought:
            with told_failures(log, "deals of files could not be judged; trying again later"):
                self._brought = look_at_brought(now, brought)
        return bool(self._touched or self._brought)

"""The deals' share of the worker: where they came from, once it is known."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.utils import timezone

from suppilo.apps.deals.services.first_touch import learn_late_touches
from suppilo.apps.jobs.failures import told_failures
from suppilo.apps.jobs.pauses import Pause

log = logging.getLogger(__name__)

TOUCHES_EVERY = timedelta(minutes=10)


class DealWorker:
    """Looks every so often for first touches that became known after their deals, part by part.

    Parameters
    ----------
    now
        The time.
    """

    def __init__(self, now: Callable[[], datetime] = timezone.now) -> None:
        self._now = now
        self._pause = Pause(TOUCHES_EVERY)
        self._after = 0

    def step(self) -> bool:
        """Do what is to be done now, and return whether there is more."""
        if self._after or self._pause.is_over(self._now()):
            after, self._after = self._after, 0
            with told_failures(log, "first touches could not be read; trying again later"):
                self._after = learn_late_touches(after)
        return self._after > 0

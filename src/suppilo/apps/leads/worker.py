"""The leads' share of the worker: rules with each step, the clock and late touches now and then."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError
from django.utils import timezone

from suppilo.apps.jobs.failures import told_failures
from suppilo.apps.jobs.pauses import Pause
from suppilo.apps.leads.clock import step_clock
from suppilo.apps.leads.rules import skip_rules, step_rules
from suppilo.apps.leads.services.touches import learn_late_touches

log = logging.getLogger(__name__)

CLOCK_EVERY = timedelta(seconds=5)
LOOK_EVERY = timedelta(minutes=10)


class LeadWorker:
    """Moves leads on, step by step.

    Parameters
    ----------
    now
        The time.
    """

    def __init__(self, now: Callable[[], datetime] = timezone.now) -> None:
        self._now = now
        self._clock, self._look = Pause(CLOCK_EVERY), Pause(LOOK_EVERY)
        self._touched = 0

    def step(self) -> bool:
        """Do what is to be done now, and return whether there is more."""
        now = self._now()
        looked_through = self._apply_rules(now)
        if self._clock.is_over(now):
            step_clock(now)
        self._learn_touches(now)
        return looked_through > 0 or self._touched > 0

    def _learn_touches(self, now: datetime) -> None:
        """Look, part by part, for first touches that became known after leads came."""
        after, self._touched = self._touched, 0
        if self._look.is_over(now) or after:
            with told_failures(log, "first touches could not be looked for; trying again later"):
                self._touched = learn_late_touches(after)

    def _apply_rules(self, now: datetime) -> int:
        """Look through the next events; one that can't be is passed over and told.

        Captured events wait for the rules before they leave the inbox, so nothing may stop them
        for long.
        """
        try:
            return step_rules(now)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            log.warning("the rules of leads failed; taking events one by one", exc_info=True)
        try:
            return step_rules(now, rows=1)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            passed_over = skip_rules()
            log.exception("event %d makes no lead: the rules fail at it", passed_over)
            return 1

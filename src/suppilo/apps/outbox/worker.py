"""The outbox's share of the worker: facts, the deals that they move, and old events."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError
from django.utils import timezone

from suppilo.apps.jobs.pauses import Pause
from suppilo.apps.outbox.asking import keep_up_with_gates
from suppilo.apps.outbox.facts import skip_fact, step_facts
from suppilo.apps.outbox.judging import judge_fresh_facts
from suppilo.apps.outbox.services import remove_told

log = logging.getLogger(__name__)

LOOK_AT_GATES_EVERY = timedelta(seconds=2)
REMOVE_EVERY = timedelta(hours=1)


class OutboxWorker:
    """Notes facts, moves deals by them and removes events that everybody was told of.

    Parameters
    ----------
    now
        The time.
    """

    def __init__(self, now: Callable[[], datetime] = timezone.now) -> None:
        self._now = now
        self._gates, self._removing = Pause(LOOK_AT_GATES_EVERY), Pause(REMOVE_EVERY)

    def step(self) -> bool:
        """Do what is to be done now, and return whether there is more."""
        now = self._now()
        if self._gates.is_over(now):
            keep_up_with_gates(now)
        looked_through = self._note_facts()
        judged = judge_fresh_facts()
        if self._removing.is_over(now):
            remove_told(now)
        return bool(looked_through or judged)

    def _note_facts(self) -> int:
        """Note the next facts; an event that can't be is passed over and told.

        Captured events wait for this before they leave the inbox, so nothing may stop them.
        """
        try:
            return step_facts()
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            log.warning("facts could not be noted; taking events one by one", exc_info=True)
        try:
            return step_facts(numbers=1)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            log.exception("event %d makes no fact: it can't be noted", skip_fact())
            return 1

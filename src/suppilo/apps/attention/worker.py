"""Attention's share of the worker: mails by the minute, gates and norms now and then."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.utils import timezone

from suppilo.apps.attention.digest import forget_digests, send_digests
from suppilo.apps.attention.norms import are_norms_old, reckon_norms
from suppilo.apps.attention.open_gates import look_at_gates
from suppilo.apps.jobs.failures import told_failures
from suppilo.apps.jobs.pauses import Pause
from suppilo.apps.leads.overdue_mail import mail_overdue

log = logging.getLogger(__name__)

MAIL_EVERY = timedelta(minutes=1)
GATES_EVERY = timedelta(minutes=30)


class AttentionWorker:
    """Does what is due, one thing a step.

    Parameters
    ----------
    now
        The time.
    """

    def __init__(self, now: Callable[[], datetime] = timezone.now) -> None:
        self._now = now
        self._mails, self._norms = Pause(MAIL_EVERY), Pause(MAIL_EVERY)
        self._overdue = Pause(MAIL_EVERY)
        self._gates = Pause(GATES_EVERY)
        self._deal = 0

    def step(self) -> bool:
        """Do what is to be done now, and return whether there is more."""
        now = self._now()
        self._after(self._mails, self._send, now)
        self._after(self._overdue, self._tell, now)
        self._after(self._norms, self._reckon, now)
        if self._deal or self._gates.is_over(now):
            self._deal = look_at_gates(now, self._deal)
        return self._deal > 0

    def _after(self, pause: Pause, act: Callable[[datetime], None], now: datetime) -> None:
        """Act when it is time again; what fails is told and waits for the next time."""
        if not pause.is_over(now):
            return
        with told_failures(log, "%s failed; trying again later", act.__name__.strip("_")):
            act(now)

    def _send(self, now: datetime) -> None:
        send_digests(now)
        forget_digests(now)

    def _tell(self, now: datetime) -> None:
        mail_overdue(now)

    def _reckon(self, now: datetime) -> None:
        if are_norms_old(now):
            reckon_norms(now)

"""The worker process: moves captured events on, runs jobs, and says that it is alive."""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.db import DatabaseError, connection
from django.utils import timezone

from suppilo.apps.jobs.models import Heartbeat, Role
from suppilo.apps.jobs.runner import JobRunner

logger = logging.getLogger(__name__)

STEP_EVERY_S = 0.3
LOOK_EVERY_S = 0.5
BEAT_EVERY_S = 5.0
LONGEST_PAUSE_S = 30.0
STOP_WITHIN_S = 6.0
FORGET_AFTER = timedelta(hours=1)


class Stepper(Protocol):
    """Something that is moved on in small steps."""

    def step(self) -> object:
        """Do what is to be done now; a true value says that there is more."""


def worker_name() -> str:
    """Return this process's name among workers: host and process number."""
    return f"{socket.gethostname()[:80]}:{os.getpid()}"


class Worker:
    """Runs the capture steps in one thread, jobs in two others, a heartbeat in the caller's.

    Long jobs have a thread of their own: what people wait for does not stand behind them.

    Parameters
    ----------
    stopping
        Set it (from a signal handler, say) to have :meth:`run` end.
    capture
        What moves captured events on.
    upkeep
        Called with each heartbeat; the figures it returns are kept with it.
    now
        The clock.
    beside
        What else is moved on, each in a thread of its own, by the names of these threads.
    """

    def __init__(
        self,
        stopping: threading.Event,
        capture: Stepper,
        upkeep: Callable[[], dict[str, Any]] = dict,
        now: Callable[[], datetime] = timezone.now,
        beside: Mapping[str, Stepper] | None = None,
    ) -> None:
        self.name = worker_name()
        self._runners = {
            "jobs": JobRunner(self.name, stopping, now, is_long=False),
            "long jobs": JobRunner(self.name, stopping, now, is_long=True),
        }
        self._stopping = stopping
        self._steppers = {"capture": capture, **(beside or {})}
        self._upkeep = upkeep
        self._now = now
        self._started_at = now()

    def run(self) -> bool:
        """Work until told to stop; return whether all threads ended in time."""
        threads = [
            threading.Thread(target=self._loop, args=arguments, name=arguments[0], daemon=True)
            for arguments in (
                *((name, one.step, STEP_EVERY_S) for name, one in self._steppers.items()),
                *((name, one.run_next, LOOK_EVERY_S) for name, one in self._runners.items()),
            )
        ]
        for thread in threads:
            thread.start()
        self._loop("heartbeat", self.beat, BEAT_EVERY_S)
        return self._end(threads)

    def beat(self) -> None:
        """Renew the running jobs' leases, look after the database, and leave a sign of life."""
        for runner in self._runners.values():
            runner.renew()
        figures = self._upkeep()
        Heartbeat.objects.update_or_create(
            name=self.name,
            defaults={
                "role": Role.WORKER,
                "at": self._now(),
                "started_at": self._started_at,
                "figures": figures,
            },
        )
        Heartbeat.objects.filter(at__lt=self._now() - FORGET_AFTER).delete()

    def _loop(self, name: str, act: Callable[[], object], every_s: float) -> None:
        """Act again and again; pause between, and longer each time that it fails."""
        failures = 0
        while not self._stopping.is_set():
            more = False
            try:
                more = bool(act())
                if failures:
                    logger.info("%s: works again after %s failures", name, failures)
                failures = 0
            except Exception:
                failures += 1
                # Once in full; what repeats with each try would fill the disk that is full already.
                if failures == 1:
                    logger.exception("%s failed; trying again", name)
                elif failures % 20 == 0:
                    logger.warning("%s has failed %s times in a row", name, failures)
                connection.close()  # else it is kept: to open one anew costs more than a step
            if not more:
                pause_s = min(every_s * 2 ** min(failures, 16), LONGEST_PAUSE_S)
                self._stopping.wait(pause_s)
        connection.close()

    def _end(self, threads: list[threading.Thread]) -> bool:
        for thread in threads:
            thread.join(STOP_WITHIN_S / len(threads))
        try:
            for runner in self._runners.values():
                runner.give_back()
            Heartbeat.objects.filter(name=self.name).delete()
        except DatabaseError:
            # The lease runs out by itself, and the row grows old.
            logger.warning("the database did not answer at the end")
        finally:
            connection.close()
        return not any(thread.is_alive() for thread in threads)

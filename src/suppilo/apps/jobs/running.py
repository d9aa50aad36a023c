"""A job from within: what the function that does the work is given."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from suppilo.apps.jobs.claims import holders
from suppilo.apps.jobs.models import Job, JobState

REPORT_EVERY_S = 0.5
LONG_WRITE_S, REST_S = 0.1, 0.12
"""After a transaction that took longer than the one, a job rests for the other."""


class JobError(Exception):
    """The job can't be done, and why, in words for the person who started it; it isn't retried."""


class JobCancelled(BaseException):
    """Somebody cancelled the job. No ``except Exception`` may hold it up."""


class JobInterrupted(BaseException):
    """The worker is told to stop; the job goes back into the queue."""


class LeaseLost(BaseException):
    """The job belongs to another worker by now; nothing more may be written for it."""


class RunningJob:
    """A claimed job: reports progress, and writes only while the claim holds.

    Attributes
    ----------
    id
        The job's number.
    """

    def __init__(
        self,
        job: Job,
        stopping: threading.Event,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.id = job.pk
        self.lost = threading.Event()
        self._job = job
        self._stopping = stopping
        self._monotonic_s = monotonic_s
        self._written_s = float("-inf")

    def report(self, done: int, total: int = 0, text: str = "") -> None:
        """Say how far the work is: call it often, it writes at most twice a second.

        Parameters
        ----------
        done, total
            In any unit; ``total`` is 0 where nobody knows.
        text
            What is being done, for people.

        Raises
        ------
        JobCancelled, JobInterrupted, LeaseLost
            If the work is to end here. Let them pass.
        """
        self._check_events()
        now_s = self._monotonic_s()
        if now_s - self._written_s < REPORT_EVERY_S:
            return
        self._written_s = now_s
        row = holders(self._job).filter(state=JobState.RUNNING)
        if not row.update(done=done, total=total, text=text[:200]):
            raise LeaseLost
        if row.filter(is_cancel_asked=True).exists():
            raise JobCancelled

    @contextmanager
    def fenced(self) -> Iterator[None]:
        """Write in one transaction that happens only if the job is still this worker's.

        Raises
        ------
        LeaseLost
            If another worker has the job; nothing was written then.
        """
        began_s = self._monotonic_s()
        with transaction.atomic():
            row = holders(self._job).select_for_update().filter(state=JobState.RUNNING)
            if not row.exists():
                raise LeaseLost
            yield
        if self._monotonic_s() - began_s > LONG_WRITE_S:
            self._give_way()

    def _give_way(self) -> None:
        """Let others write: who waits for SQLite looks ten times a second, and nobody queues."""
        if connection.vendor == "sqlite" and not connection.in_atomic_block:
            self._stopping.wait(REST_S)

    def _check_events(self) -> None:
        if self.lost.is_set():
            raise LeaseLost
        if self._stopping.is_set():
            raise JobInterrupted

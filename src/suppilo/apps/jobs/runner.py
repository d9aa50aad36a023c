"""Claims jobs one after the other and runs them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from suppilo.apps.jobs import claims
from suppilo.apps.jobs.kinds import JobKind, find_kind
from suppilo.apps.jobs.models import Job, JobState
from suppilo.apps.jobs.running import (
    JobCancelled,
    JobError,
    JobInterrupted,
    LeaseLost,
    RunningJob,
)

logger = logging.getLogger(__name__)

_FIRST_PAUSE = timedelta(seconds=5)


class JobRunner:
    """Runs jobs for one worker.

    Parameters
    ----------
    worker
        The worker's name: host and process.
    stopping
        Set when the worker is to end; a running job then goes back into the queue.
    now
        The clock.
    lease
        How long a claim holds without being renewed.
    is_long
        Runs long jobs only, or all others; None runs all.
    """

    def __init__(
        self,
        worker: str,
        stopping: threading.Event,
        now: Callable[[], datetime] = timezone.now,
        lease: timedelta = claims.LEASE,
        is_long: bool | None = None,
    ) -> None:
        self.worker = worker
        self.lease = lease
        self.is_long = is_long
        self._stopping = stopping
        self._now = now
        self._lock = threading.Lock()
        self._current: tuple[Job, RunningJob] | None = None

    def run_next(self) -> bool:
        """Claim one job and run it to its end; False where there was none to claim."""
        job = claims.find_claimable(self._now(), self.lease, self.is_long)
        if job is None:
            return False
        if claims.take(job, self.worker, self._now(), self.lease):
            self._run(job)
        return True

    def renew(self) -> None:
        """Renew the claim on the job that runs; tell the job where the claim is lost."""
        with self._lock:
            current = self._current
        if current and not claims.renew(current[0], self._now(), self.lease):
            current[1].lost.set()

    def give_back(self) -> None:
        """Put the job that still runs back into the queue: its process is about to end."""
        with self._lock:
            current = self._current
        if current:
            self._put_back(current[0])

    def _run(self, job: Job) -> None:
        kind = find_kind(job.kind)
        if job.is_cancel_asked:
            self._settle(job, JobState.CANCELLED)
        elif kind is None:
            self._fail(job, _("This version does not know how to do this (%s).") % job.kind)
        elif job.attempts > kind.attempts:
            self._fail(job, _("The worker stopped each time it was at this; it was given up."))
        else:
            self._run_kind(job, kind)

    def _run_kind(self, job: Job, kind: JobKind) -> None:
        running = RunningJob(job, self._stopping)
        with self._lock:
            self._current = (job, running)
        try:
            result = kind.run(running, **job.arguments)
            self._settle(job, JobState.DONE, result=result)
        except JobCancelled:
            self._settle(job, JobState.CANCELLED)
        except JobInterrupted:
            self._put_back(job)
        except LeaseLost:
            logger.warning("job %s was taken over by another worker", job.pk)
        except JobError as error:
            self._fail(job, str(error))
        except Exception:
            logger.exception("job %s (%s) failed", job.pk, job.kind)
            self._retry(job, kind)
        finally:
            with self._lock:
                self._current = None

    def _retry(self, job: Job, kind: JobKind) -> None:
        if job.attempts >= kind.attempts:
            told = _("It failed %(count)s times on the server; its log (job %(id)s) says why.")
            self._fail(job, told % {"count": job.attempts, "id": job.pk})
            return
        pause = min(_FIRST_PAUSE * 4 ** (job.attempts - 1), claims.LONGEST_WAIT)
        claims.settle(job, JobState.QUEUED, due_at=self._now() + pause)

    def _put_back(self, job: Job) -> None:
        """Queue a job again; that its worker had to stop is no attempt of the job's."""
        claims.settle(job, JobState.QUEUED, due_at=self._now(), attempts=job.attempts - 1)

    def _fail(self, job: Job, error: str) -> None:
        self._settle(job, JobState.FAILED, error=error)

    def _settle(self, job: Job, state: JobState, **values: object) -> None:
        if not claims.settle(job, state, finished_at=self._now(), **values):
            logger.warning("the late end of job %s was refused: another worker has it", job.pk)

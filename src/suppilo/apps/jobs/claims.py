"""Who has a job: claims with a lease and a fencing token, by compare-and-set.

A claim is one UPDATE that names the fence it read. Of two workers that read the same fence one
changes the row, the other none; that holds on every database, without locks of its own. A worker
that lost its lease carries an old fence, and every write of it that names the fence changes
nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet

from suppilo.apps.jobs.models import Job, JobState
from suppilo.apps.jobs.pauses import has_come

LEASE = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=5)
"""The longest pause before a job is tried again; one that is due later was set by a wrong clock."""


def find_claimable(
    now_at: datetime, lease: timedelta = LEASE, is_long: bool | None = None
) -> Job | None:
    """Return the oldest job that waits, or whose worker has not been heard of for its lease.

    ``is_long`` looks among long jobs only, or among all others; None among all.

    A lease or a pause that reaches further ahead than any is ever granted counts as over
    (:func:`suppilo.apps.jobs.pauses.has_come`).
    """
    waiting = Q(state=JobState.QUEUED) & has_come("due_at", now_at, LONGEST_WAIT)
    left = Q(state=JobState.RUNNING) & has_come("lease_until", now_at, lease)
    jobs = Job.objects.filter(waiting | left)
    if is_long is not None:
        jobs = jobs.filter(is_long=is_long)
    return jobs.order_by("id").first()


def take(job: Job, worker: str, now_at: datetime, lease: timedelta = LEASE) -> bool:
    """Claim a job that was just read; False where another worker was quicker."""
    taken = holders(job).filter(state=job.state, lease_until=job.lease_until).update(
        state=JobState.RUNNING,
        fence=F("fence") + 1,
        worker=worker,
        lease_until=now_at + lease,
        attempts=F("attempts") + 1,
        started_at=job.started_at or now_at,
    )  # fmt: skip
    if taken:
        job.refresh_from_db()
    return bool(taken)


def renew(job: Job, now_at: datetime, lease: timedelta = LEASE) -> bool:
    """Keep a claim for another lease; False where the job is no longer this worker's."""
    return bool(_held(job).update(lease_until=now_at + lease))


def settle(job: Job, state: JobState, **values: Any) -> bool:
    """Write how a job ended, or put it back; False where it is no longer this worker's."""
    return bool(_held(job).update(state=state, lease_until=None, **values))


def holders(job: Job) -> QuerySet[Job]:
    """Return the job's row while nobody has claimed it since it was read, else nothing."""
    return Job.objects.filter(pk=job.pk, fence=job.fence)


def _held(job: Job) -> QuerySet[Job]:
    return holders(job).filter(state=JobState.RUNNING)

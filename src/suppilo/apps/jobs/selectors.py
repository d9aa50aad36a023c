"""Reading jobs: one's own, and everybody's for those who run the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import QuerySet

from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.jobs.models import Heartbeat, Job, JobState, Role

if TYPE_CHECKING:
    from suppilo.apps.accounts.models import User


def list_jobs(actor: User, before_id: int | None = None, limit: int = 50) -> list[Job]:
    """Return jobs that a user may see, the newest first, those below ``before_id`` if given."""
    jobs = _visible(actor).select_related("owner").order_by("-id")
    if before_id is not None:
        jobs = jobs.filter(pk__lt=before_id)
    return list(jobs[:limit])


def get_job(actor: User, job_id: int, *, lock: bool = False) -> Job:
    """Return a job that a user may see.

    Raises
    ------
    Job.DoesNotExist
        If there is none, or it is somebody else's.
    """
    jobs = _visible(actor)
    return (jobs.select_for_update() if lock else jobs).get(pk=job_id)


def count_waiting() -> int:
    """Return how many jobs wait for a worker."""
    return Job.objects.filter(state=JobState.QUEUED).count()


def last_heartbeat() -> Heartbeat | None:
    """Return the worker's sign of life that came last, if any did."""
    return Heartbeat.objects.filter(role=Role.WORKER).order_by("-at").first()


def _visible(actor: User) -> QuerySet[Job]:
    if allows(actor, Permission.MANAGE_TEAM):
        return Job.objects.all()
    return Job.objects.filter(owner_id=actor.pk)

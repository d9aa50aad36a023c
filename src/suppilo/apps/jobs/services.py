"""Starting and cancelling jobs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from suppilo.apps.accounts.permissions import require
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.jobs.kinds import find_kind
from suppilo.apps.jobs.models import FINAL, Job, JobState
from suppilo.apps.jobs.selectors import get_job

if TYPE_CHECKING:
    from suppilo.apps.accounts.models import User


class UnknownJobKindError(ValueError):
    """No app has a job of this kind."""


def start_job(actor: User | None, kind: str, arguments: Mapping[str, Any], title: str = "") -> Job:
    """Put a job into the queue; a worker begins it within a second.

    Parameters
    ----------
    actor
        Who asks for it, sees it and may cancel it; None for the server itself.
    kind
        The name of a :func:`~suppilo.apps.jobs.kinds.job_kind`.
    arguments
        JSON values, by name.
    title
        What the list of jobs calls it; the kind's own title where none is given.

    Raises
    ------
    UnknownJobKindError
        If there is no such kind.
    PermissionDenied
        If the actor may not start jobs of this kind.
    """
    found = find_kind(kind)
    if found is None:
        raise UnknownJobKindError(f"there is no kind of job named {kind!r}")
    if actor is not None and found.permission is not None:
        require(actor, found.permission)
    with transaction.atomic():
        job = Job.objects.create(
            kind=kind, arguments=dict(arguments), owner=actor, is_long=found.is_long,
            title=title or str(found.title),
        )  # fmt: skip
        record_audit(actor, "start_job", job, kind=kind)
    return job


def cancel_job(actor: User, job_id: int) -> Job:
    """Cancel a job: one that waits at once, one that runs when it reports next.

    A job that has ended is left as it is.

    Raises
    ------
    Job.DoesNotExist
        If there is none, or it is not the actor's to see.
    """
    with transaction.atomic():
        job = get_job(actor, job_id, lock=True)
        if job.state in FINAL or job.is_cancel_asked:
            return job
        job.is_cancel_asked = True
        if job.state == JobState.QUEUED:
            job.state = JobState.CANCELLED
            job.finished_at = timezone.now()
        job.save(update_fields=["is_cancel_asked", "state", "finished_at"])
        record_audit(actor, "cancel_job", job)
    return job

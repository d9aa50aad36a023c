"""The API of jobs: how far they are, and cancelling them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import Http404
from ninja import Field, Query, Schema

from suppilo.apps.jobs.models import Job, JobState
from suppilo.apps.jobs.selectors import get_job, list_jobs
from suppilo.apps.jobs.services import cancel_job
from suppilo.web.api.access import ApiRequest
from suppilo.web.api.errors import problems
from suppilo.web.api.idempotency import KeyedRouter

router = KeyedRouter()


class JobOut(Schema):
    """Work that goes on in the background; ``total`` is 0 where nobody knows it."""

    id: int
    kind: str
    title: str
    state: JobState
    done: int
    total: int
    text: str
    result: Any
    error: str
    created_at: datetime
    finished_at: datetime | None


class JobSlice(Schema):
    """Which jobs: the newest below a number."""

    before: int | None = Field(None, ge=1, le=2**63 - 1)
    limit: int = Field(50, ge=1, le=200)


@router.get("", response={200: list[JobOut], **problems()}, url_name="jobs")
def show_jobs(request: ApiRequest, part: Query[JobSlice]) -> list[Job]:
    """List one's own jobs, the newest first; everybody's for those who manage the team."""
    return list_jobs(request.auth, part.before, part.limit)


@router.get("/{int:job_id}", response={200: JobOut, **problems(404)}, url_name="job")
def show_job(request: ApiRequest, job_id: int) -> Job:
    """Say how far a job is, or how it ended."""
    try:
        return get_job(request.auth, job_id)
    except Job.DoesNotExist as error:
        raise Http404 from error


@router.post(
    "/{int:job_id}/cancel",
    response={200: JobOut, **problems(404)},
    url_name="job_cancel",
)
def cancel(request: ApiRequest, job_id: int) -> Job:
    """Cancel a job; one that has ended is left as it is."""
    try:
        return cancel_job(request.auth, job_id)
    except Job.DoesNotExist as error:
        raise Http404 from error

"""Pages for jobs: the list, one job, its progress, cancelling."""

from __future__ import annotations

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path
from django_htmx.http import HttpResponseClientRefresh

from suppilo.apps.jobs.models import Job
from suppilo.apps.jobs.selectors import get_job, list_jobs
from suppilo.apps.jobs.services import cancel_job
from suppilo.web.access import UserRequest, page
from suppilo.web.paging import PAGE_SIZE, Page, read_cursor, sign_cursor


@page(methods=["GET"])
def show_jobs(request: UserRequest) -> HttpResponse:
    """List one's own jobs; everybody's for those who manage the team."""
    cursor = read_cursor(request.GET.get("page"), "jobs")
    found = list_jobs(request.user, cursor[0] if cursor else None, PAGE_SIZE + 1)
    shown = found[:PAGE_SIZE]
    after = sign_cursor([shown[-1].pk], "jobs") if len(found) > PAGE_SIZE else ""
    return render(request, "jobs/list.html", {"page": Page(items=shown, next=after)})


@page(methods=["GET"])
def show_job(request: UserRequest, job_id: int) -> HttpResponse:
    """Show one job."""
    return render(request, "jobs/detail.html", {"job": _find(request, job_id)})


@page(methods=["GET"])
def show_progress(request: UserRequest, job_id: int) -> HttpResponse:
    """Show how far a job is, for a page that asks again and again; reload it at the end."""
    job = _find(request, job_id)
    if job.is_final and request.htmx:
        return HttpResponseClientRefresh()
    return render(request, "jobs/progress.html", {"job": job})


@page(methods=["POST"])
def cancel(request: UserRequest, job_id: int) -> HttpResponseBase:
    """Cancel a job."""
    try:
        cancel_job(request.user, job_id)
    except Job.DoesNotExist as error:
        raise Http404 from error
    return redirect("job", job_id)


def _find(request: UserRequest, job_id: int) -> Job:
    try:
        return get_job(request.user, job_id)
    except Job.DoesNotExist as error:
        raise Http404 from error


urlpatterns = [
    path("", show_jobs, name="jobs"),
    path("<int:job_id>/", show_job, name="job"),
    path("<int:job_id>/progress/", show_progress, name="job_progress"),
    path("<int:job_id>/cancel/", cancel, name="job_cancel"),
]

"""The list of pipelines; a new one; taking one out of use."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.deals.models import DealState
from suppilo.apps.pipelines.models import Pipeline
from suppilo.apps.pipelines.selectors import list_pipelines
from suppilo.apps.pipelines.services import archive_pipeline, make_pipeline
from suppilo.apps.pipelines.templates import TEMPLATES
from suppilo.web.access import UserRequest, page


@page(Permission.MANAGE_PIPELINES, methods=("GET",))
def show_pipelines(request: UserRequest) -> HttpResponse:
    """List the pipelines, with how many deals are open in each."""
    found = list_pipelines(request.user, archived=True).prefetch_related("current__stages")
    is_open = Q(deals__state=DealState.OPEN)
    counted = found.annotate(open_deals=Count("deals", filter=is_open)).order_by(
        "is_archived", "position", "pk"
    )
    context = {"pipelines": list(counted), "templates": list(TEMPLATES.values())}
    return render(request, "pipelines/list.html", context)


@page(Permission.MANAGE_PIPELINES, methods=("POST",))
def make(request: UserRequest) -> HttpResponse:
    """Make a pipeline from one of the usual ones, and go on to edit it."""
    given = request.POST
    currency = given.get("currency", "").strip().upper() or "EUR"
    try:
        made = make_pipeline(
            request.user, given.get("name", ""), given.get("template", ""), currency=currency
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("pipelines")
    return redirect("pipeline_edit", made.pk)


@page(Permission.MANAGE_PIPELINES, methods=("POST",))
def archive(request: UserRequest, pipeline_id: int) -> HttpResponse:
    """Take a pipeline out of use, or back into it."""
    back = "restore" in request.POST
    try:
        pipeline = archive_pipeline(request.user, pipeline_id, is_archived=not back)
    except Pipeline.DoesNotExist as error:
        raise Http404 from error
    text = _("“%s” is in use again.") if back else _("“%s” is out of use: no deal begins in it.")
    messages.success(request, text % pipeline.name)
    return redirect("pipelines")

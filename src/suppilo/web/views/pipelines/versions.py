"""A pipeline's versions, and the deals that are still in older ones."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.deals.errors import DealError
from suppilo.apps.deals.models import Deal, DealState, MoveSource
from suppilo.apps.deals.services import renew_version
from suppilo.apps.pipelines.models import Pipeline, Stage
from suppilo.apps.pipelines.selectors import get_pipeline
from suppilo.web.access import UserRequest, page

_VERSIONS = 100


@dataclass(frozen=True, slots=True)
class OldStage:
    """A stage of older versions in which deals still are; ``stays``: it is still there."""

    key: str
    name: str
    deals: int
    stays: bool


@page(Permission.MANAGE_PIPELINES)
def show_versions(request: UserRequest, pipeline_id: int) -> HttpResponse:
    """Show a pipeline's versions; bring deals of older ones to the newest."""
    try:
        pipeline = get_pipeline(request.user, pipeline_id)
    except Pipeline.DoesNotExist as error:
        raise Http404 from error
    if request.method == "POST":
        _renew(request, pipeline)
        return redirect("pipeline_versions", pipeline.pk)
    current = list(Stage.objects.filter(version=pipeline.current_id))
    opens = [stage for stage in current if stage.is_open]
    counted = Deal.objects.filter(pipeline=pipeline, state=DealState.OPEN).order_by()
    by_version = dict(counted.values_list("version").annotate(Count("pk")))
    versions = pipeline.versions.select_related("created_by").order_by("-number")[:_VERSIONS]
    context = {
        "pipeline": pipeline,
        "versions": [(version, by_version.get(version.pk, 0)) for version in versions],
        "old_stages": _old_stages(pipeline, {stage.key for stage in opens}),
        "stages": opens,
    }
    return render(request, "pipelines/versions.html", context)


def _old_stages(pipeline: Pipeline, keys: set[str]) -> list[OldStage]:
    rows = Deal.objects.filter(pipeline=pipeline, state=DealState.OPEN)
    rows = rows.exclude(version=pipeline.current_id).order_by()
    counted = rows.values_list("stage__key", "stage__name").annotate(n=Count("pk"))
    found: dict[str, OldStage] = {}
    for key, name, count in counted.order_by("stage__key"):
        so_far = found[key].deals if key in found else 0
        found[key] = OldStage(key, name, so_far + count, key in keys)
    return list(found.values())


def _renew(request: UserRequest, pipeline: Pipeline) -> None:
    before = "to-"
    mapping = {
        name.removeprefix(before): str(key)
        for name, key in request.POST.items()
        if name.startswith(before) and key
    }
    waiver = request.POST.get("waiver", "")
    try:
        count = renew_version(
            request.user, pipeline.pk, "all", mapping, source=MoveSource.BULK, waiver=waiver
        )
    except DealError as error:
        messages.error(request, error.message)
        return
    except PermissionDenied as error:
        messages.error(request, str(error))
        return
    left = Deal.objects.filter(pipeline=pipeline, state=DealState.OPEN)
    remaining = left.exclude(version=pipeline.current_id).count()
    text = _("%(n)d deals are in the newest version now.") % {"n": count}
    if remaining:
        text += " " + _("%d don't meet what their new stage asks for, and stay.") % remaining
    messages.success(request, text)

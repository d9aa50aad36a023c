"""The editor of a pipeline: stages, gates, fields and lost reasons in one form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from suppilo.apps.accounts.models import Role
from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.activities.models import ActivityKind, Outcome
from suppilo.apps.deals.models import Deal, DealState, ParticipantRole
from suppilo.apps.deals.values import LABELS
from suppilo.apps.pipelines.criteria import FIELDS
from suppilo.apps.pipelines.drafts import PipelineDraft
from suppilo.apps.pipelines.models import (
    Advance,
    CriterionKind,
    CustomField,
    FieldKind,
    LostReason,
    Moment,
    Pipeline,
    Skipping,
    StageGroup,
    Visibility,
)
from suppilo.apps.pipelines.selectors import draft_of, get_pipeline
from suppilo.apps.pipelines.services import edit_pipeline, preview_edit
from suppilo.web.access import UserRequest, page
from suppilo.web.views.deals.finding import read_id
from suppilo.web.views.pipelines.drafting import (
    PipelineTexts,
    edited,
    from_draft,
    keep_unchanged,
    read_form,
    to_draft,
)
from suppilo.web.views.pipelines.lists import change_lists, save_lists

_TAKES_PREVIEW, _TAKES_SAVE = "preview", "save"


@page(Permission.MANAGE_PIPELINES)
def edit(request: UserRequest, pipeline_id: int) -> HttpResponse:
    """Show the editor; or do what its button says, and nothing is kept before "save"."""
    try:
        pipeline = get_pipeline(request.user, pipeline_id)
    except Pipeline.DoesNotExist as error:
        raise Http404 from error
    if pipeline.current is None:
        raise Http404
    if request.method == "GET":
        return _show(request, pipeline, from_draft(draft_of(pipeline.current)), {})
    texts, deed = read_form(request.POST), request.POST.get("do", "")
    if deed == _TAKES_SAVE:
        return _save(request, pipeline, texts)
    if deed == _TAKES_PREVIEW:
        return _preview(request, pipeline, texts)
    if deed.startswith(("field", "reason")):
        return _change_lists(request, pipeline, texts, deed)
    return _show(request, pipeline, edited(texts, deed), {})


def _save(request: UserRequest, pipeline: Pipeline, texts: PipelineTexts) -> HttpResponse:
    try:
        draft = _read_draft(pipeline, texts)
        save_lists(request.user, pipeline, request.POST)
        seen = read_id(request.POST.get("version", ""))
        version = edit_pipeline(request.user, pipeline.pk, draft, version=seen)
    except ValidationError as error:
        return _show(request, pipeline, texts, _problems(error), status=422)
    messages.success(request, _("Saved: version %d.") % version.number)
    left = Deal.objects.filter(pipeline=pipeline, state=DealState.OPEN).exclude(version=version)
    target = reverse("pipeline_versions" if left.exists() else "pipeline_edit", args=[pipeline.pk])
    return HttpResponseClientRedirect(target) if request.htmx else redirect(target)


def _preview(request: UserRequest, pipeline: Pipeline, texts: PipelineTexts) -> HttpResponse:
    try:
        found = preview_edit(pipeline, _read_draft(pipeline, texts))
    except ValidationError as error:
        return _show(request, pipeline, texts, _problems(error), status=422)
    return _show(request, pipeline, texts, {"preview": found})


def _read_draft(pipeline: Pipeline, texts: PipelineTexts) -> PipelineDraft:
    assert pipeline.current is not None
    return keep_unchanged(to_draft(texts), draft_of(pipeline.current))


def _change_lists(
    request: UserRequest, pipeline: Pipeline, texts: PipelineTexts, deed: str
) -> HttpResponse:
    try:
        change_lists(request.user, pipeline, deed, request.POST)
    except ValidationError as error:
        return _show(request, pipeline, texts, _problems(error), status=422)
    except ObjectDoesNotExist as error:
        raise Http404 from error
    return _show(request, pipeline, texts, {})


def _problems(error: ValidationError) -> dict[str, Any]:
    """Return what can't be used: by stage, and the rest in one list."""
    if not hasattr(error, "error_dict"):
        return {"problems": error.messages, "stage_problems": {}}
    by_stage: dict[str, list[str]] = {}
    others: list[str] = []
    for name, said in error.message_dict.items():
        if name.startswith("stages."):
            by_stage[name.removeprefix("stages.")] = said
        else:
            others += said
    return {"problems": others, "stage_problems": by_stage}


def _show(
    request: UserRequest,
    pipeline: Pipeline,
    texts: PipelineTexts,
    more: Mapping[str, Any],
    status: int = 200,
) -> HttpResponse:
    assert pipeline.current is not None
    version = read_id(request.POST.get("version", "")) or pipeline.current.number
    context = {
        "pipeline": pipeline,
        "texts": texts,
        "version": version,
        "fields": list(CustomField.objects.filter(pipeline=pipeline)),
        "reasons": list(LostReason.objects.filter(pipeline=pipeline)),
        **_choices(pipeline),
        **more,
        "stage_problems": _place(more.get("stage_problems", {}), texts),
    }
    template = "pipelines/form.html" if request.htmx else "pipelines/edit.html"
    return render(request, template, context, status=status)


def _place(
    problems: Mapping[str, list[str]], texts: PipelineTexts
) -> list[tuple[str, str, list[str]]]:
    """Return what is wrong with stages: number in the form, name, sentences; to be linked to."""
    found = {stage.texts["key"]: stage for stage in texts.stages}
    return [
        (found[key].number, found[key].texts["name"], said) if key in found else ("", key, said)
        for key, said in problems.items()
    ]


def _choices(pipeline: Pipeline) -> dict[str, Any]:
    common = [(name, capfirst(str(LABELS.get(name, name)))) for name in FIELDS]
    own = [(f"custom.{one.key}", one.label) for one in pipeline.fields.filter(is_archived=False)]
    return {
        "visibilities": Visibility.choices,
        "skippings": Skipping.choices,
        "roles": Role.choices,
        "groups": StageGroup.choices,
        "advances": Advance.choices,
        "kinds": CriterionKind.choices,
        "moments": Moment.choices,
        "deal_fields": [*common, *own],
        "operators": _operators(),
        "participant_roles": ParticipantRole.choices,
        "activity_kinds": ActivityKind.choices,
        "outcomes": Outcome.choices,
        "field_kinds": FieldKind.choices,
        "scopes": [("deal", _("the deal's own")), ("person", _("its people's")),
                   ("company", _("anybody's of the company"))],
        "sinces": [("opened", _("since the deal was opened")),
                   ("stage", _("since it came to its stage"))],
    }  # fmt: skip


def _operators() -> list[tuple[str, str]]:
    return [
        ("filled", _("is filled in")),
        ("is", _("is")),
        ("not", _("is not")),
        ("gte", _("is at least")),
        ("lte", _("is at most")),
        ("in", _("is one of")),
    ]

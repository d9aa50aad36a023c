"""The API of pipelines: read them, make them, edit them as JSON, see what an edit would do."""

from __future__ import annotations

from typing import Any

from ninja import Field, Query, Schema, Status

from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.pipelines import services
from suppilo.apps.pipelines.drafts import PipelineDraft
from suppilo.apps.pipelines.models import LostReason, Pipeline
from suppilo.apps.pipelines.selectors import draft_of, get_pipeline, list_pipelines
from suppilo.web.api.access import ApiRequest
from suppilo.web.api.deal_schemas import Id
from suppilo.web.api.errors import problems
from suppilo.web.api.idempotency import KeyedRouter
from suppilo.web.api.lists import PageAsked, answer_page
from suppilo.web.api.parsing import Given, within

router = KeyedRouter()

_FOUND = problems(403, 404)


class ReasonOut(Schema):
    """A reason why deals are lost."""

    id: int
    name: str


class PipelineOut(Schema):
    """A pipeline, with the number of the version that new deals begin in."""

    id: int
    name: str
    currency: str
    visibility: str
    version: int
    is_archived: bool

    @staticmethod
    def resolve_version(pipeline: Pipeline) -> int:
        """Return the current version's number; 0 for none."""
        return pipeline.current.number if pipeline.current is not None else 0


class WholePipelineOut(Schema):
    """A pipeline with its stages, gates and reasons; ``draft`` is what an edit sends back."""

    pipeline: PipelineOut
    draft: dict[str, Any]
    lost_reasons: list[ReasonOut]


class PipelinesOut(Schema):
    """One page of pipelines."""

    pipelines: list[PipelineOut]
    next: str


class DraftIn(Given):
    """A pipeline as it is to be, as docs/reference/gates.md has it."""

    draft: dict[str, Any]


class EditIn(DraftIn):
    """An edit; ``version`` is the one that was seen."""

    version: Id | None = None


class StagePreviewOut(Schema):
    """What an edit does to the open deals of a stage."""

    key: str
    name: str
    open_deals: int
    is_gone: bool
    judged: int
    unmet: int


class PreviewOut(Schema):
    """What an edit would do."""

    makes_version: bool
    stages: list[StagePreviewOut]
    added: list[str] = Field(default_factory=list)


@router.get(
    "/pipelines", response={200: PipelinesOut, **problems(403)}, url_name="pipelines"
)  # fmt: skip
def show_pipelines(request: ApiRequest, asked: Query[PageAsked]) -> dict[str, Any]:
    """List the pipelines in use, in their order."""
    return answer_page("pipelines", list_pipelines(request.auth), asked)


@router.post(
    "/pipelines", response={201: WholePipelineOut, **problems(403)}, url_name="pipelines",
)  # fmt: skip
def make_pipeline(request: ApiRequest, given: DraftIn) -> Status[dict[str, Any]]:
    """Make a pipeline."""
    require(request.auth, Permission.MANAGE_PIPELINES)
    draft = PipelineDraft.from_dict(given.draft)
    made = services.make_pipeline(request.auth, draft.name, draft)
    return Status(201, _whole(get_pipeline(request.auth, made.pk)))


@router.get(
    "/pipelines/{int:pipeline_id}", response={200: WholePipelineOut, **_FOUND},
    url_name="pipeline",
)  # fmt: skip
def show_pipeline(request: ApiRequest, pipeline_id: int) -> dict[str, Any]:
    """Show a pipeline with its stages and what they ask for."""
    return _whole(get_pipeline(request.auth, within(pipeline_id)))


@router.put(
    "/pipelines/{int:pipeline_id}", response={200: WholePipelineOut, **_FOUND},
    url_name="pipeline",
)  # fmt: skip
def edit_pipeline(request: ApiRequest, pipeline_id: int, given: EditIn) -> dict[str, Any]:
    """Make a pipeline as drafted; where deals were in its version, this makes the next one."""
    require(request.auth, Permission.MANAGE_PIPELINES)
    draft = PipelineDraft.from_dict(given.draft)
    services.edit_pipeline(request.auth, within(pipeline_id), draft, version=given.version)
    return _whole(get_pipeline(request.auth, pipeline_id))


@router.post(
    "/pipelines/{int:pipeline_id}/preview", response={200: PreviewOut, **_FOUND},
    url_name="pipeline_preview", once=False,
)  # fmt: skip
def preview_edit(request: ApiRequest, pipeline_id: int, given: DraftIn) -> Any:
    """Say what an edit would do to the open deals; nothing is written."""
    require(request.auth, Permission.MANAGE_PIPELINES)
    pipeline = get_pipeline(request.auth, within(pipeline_id))
    return services.preview_edit(pipeline, PipelineDraft.from_dict(given.draft))


def _whole(pipeline: Pipeline) -> dict[str, Any]:
    reasons = LostReason.objects.filter(pipeline=pipeline, is_archived=False)
    draft = draft_of(pipeline.current).to_dict() if pipeline.current is not None else {}
    return {"pipeline": pipeline, "draft": draft, "lost_reasons": list(reasons)}

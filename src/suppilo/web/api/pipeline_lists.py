"""The API of a pipeline's own fields and of its reasons why deals are lost."""

from __future__ import annotations

from typing import Annotated

from ninja import Field, Schema, Status
from pydantic import StringConstraints

from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.pipelines import services
from suppilo.apps.pipelines.models import CustomField, FieldKind, LostReason, Pipeline
from suppilo.apps.pipelines.selectors import get_pipeline
from suppilo.web.api.access import ApiRequest
from suppilo.web.api.errors import problems
from suppilo.web.api.idempotency import KeyedRouter
from suppilo.web.api.parsing import Given, within

router = KeyedRouter()

_FOUND = problems(403, 404)
Label = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Choices = Annotated[list[Label], Field(max_length=100)]
Position = Annotated[int, Field(ge=0, le=10_000)]


class OwnFieldOut(Schema):
    """A field of a pipeline's own; deals have it as ``custom.KEY``."""

    id: int
    key: str
    label: str
    kind: FieldKind
    choices: list[str]
    position: int
    is_archived: bool


class OwnFieldIn(Given):
    """A field to be; its kind and key stay for ever. ``choices`` are for the kind ``choice``."""

    label: Label
    kind: FieldKind
    choices: Choices = Field(default_factory=list)
    key: str = Field("", max_length=50)


class OwnFieldChange(Given):
    """What to change of a field; an archived one is offered no longer, and deals keep it."""

    label: Label | None = None
    choices: Choices | None = None
    position: Position | None = None
    is_archived: bool | None = None


class ListedReasonOut(Schema):
    """A reason why deals are lost."""

    id: int
    name: str
    position: int
    is_archived: bool


class ListedReasonIn(Given):
    """A reason to be."""

    name: Label


class ListedReasonChange(Given):
    """What to change of a reason."""

    name: Label | None = None
    position: Position | None = None
    is_archived: bool | None = None


@router.get(
    "/pipelines/{int:pipeline_id}/fields", response={200: list[OwnFieldOut], **_FOUND},
    url_name="pipeline_fields",
)  # fmt: skip
def show_fields(request: ApiRequest, pipeline_id: int) -> list[CustomField]:
    """List a pipeline's own fields, archived ones too."""
    return list(get_pipeline(request.auth, within(pipeline_id)).fields.all())


@router.post(
    "/pipelines/{int:pipeline_id}/fields", response={201: OwnFieldOut, **_FOUND},
    url_name="pipeline_fields",
)  # fmt: skip
def add_field(request: ApiRequest, pipeline_id: int, given: OwnFieldIn) -> Status[CustomField]:
    """Give the deals of a pipeline a field of their own."""
    made = services.add_field(
        request.auth, within(pipeline_id), given.label, given.kind, choices=given.choices,
        key=given.key,
    )  # fmt: skip
    return Status(201, made)


@router.patch(
    "/pipelines/{int:pipeline_id}/fields/{int:field_id}", response={200: OwnFieldOut, **_FOUND},
    url_name="pipeline_field",
)  # fmt: skip
def change_field(
    request: ApiRequest, pipeline_id: int, field_id: int, given: OwnFieldChange
) -> CustomField:
    """Change what is given of a field; values that deals have stay as they are."""
    field = _managed(request, pipeline_id).fields.get(pk=within(field_id))
    return services.change_field(request.auth, field.pk, **given.dict())


@router.get(
    "/pipelines/{int:pipeline_id}/lost-reasons", response={200: list[ListedReasonOut], **_FOUND},
    url_name="lost_reasons",
)  # fmt: skip
def show_reasons(request: ApiRequest, pipeline_id: int) -> list[LostReason]:
    """List why a pipeline's deals are lost, archived reasons too."""
    return list(get_pipeline(request.auth, within(pipeline_id)).lost_reasons.all())


@router.post(
    "/pipelines/{int:pipeline_id}/lost-reasons", response={201: ListedReasonOut, **_FOUND},
    url_name="lost_reasons",
)  # fmt: skip
def add_reason(
    request: ApiRequest, pipeline_id: int, given: ListedReasonIn
) -> Status[LostReason]:  # fmt: skip
    """Add a reason to a pipeline's list."""
    return Status(201, services.add_lost_reason(request.auth, within(pipeline_id), given.name))


@router.patch(
    "/pipelines/{int:pipeline_id}/lost-reasons/{int:reason_id}",
    response={200: ListedReasonOut, **_FOUND},
    url_name="lost_reason",
)
def change_reason(
    request: ApiRequest, pipeline_id: int, reason_id: int, given: ListedReasonChange
) -> LostReason:
    """Rename, order or archive a reason; deals that were lost for it keep it."""
    reason = _managed(request, pipeline_id).lost_reasons.get(pk=within(reason_id))
    return services.change_lost_reason(request.auth, reason.pk, **given.dict())


def _managed(request: ApiRequest, pipeline_id: int) -> Pipeline:
    require(request.auth, Permission.MANAGE_PIPELINES)
    return get_pipeline(request.auth, within(pipeline_id))

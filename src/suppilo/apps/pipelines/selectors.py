"""What is known of pipelines."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import QuerySet

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.pipelines.drafts import CriterionDraft, PipelineDraft, StageDraft
from suppilo.apps.pipelines.models import Pipeline, PipelineVersion, Stage

_RATE = Decimal("0.0001")


def list_pipelines(viewer: User, *, archived: bool = False) -> QuerySet[Pipeline]:
    """Return the pipelines in use, in their order; those out of use too where asked for.

    Raises
    ------
    PermissionDenied
        If the role may not see deals.
    """
    require(viewer, Permission.SEE_DEALS)
    found = Pipeline.objects.select_related("current")
    return found if archived else found.filter(is_archived=False)


def get_pipeline(viewer: User, pipeline_id: int) -> Pipeline:
    """Return a pipeline, in use or not.

    Raises
    ------
    PermissionDenied
        If the role may not see deals.
    Pipeline.DoesNotExist
        If there is no such pipeline.
    """
    return list_pipelines(viewer, archived=True).get(pk=pipeline_id)


def draft_of(version: PipelineVersion) -> PipelineDraft:
    """Return all of a version as plain values: what an edit begins with; three queries."""
    stages = version.stages.prefetch_related("criteria").order_by("position")
    pipeline = version.pipeline
    return PipelineDraft(
        name=pipeline.name,
        stages=tuple(map(_stage_draft, stages)),
        currency=pipeline.currency,
        visibility=pipeline.visibility,
        skipping=version.skipping,
        waiver_roles=tuple(version.waiver_roles),
        note=version.note,
    )


def _stage_draft(stage: Stage) -> StageDraft:
    return StageDraft(
        key=stage.key,
        name=stage.name,
        probability=stage.probability.quantize(_RATE),
        group=stage.group,
        kind=stage.kind,
        expected_days=stage.expected_days,
        colour=stage.colour,
        advance=stage.advance,
        criteria=tuple(
            CriterionDraft(one.key, one.kind, one.settings, one.moment)
            for one in stage.criteria.all()
        ),
    )

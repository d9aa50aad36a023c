"""A version's stages and gates as rows."""

from __future__ import annotations

from suppilo.apps.accounts.models import User
from suppilo.apps.pipelines.drafts import PipelineDraft
from suppilo.apps.pipelines.models import Criterion, Pipeline, PipelineVersion, Stage


def write_version(actor: User | None, pipeline: Pipeline, draft: PipelineDraft) -> PipelineVersion:
    """Write a pipeline's next version and make it the current one."""
    last = pipeline.versions.order_by("-number").values_list("number", flat=True).first()
    version = PipelineVersion.objects.create(
        pipeline=pipeline,
        number=(last or 0) + 1,
        skipping=draft.skipping,
        waiver_roles=list(draft.waiver_roles),
        note=draft.note.strip(),
        created_by=actor,
    )
    write_stages(version, draft)
    pipeline.current = version
    pipeline.save(update_fields=["current"])
    return version


def write_stages(version: PipelineVersion, draft: PipelineDraft) -> None:
    """Write the stages of a version that has none."""
    stages = Stage.objects.bulk_create(
        Stage(
            version=version,
            key=stage.key,
            name=str(stage.name).strip(),
            kind=stage.kind,
            group=stage.group,
            probability=stage.probability,
            expected_days=stage.expected_days,
            colour=stage.colour,
            position=position,
            advance=stage.advance,
        )
        for position, stage in enumerate(draft.stages)
    )
    Criterion.objects.bulk_create(
        Criterion(
            stage=stage,
            key=criterion.key,
            moment=criterion.moment,
            kind=criterion.kind,
            settings=dict(criterion.settings),
            position=position,
        )
        for stage, drafted in zip(stages, draft.stages, strict=True)
        for position, criterion in enumerate(drafted.criteria)
    )

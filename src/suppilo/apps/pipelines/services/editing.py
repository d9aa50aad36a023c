"""Edit a pipeline: a version that deals have been in is never changed, the next one is made."""

from __future__ import annotations

from dataclasses import replace

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.deals.models import Deal, StageChange
from suppilo.apps.pipelines.checking import check_draft, check_fields
from suppilo.apps.pipelines.drafts import PipelineDraft
from suppilo.apps.pipelines.models import Pipeline, PipelineVersion
from suppilo.apps.pipelines.selectors import draft_of
from suppilo.apps.pipelines.services.making import free_name, may_manage
from suppilo.apps.pipelines.services.writing import write_stages, write_version


@transaction.atomic
def edit_pipeline(
    actor: User | None, pipeline_id: int, draft: PipelineDraft, *, version: int | None = None
) -> PipelineVersion:
    """Make a pipeline as drafted; return the version that new deals begin in from now on.

    Name, currency and visibility are the pipeline's and change at once. Stages, gates, skipping
    and who may waive belong to the version: where deals are, or have been, in the current one a
    change of them makes the next; those deals stay in theirs until they end or are brought over
    (:func:`suppilo.apps.deals.services.renew_version`). A version that no deal was in is changed.

    Parameters
    ----------
    version
        The number of the version that the actor saw.

    Raises
    ------
    PermissionDenied
        If the role may not manage pipelines.
    Pipeline.DoesNotExist
        If there is no such pipeline.
    ValidationError
        By field: what can't be used; or that somebody edited the pipeline in the meantime.
    """
    may_manage(actor)
    pipeline = Pipeline.objects.select_for_update().get(pk=pipeline_id)
    current = pipeline.current
    if current is None:
        raise ValidationError(_("The pipeline has no version to edit."))
    if version is not None and version != current.number:
        raise ValidationError(
            _("Somebody edited the pipeline in the meantime: look at version %d first.")
            % current.number
        )
    check_draft(draft)
    active = pipeline.fields.filter(is_archived=False)
    check_fields(draft, set(active.values_list("key", flat=True)))
    _write_head(pipeline, draft)
    if not changes_version(current, draft):
        current.note = draft.note.strip()
        current.save(update_fields=["note"])
    elif is_used(current):
        current = write_version(actor, pipeline, draft)
    else:
        _rewrite(current, draft)
    record_audit(actor, "edit_pipeline", pipeline, version=current.number)
    return current


def changes_version(current: PipelineVersion, draft: PipelineDraft) -> bool:
    """Return whether a draft asks for other stages, gates or rules than a version has."""
    was = replace(draft_of(current), name="", currency="", visibility="", note="")
    wanted = replace(draft, name="", currency="", visibility="", note="")
    return was.to_dict() != _normal(wanted).to_dict()


def _normal(draft: PipelineDraft) -> PipelineDraft:
    """Return a draft as it would be read back: probabilities with four places."""
    stages = tuple(
        replace(
            stage, name=str(stage.name).strip(),
            probability=stage.probability.quantize(type(stage.probability)("0.0001")),
        )
        for stage in draft.stages
    )  # fmt: skip
    return replace(draft, stages=stages)


def is_used(version: PipelineVersion) -> bool:
    """Return whether deals are in a version, or have been."""
    return (
        Deal.objects.filter(version=version).exists()
        or StageChange.objects.filter(version=version).exists()
    )


def _write_head(pipeline: Pipeline, draft: PipelineDraft) -> None:
    pipeline.name = free_name(draft.name, besides=pipeline)
    pipeline.currency, pipeline.visibility = draft.currency, draft.visibility
    pipeline.save(update_fields=["name", "currency", "visibility"])


def _rewrite(version: PipelineVersion, draft: PipelineDraft) -> None:
    version.stages.all().delete()
    version.skipping, version.waiver_roles = draft.skipping, list(draft.waiver_roles)
    version.note = draft.note.strip()
    version.save(update_fields=["skipping", "waiver_roles", "note"])
    write_stages(version, draft)

"""Make and archive a pipeline."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.pipelines.checking import check_draft, check_fields, check_name
from suppilo.apps.pipelines.drafts import PipelineDraft
from suppilo.apps.pipelines.models import LostReason, Pipeline
from suppilo.apps.pipelines.services.writing import write_version
from suppilo.apps.pipelines.templates import TEMPLATES, draft_from, lost_reasons


def may_manage(actor: User | None) -> None:
    """Make sure that somebody may change pipelines; the server itself always may."""
    if actor is not None:
        require(actor, Permission.MANAGE_PIPELINES)


@transaction.atomic
def make_pipeline(
    actor: User | None, name: str, template: str | PipelineDraft = "plain", *, currency: str = "EUR"
) -> Pipeline:
    """Make a pipeline.

    Parameters
    ----------
    actor
        Who does so; None for the server itself.
    template
        A key of :data:`suppilo.apps.pipelines.templates.TEMPLATES`, or the whole pipeline.
    currency
        The currency that its new deals begin with; that of the draft where one is given.

    Raises
    ------
    PermissionDenied
        If the role may not manage pipelines.
    ValidationError
        By field: if there is no such template, the name is taken, or the draft can't be used.
    """
    may_manage(actor)
    name = free_name(name)
    draft = _drafted(name, template, currency)
    check_draft(draft)
    check_fields(draft, ())
    pipeline = Pipeline.objects.create(
        name=name,
        template=template if isinstance(template, str) else "",
        currency=draft.currency,
        visibility=draft.visibility,
        position=Pipeline.objects.count(),
        created_by=actor,
    )
    write_version(actor, pipeline, draft)
    LostReason.objects.bulk_create(
        LostReason(pipeline=pipeline, name=text, position=place)
        for place, text in enumerate(lost_reasons())
    )
    record_audit(actor, "make_pipeline", pipeline, template=pipeline.template)
    return pipeline


def free_name(name: str, besides: Pipeline | None = None) -> str:
    """Return a name that no other pipeline has; ValidationError where one does."""
    name = check_name(name)
    taken = Pipeline.objects.filter(name=name).first()
    if taken is not None and taken != besides:
        raise ValidationError({"name": _("There is a pipeline “%s” already.") % name})
    return name


def _drafted(name: str, template: str | PipelineDraft, currency: str) -> PipelineDraft:
    if isinstance(template, PipelineDraft):
        return template
    if template not in TEMPLATES:
        raise ValidationError({"template": _("Choose a template: %s.") % ", ".join(TEMPLATES)})
    return draft_from(template, name, currency)


@transaction.atomic
def archive_pipeline(actor: User | None, pipeline_id: int, *, is_archived: bool = True) -> Pipeline:
    """Take a pipeline out of use, or back into it: no deal is opened in or handed to it.

    Raises
    ------
    PermissionDenied
        If the role may not manage pipelines.
    Pipeline.DoesNotExist
        If there is no such pipeline.
    """
    may_manage(actor)
    pipeline = Pipeline.objects.select_for_update().get(pk=pipeline_id)
    pipeline.is_archived = is_archived
    pipeline.save(update_fields=["is_archived"])
    record_audit(actor, "archive_pipeline", pipeline, is_archived=is_archived)
    return pipeline

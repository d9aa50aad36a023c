"""Something to begin a sales book with."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.pipelines.models import Pipeline, Stage
from suppilo.apps.salesbook.models import Entry
from suppilo.apps.salesbook.services.writing import EntryDraft, write_entry
from suppilo.apps.salesbook.starters import STARTERS


@transaction.atomic
def add_starters(actor: User | None, pipeline_id: int) -> int:
    """Write the first entries of a pipeline that was made from a template; return how many.

    Raises
    ------
    PermissionDenied
        If the actor's role may not manage the sales book.
    ValidationError
        If the book has entries already, or there is nothing for this pipeline's template.
    """
    if actor is not None:
        require(actor, Permission.MANAGE_SALES_BOOK)
    pipeline = Pipeline.objects.get(pk=pipeline_id)
    if Entry.objects.filter(pipeline=pipeline).exists():
        raise ValidationError(_("The sales book has entries already."))
    if pipeline.template not in STARTERS:
        raise ValidationError(_("There is nothing to begin with for this pipeline."))
    keys = set(Stage.objects.filter(version=pipeline.current_id).values_list("key", flat=True))
    starters = [one for one in STARTERS[pipeline.template]() if one.stage_key in keys]
    for one in starters:
        draft = EntryDraft(one.title, one.text, one.answers)
        write_entry(actor, pipeline_id, one.stage_key, one.kind, draft)
    return len(starters)

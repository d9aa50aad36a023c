"""Checklist items of stages, ticked for a deal."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.deals.models import ChecklistTick, Deal, MoveSource
from suppilo.apps.deals.services.items import follow_up
from suppilo.apps.deals.services.writing import Deed, note_changes, save_deal, take_deal
from suppilo.apps.pipelines.models import Criterion, CriterionKind


@transaction.atomic
def tick(
    actor: User | None,
    deal_id: int,
    stage_key: str,
    key: str,
    is_ticked: bool,
    *,
    source: str = MoveSource.PAGE,
    revision: int | None = None,
) -> Deal:
    """Tick a checklist item for a deal, or take the tick away.

    Raises
    ------
    ValidationError
        If the stage has no such item. Others as :func:`move_deal` does.
    """
    deed = Deed.begin(actor, source)
    deal = take_deal(actor, deal_id, revision)
    items = Criterion.objects.filter(
        stage__version_id=deal.version_id, stage__key=stage_key, kind=CriterionKind.CHECKLIST
    )
    if not items.filter(key=key).exists():
        raise ValidationError(_("The stage has no checklist item “%s”.") % key)
    rows = ChecklistTick.objects.filter(deal=deal, stage_key=stage_key, key=key)
    if rows.exists() == is_ticked:
        return deal
    if is_ticked:
        ChecklistTick.objects.create(deal=deal, stage_key=stage_key, key=key, by=actor, at=deed.now)
    else:
        rows.delete()
    note_changes(deed, deal, {f"checklist.{stage_key}.{key}": (not is_ticked, is_ticked)})
    save_deal(deed, deal)
    record_audit(actor, "tick", deal, stage=stage_key, key=key, is_ticked=is_ticked)
    return follow_up(deed, deal)

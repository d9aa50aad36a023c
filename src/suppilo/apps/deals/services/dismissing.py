"""Set a suggested move aside."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.deals.errors import MoveRefusedError
from suppilo.apps.deals.gates import judge
from suppilo.apps.deals.models import Deal, Dismissal
from suppilo.apps.deals.route import read_ladder
from suppilo.apps.deals.services.advancing import is_suggested
from suppilo.apps.deals.services.passing import clean_reason
from suppilo.apps.deals.services.positions import evidence_of
from suppilo.apps.deals.services.writing import Deed, take_deal


@transaction.atomic
def dismiss_suggestion(
    actor: User, deal_id: int, stage_key: str = "", *, source: str, reason: str = ""
) -> Dismissal:
    """Set the move that is suggested for a deal aside, for everybody.

    It is suggested again once something that its stage asks for is met anew. The deal itself stays
    as it is, and may be moved all the same.

    Parameters
    ----------
    stage_key
        The stage that was suggested, as it was seen; the one that is suggested now unless given.

    Raises
    ------
    MoveRefusedError
        If no such move is suggested now. Others as :func:`move_deal` does.
    """
    deed = Deed.begin(actor, source)
    deal = take_deal(actor, deal_id)
    ladder = read_ladder(deal.version)
    start = ladder.find(deal.stage.key)
    stage = ladder.after(start) if start is not None else None
    findings = judge(deal, stage, deed.now) if stage is not None else ()
    is_another = stage is not None and stage_key not in ("", stage.key)
    if stage is None or is_another or not is_suggested(deal, stage, findings):
        raise MoveRefusedError(_no_suggestion(deal))
    row = Dismissal.objects.create(
        deal=deal,
        stage=stage,
        reason=clean_reason(reason),
        evidence=evidence_of(findings, is_waived=False),
        by=actor,
        source=deed.source,
        at=deed.now,
    )
    record_audit(actor, "dismiss_suggestion", deal, stage=stage.key, source=deed.source)
    return row


def _no_suggestion(deal: Deal) -> str:
    return _("No such move is suggested for “%s” now: there is nothing to set aside.") % deal.name

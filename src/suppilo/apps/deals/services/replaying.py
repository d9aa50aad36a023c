"""Deals are put where their ledgers say, should something have written past the services."""

from __future__ import annotations

from django.db import transaction

from suppilo.apps.accounts.services import record_audit
from suppilo.apps.deals.models import Deal, MoveSource
from suppilo.apps.deals.selectors.ledger import find_unsound, replay
from suppilo.apps.deals.services.positions import Place, place_deal, save_position
from suppilo.apps.deals.services.writing import Deed, take_deal
from suppilo.apps.pipelines.models import Stage


def replay_deals() -> int:
    """Put each deal where its ledger says that it is; return how many were elsewhere.

    A deal whose ledger is empty is left alone: nothing says where it belongs.
    """
    wrong = [found.deal_id for found in find_unsound() if found.says is not None]
    for number in wrong:
        _put_right(number)
    return len(wrong)


@transaction.atomic
def _put_right(deal_id: int) -> Deal:
    deed = Deed.begin(None, MoveSource.SERVER)
    deal = take_deal(None, deal_id)
    says = replay(deal)
    stage = Stage.objects.select_related("version__pipeline").get(pk=says.stage_id)
    before = deal.stage.key
    is_lost = not stage.is_open
    place_deal(
        deal,
        Place(
            stage, says.entered_at, deal.lost_reason if is_lost else None,
            deal.lost_note if is_lost else "",
        ),
    )  # fmt: skip
    save_position(deed, deal)
    record_audit(None, "replay_deal", deal, before=before, after=stage.key)
    return deal

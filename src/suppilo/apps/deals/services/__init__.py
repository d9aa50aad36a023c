"""Verbs on deals: each asks first, writes the ledger and history, and tells it on as events."""

from suppilo.apps.deals.drafts import NewDeal, NewItem, NewParticipant, PastMove
from suppilo.apps.deals.services.advancing import advance_deal, is_suggested
from suppilo.apps.deals.services.approvals import answer_approval, ask_approval, may_answer
from suppilo.apps.deals.services.bulk import BulkResult, assign_deals, move_deals, tag_deals
from suppilo.apps.deals.services.changing import change_deal
from suppilo.apps.deals.services.checklist import tick
from suppilo.apps.deals.services.correcting import correct_move
from suppilo.apps.deals.services.dismissing import dismiss_suggestion
from suppilo.apps.deals.services.documents import (
    StoredDocument,
    add_document,
    open_document,
    remove_document,
)
from suppilo.apps.deals.services.handing_over import hand_over_deal
from suppilo.apps.deals.services.importing import open_deals
from suppilo.apps.deals.services.items import set_items
from suppilo.apps.deals.services.moving import move_deal
from suppilo.apps.deals.services.opening import open_deal
from suppilo.apps.deals.services.participants import (
    add_participant,
    change_participant,
    remove_participant,
)
from suppilo.apps.deals.services.past import import_history
from suppilo.apps.deals.services.replaying import replay_deals
from suppilo.apps.deals.services.similar import SimilarDeal, find_similar
from suppilo.apps.deals.services.versions import renew_version

__all__ = [
    "BulkResult",
    "NewDeal",
    "NewItem",
    "NewParticipant",
    "PastMove",
    "SimilarDeal",
    "StoredDocument",
    "add_document",
    "add_participant",
    "advance_deal",
    "answer_approval",
    "ask_approval",
    "assign_deals",
    "change_deal",
    "change_participant",
    "correct_move",
    "dismiss_suggestion",
    "find_similar",
    "hand_over_deal",
    "import_history",
    "is_suggested",
    "may_answer",
    "move_deal",
    "move_deals",
    "open_deal",
    "open_deals",
    "open_document",
    "remove_document",
    "remove_participant",
    "renew_version",
    "replay_deals",
    "set_items",
    "tag_deals",
    "tick",
]

"""What is known of deals: which one sees, and what their ledgers say."""

from suppilo.apps.deals.selectors.ledger import (
    DealPosition,
    EffectiveMove,
    Unsound,
    counting_changes,
    effective_moves,
    find_unsound,
    read_moves,
    replay,
)
from suppilo.apps.deals.selectors.visible import PARTS, get_deal, visible_deals

__all__ = [
    "PARTS",
    "DealPosition",
    "EffectiveMove",
    "Unsound",
    "counting_changes",
    "effective_moves",
    "find_unsound",
    "get_deal",
    "read_moves",
    "replay",
    "visible_deals",
]

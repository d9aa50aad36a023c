"""What to do next for a deal: which actions were followed by moving on, at deals like it."""

from suppilo.analytics.next_action.lessons import (
    FEWEST_DEALS,
    ActionLesson,
    DealsCompared,
    GroupLesson,
    StageLesson,
    TooFew,
    find_compared,
    learn_actions,
)
from suppilo.analytics.next_action.lift import Lift
from suppilo.analytics.next_action.moments import BAND_DAYS, PHASE_DAYS, Deeds, find_phase
from suppilo.analytics.next_action.standing import OpenDeal, advise_open

__all__ = [
    "BAND_DAYS",
    "FEWEST_DEALS",
    "PHASE_DAYS",
    "ActionLesson",
    "DealsCompared",
    "Deeds",
    "GroupLesson",
    "Lift",
    "OpenDeal",
    "StageLesson",
    "TooFew",
    "advise_open",
    "find_compared",
    "find_phase",
    "learn_actions",
]

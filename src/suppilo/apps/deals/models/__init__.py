"""Deals (``deal``), what belongs to them (``parts``), and what happened to them (``ledger``)."""

from suppilo.apps.deals.models.deal import Deal, DealCounter, DealState
from suppilo.apps.deals.models.ledger import (
    Approval,
    ApprovalKind,
    ApprovalState,
    BroughtUnmet,
    ChecklistTick,
    Dismissal,
    Fact,
    FieldChange,
    MoveKind,
    MoveSource,
    StageChange,
    Waiver,
)
from suppilo.apps.deals.models.parts import (
    Document,
    LineItem,
    Participant,
    ParticipantRole,
    SavedView,
)

__all__ = [
    "Approval",
    "ApprovalKind",
    "ApprovalState",
    "BroughtUnmet",
    "ChecklistTick",
    "Deal",
    "DealCounter",
    "DealState",
    "Dismissal",
    "Document",
    "Fact",
    "FieldChange",
    "LineItem",
    "MoveKind",
    "MoveSource",
    "Participant",
    "ParticipantRole",
    "SavedView",
    "StageChange",
    "Waiver",
]

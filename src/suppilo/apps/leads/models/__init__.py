"""Leads (``lead``), the rules they follow (``rules``), and when sales is at work (``hours``)."""

from suppilo.apps.leads.models.hours import Absence, DayOff, WorkingHours
from suppilo.apps.leads.models.lead import (
    CLOSED_STATES,
    OPEN_STATES,
    ChangeKind,
    HandOver,
    HandOverEnd,
    Lead,
    LeadChange,
    LeadOrigin,
    LeadState,
)
from suppilo.apps.leads.models.rules import (
    IntakeRule,
    OnOverdue,
    PropertyOf,
    ReturnReason,
    RoutingMethod,
    RoutingRule,
)

__all__ = [
    "CLOSED_STATES",
    "OPEN_STATES",
    "Absence",
    "ChangeKind",
    "DayOff",
    "HandOver",
    "HandOverEnd",
    "IntakeRule",
    "Lead",
    "LeadChange",
    "LeadOrigin",
    "LeadState",
    "OnOverdue",
    "PropertyOf",
    "ReturnReason",
    "RoutingMethod",
    "RoutingRule",
    "WorkingHours",
]

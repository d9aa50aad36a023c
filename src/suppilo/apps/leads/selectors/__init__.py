"""What the rest of the server reads about leads."""

from suppilo.apps.leads.selectors.clock import Clock, clocks_of
from suppilo.apps.leads.selectors.inbox import (
    LeadFilter,
    Tray,
    count_trays,
    list_leads,
    list_person_leads,
    trays_of,
)
from suppilo.apps.leads.selectors.visible import get_lead, visible_leads

__all__ = [
    "Clock",
    "LeadFilter",
    "Tray",
    "clocks_of",
    "count_trays",
    "get_lead",
    "list_leads",
    "list_person_leads",
    "trays_of",
    "visible_leads",
]

"""Verbs that write leads: add, edit, qualify, hand over, accept, return, disqualify."""

from suppilo.apps.leads.services.answering import (
    DealWanted,
    accept_lead,
    convert_lead,
    disqualify_lead,
    return_lead,
)
from suppilo.apps.leads.services.editing import edit_lead
from suppilo.apps.leads.services.handing import hand_over_lead, qualify_lead
from suppilo.apps.leads.services.intake import Added, NewLead, add_lead, add_leads

__all__ = [
    "Added",
    "DealWanted",
    "NewLead",
    "accept_lead",
    "add_lead",
    "add_leads",
    "convert_lead",
    "disqualify_lead",
    "edit_lead",
    "hand_over_lead",
    "qualify_lead",
    "return_lead",
]

"""The events that this server makes itself: their names, when they happen, what they say.

docs/reference/domain-events.md shows the same; a test keeps the two alike.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

DEAL = ("deal_id", "pipeline", "stage", "amount", "currency", "owner", "channel", "company")
"""What every event of a deal says."""
_LEAD = ("lead_id", "channel", "campaign", "interest", "owner")
_QUOTE = (*DEAL, "quote", "quote_version", "quote_total", "quote_currency")
_INVOICE = (*DEAL, "invoice", "invoice_total", "invoice_currency")


@dataclass(frozen=True, slots=True)
class EventKind:
    """An event by name: when it happens, and its properties."""

    name: str
    happens: str | Promise
    properties: tuple[str, ...]


DOMAIN_EVENTS = (
    EventKind("lead_created", _("Somebody came in as a lead"), _LEAD),
    EventKind("lead_qualified", _("Marketing has qualified a lead"), (*_LEAD, "reason")),
    EventKind("lead_handed_over", _("A lead was handed over to sales"), (*_LEAD, "reason")),
    EventKind("lead_accepted", _("Sales have accepted a lead"), (*_LEAD, "reason")),
    EventKind("lead_returned", _("Sales have returned a lead"), (*_LEAD, "reason")),
    EventKind("lead_escalated", _("A lead was not answered in time"), (*_LEAD, "reason")),
    EventKind("lead_converted", _("A lead has become a deal"), (*_LEAD, "reason")),
    EventKind("lead_disqualified", _("A lead is none"), (*_LEAD, "reason")),
    EventKind("deal_created", _("A deal was opened"), DEAL),
    EventKind("deal_assigned", _("A deal has got an owner, or another one"), DEAL),
    EventKind("deal_stage_entered", _("A deal has entered a stage"), (*DEAL, "from_stage", "kind")),
    EventKind("deal_won", _("A deal was won"), (*DEAL, "from_stage")),
    EventKind("deal_lost", _("A deal was lost"), (*DEAL, "from_stage", "reason")),
    EventKind("deal_disqualified", _("A deal was none"), (*DEAL, "from_stage", "reason")),
    EventKind("deal_reopened", _("A deal was opened again"), (*DEAL, "from_stage")),
    EventKind(
        "deal_handed_over",
        _("A deal went over to another pipeline"),
        (*DEAL, "from_pipeline", "from_stage"),
    ),
    EventKind(
        "gate_waived",
        _("Somebody let a deal pass what a gate asks for"),
        (*DEAL, "criterion", "kind", "gate", "role"),
    ),
    EventKind("discount_approved", _("A discount was approved"), (*DEAL, "rate")),
    EventKind("discount_refused", _("A discount was refused"), (*DEAL, "rate")),
    EventKind(
        "activity_done", _("A call, a meeting or the like was done"), (*DEAL, "kind", "outcome")
    ),
    EventKind("quote_sent", _("A quote was sent"), _QUOTE),
    EventKind("quote_opened", _("A quote's public page was opened"), _QUOTE),
    EventKind("quote_accepted", _("A quote was accepted"), _QUOTE),
    EventKind("quote_refused", _("A quote was refused"), _QUOTE),
    EventKind("quote_withdrawn", _("A quote was taken back"), _QUOTE),
    EventKind("invoice_sent", _("An invoice was sent"), _INVOICE),
    EventKind("invoice_paid", _("An invoice is paid in full"), _INVOICE),
    EventKind("invoice_cancelled", _("An invoice was cancelled"), _INVOICE),
    EventKind(
        "payment_received",
        _("A payment came in"),
        (*_INVOICE, "payment_amount", "payment_method"),
    ),
    EventKind(
        "payment_refunded",
        _("A payment was given back"),
        (*_INVOICE, "payment_amount", "payment_method"),
    ),
    EventKind(
        "order_completed",
        _("An order is paid: of an invoice, or of the shop"),
        (*_INVOICE, "order_id", "total", "quantity"),
    ),
)

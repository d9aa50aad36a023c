"""The one way in which a lead changes: its ledger, its events, the log, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.leads.models import ChangeKind, Lead, LeadChange, LeadState
from suppilo.apps.leads.selectors.visible import visible_leads
from suppilo.apps.outbox.services import record_event

EVENT_NAMES: Mapping[str, str] = {
    ChangeKind.CAME: "lead_created",
    ChangeKind.QUALIFY: "lead_qualified",
    ChangeKind.HAND_OVER: "lead_handed_over",
    ChangeKind.ACCEPT: "lead_accepted",
    ChangeKind.RETURN: "lead_returned",
    ChangeKind.DISQUALIFY: "lead_disqualified",
    ChangeKind.CONVERT: "lead_converted",
    ChangeKind.ESCALATE: "lead_escalated",
}
"""What a change is called in the event tables; a wait for somebody at work is no event."""


def take_lead(actor: User, lead_id: int) -> Lead:
    """Return a lead that the actor may work on, locked until the transaction ends.

    Raises
    ------
    PermissionDenied
        If the role may not work on leads.
    Lead.DoesNotExist
        If there is none, or it is not the actor's to see.
    """
    require(actor, Permission.WORK_LEADS)
    return lock_lead(visible_leads(actor).values_list("pk", flat=True).get(pk=lead_id))


def lock_lead(lead_id: int) -> Lead:
    """Return a lead as it stands now, locked until the transaction ends."""
    found = Lead.objects.select_related("contact__person", "hand_over", "owner")
    return found.select_for_update(of=("self",)).get(pk=lead_id)


def require_state(lead: Lead, *states: LeadState) -> None:
    """Make sure that a lead is in one of these states.

    Raises
    ------
    ValidationError
        If it is not: it says in which it is, and who brought it there.
    """
    if lead.state in states:
        return
    last = lead.changes.select_related("actor").order_by("-number").first()
    said = {"state": str(LeadState(lead.state).label).lower()}
    if last is None or last.actor is None:
        raise ValidationError(_("That can't be done any more: the lead is %(state)s.") % said)
    text = _("That can't be done any more: the lead is %(state)s (by %(who)s).")
    raise ValidationError(text % {**said, "who": last.actor})


def write_change(
    lead: Lead,
    kind: ChangeKind,
    to_state: LeadState,
    *,
    actor: User | None,
    at: datetime,
    reason: str = "",
    evidence: Mapping[str, Any] | None = None,
) -> LeadChange:
    """Save a lead in its new state, with an entry of its ledger, an event, and one of the log.

    The caller has set the lead's other fields already.
    """
    before = lead.state
    lead.state, lead.updated_at = to_state, at
    lead.revision += 1
    lead.save()
    change = LeadChange.objects.create(
        lead=lead, number=lead.revision, kind=kind, from_state=before, to_state=to_state, at=at,
        actor=actor, owner=lead.owner, reason=reason, evidence=dict(evidence or {}),
    )  # fmt: skip
    if actor is not None:
        record_audit(actor, f"{kind}_lead", lead)
    if name := EVENT_NAMES.get(kind):
        more = {"reason": reason} if reason else {}
        record_event(name, lead.contact.value, at, {**describe(lead), **more})
    return change


def describe(lead: Lead) -> dict[str, Any]:
    """Return what a lead's events say of it."""
    said = {
        "lead_id": lead.pk,
        "channel": lead.channel,
        "campaign": lead.campaign,
        "interest": lead.interest,
        "owner": str(lead.owner) if lead.owner else "",
    }
    return {name: value for name, value in said.items() if value != ""}

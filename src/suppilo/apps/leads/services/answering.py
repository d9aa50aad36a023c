"""What sales does with a lead that it was given: accept, return; and what ends one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.deals.models import Deal, MoveSource
from suppilo.apps.leads.calendars import CalendarBook, first_team
from suppilo.apps.leads.models import (
    OPEN_STATES,
    ChangeKind,
    HandOverEnd,
    Lead,
    LeadState,
    ReturnReason,
)
from suppilo.apps.leads.services.handing import end_hand_over
from suppilo.apps.leads.services.ledger import require_state, take_lead, write_change

_WITH_SALES = (LeadState.HANDED_OVER, LeadState.ACCEPTED)


@dataclass(frozen=True, slots=True)
class DealWanted:
    """The deal that is made of a lead.

    Attributes
    ----------
    name
        Left out: the person's company, or the person.
    amount
        In the pipeline's currency.
    next_step, next_step_at
        Left out: to call, at once.
    """

    pipeline_id: int
    name: str = ""
    amount: Decimal = Decimal(0)
    expected_close: date | None = None
    next_step: str = ""
    next_step_at: datetime | None = None


@transaction.atomic
def accept_lead(
    actor: User,
    lead_id: int,
    *,
    deal: DealWanted | None = None,
    source: MoveSource,
    now: datetime | None = None,
) -> Lead:
    """Take a lead on; it is the actor's from then on, and answered.

    Parameters
    ----------
    deal
        Make this deal of it at once; else :func:`convert_lead` does so later.
    source
        Through what the deal is made.

    Raises
    ------
    PermissionDenied, Lead.DoesNotExist
        If it is not the actor's to do.
    ValidationError
        If it has not been handed over, or the deal can't be made so.
    """
    at = now or timezone.now()
    lead = take_lead(actor, lead_id)
    require_state(lead, LeadState.HANDED_OVER)
    end_hand_over(lead, HandOverEnd.ACCEPTED, at, CalendarBook(), is_answer=True)
    if lead.owner_id != actor.pk:
        lead.owner, lead.team = actor, lead.team or first_team(actor)
    write_change(lead, ChangeKind.ACCEPT, LeadState.ACCEPTED, actor=actor, at=at)
    if deal is not None:
        _convert(lead, actor, deal, source, at)
    return lead


@transaction.atomic
def convert_lead(
    actor: User, lead_id: int, deal: DealWanted, *, source: MoveSource, now: datetime | None = None
) -> Lead:
    """Make a deal of a lead that was accepted; raises as :func:`accept_lead` does."""
    lead = take_lead(actor, lead_id)
    require_state(lead, LeadState.ACCEPTED)
    _convert(lead, actor, deal, source, now or timezone.now())
    return lead


@transaction.atomic
def return_lead(
    actor: User, lead_id: int, reason_id: int, *, note: str = "", now: datetime | None = None
) -> Lead:
    """Give a lead back to marketing.

    Raises
    ------
    PermissionDenied, Lead.DoesNotExist
        If it is not the actor's to do.
    ValidationError
        If sales doesn't have it, or the reason is none of the list.
    """
    at = now or timezone.now()
    lead = take_lead(actor, lead_id)
    require_state(lead, *_WITH_SALES)
    reason = ReturnReason.objects.filter(pk=reason_id, is_active=True).first()
    if reason is None:
        raise ValidationError(_("Choose why the lead is returned."))
    end_hand_over(lead, HandOverEnd.RETURNED, at, CalendarBook(), reason=reason)
    lead.owner = lead.team = None
    text = f"{reason.name}: {note.strip()}" if note.strip() else reason.name
    write_change(
        lead, ChangeKind.RETURN, LeadState.RETURNED, actor=actor, at=at, reason=text,
        evidence={"reason": reason.pk},
    )  # fmt: skip
    return lead


@transaction.atomic
def disqualify_lead(actor: User, lead_id: int, reason: str, *, now: datetime | None = None) -> Lead:
    """Close a lead that comes to nothing.

    Raises
    ------
    PermissionDenied, Lead.DoesNotExist
        If it is not the actor's to do.
    ValidationError
        If it is closed already, or no reason is given.
    """
    at = now or timezone.now()
    lead = take_lead(actor, lead_id)
    require_state(lead, *OPEN_STATES)
    if not reason.strip():
        raise ValidationError(_("Say why the lead comes to nothing."))
    end_hand_over(lead, HandOverEnd.DISQUALIFIED, at, CalendarBook())
    lead.closed_at, lead.route_since = at, None
    write_change(
        lead, ChangeKind.DISQUALIFY, LeadState.DISQUALIFIED, actor=actor, at=at,
        reason=reason.strip()[:2000],
    )  # fmt: skip
    return lead


def _convert(lead: Lead, actor: User, wanted: DealWanted, source: MoveSource, at: datetime) -> None:
    lead.deal, lead.closed_at = _open_deal(lead, actor, wanted, source, at), at
    write_change(
        lead, ChangeKind.CONVERT, LeadState.CONVERTED, actor=actor, at=at,
        evidence={"deal": lead.deal.pk},
    )  # fmt: skip


def _open_deal(
    lead: Lead, actor: User, wanted: DealWanted, source: MoveSource, at: datetime
) -> Deal:
    from suppilo.apps.deals.services import NewDeal, NewParticipant, open_deal

    person = lead.contact.person
    new = NewDeal(
        name=wanted.name.strip() or (person.company.name if person.company else str(person)),
        pipeline_id=wanted.pipeline_id,
        company_id=person.company_id,
        owner_id=lead.owner_id,
        team_id=lead.team_id,
        amount=wanted.amount,
        expected_close=wanted.expected_close,
        next_step=wanted.next_step.strip() or _("Call %(name)s") % {"name": person},
        next_step_at=wanted.next_step_at or at,
        contacts=(NewParticipant(identifier=lead.contact.value, is_main=True),),
    )
    return open_deal(actor, new, source=source)

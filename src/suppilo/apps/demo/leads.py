"""The simulated company's leads: those of the last days, on their way from marketing to sales."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.deals.models import MoveSource, Participant
from suppilo.apps.demo.team import Staff
from suppilo.apps.leads.models import ReturnReason
from suppilo.apps.leads.services import (
    accept_lead,
    add_leads,
    hand_over_lead,
    qualify_lead,
    return_lead,
)
from suppilo.apps.leads.services.hours import HoursDraft, save_hours
from suppilo.apps.leads.services.rules import (
    IntakeDraft,
    RoutingDraft,
    save_intake_rule,
    save_routing_rule,
)
from suppilo.apps.people.models import Person

LEADS = 24
"""So many people wait or were handed over."""
_WEEK = {str(day): [["09:00", "17:00"]] for day in range(5)}


def make_leads(owner: User, staff: Staff) -> None:
    """Set the rules by which leads come and go, and let the newest people without a deal be some.

    A contact form that is sent from now on makes a lead by itself.
    """
    save_hours(owner, None, HoursDraft("Europe/Riga", _WEEK, answer_min=120))
    save_routing_rule(
        owner,
        RoutingDraft(_("In turn"), [one.pk for one in staff.sellers], takes_after_hours=True),
    )
    save_intake_rule(owner, IntakeDraft(_("Contact form"), ["Lead Submitted"], needs_email=False))
    now = timezone.now()
    for place, person_id in enumerate(_newest_without_deal()):
        came_at = now - timedelta(hours=5 * (place + 1))
        added = add_leads(staff.head, [person_id], now=came_at)
        for lead in added.leads:
            _go_on(place, lead.pk, staff, came_at + timedelta(hours=2))


def _newest_without_deal() -> list[int]:
    known = Person.objects.filter(is_visible=True, has_email=True)
    taken = Participant.objects.values("contact__person_id")
    newest = known.exclude(pk__in=taken).order_by("-last_seen_us", "-pk")
    return list(newest.values_list("pk", flat=True)[:LEADS])


def _go_on(place: int, lead_id: int, staff: Staff, at: datetime) -> None:
    """Bring each lead a different part of the way."""
    if place % 4 == 0:
        return
    qualify_lead(staff.head, lead_id, now=at)
    if place % 4 == 1:
        return
    lead = hand_over_lead(staff.head, lead_id, now=at)
    seller = lead.owner
    if seller is None or place % 4 == 2:
        return
    answered_at = at + timedelta(hours=1)
    if place % 8 == 3:
        accept_lead(seller, lead_id, source=MoveSource.PAGE, now=answered_at)
    else:
        reason = ReturnReason.objects.filter(is_active=True).order_by("position").first()
        if reason is not None:
            return_lead(seller, lead_id, reason.pk, now=answered_at)

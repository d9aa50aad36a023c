"""What to do next for a deal, by what was followed by moving on at deals like it."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.next_action.advice import advise
from suppilo.apps.next_action.words import caveat, explanation, headline, phase_words
from suppilo.web.access import UserRequest, page
from suppilo.web.channels import channel_label
from suppilo.web.views.activities.day import find_deal


@page(Permission.SEE_DEALS, methods=("GET",))
def deal_next_action(request: UserRequest, deal_id: int) -> HttpResponse:
    """Show what to do next: a part of the deal's page, or a page with all that was compared."""
    deal = find_deal(request, deal_id)
    advice = advise(deal, timezone.now())
    context = {
        "deal": deal,
        "advice": advice,
        "headline": headline(advice),
        "explanation": explanation(advice),
        "caveat": caveat(),
        "phase": phase_words(advice.phase),
        "channel": channel_label(deal.channel) if deal.channel else "",
        "may_edit": allows(request.user, Permission.EDIT_DEALS),
    }
    template = "salesbook/next_part.html" if request.htmx else "salesbook/next_of_deal.html"
    return render(request, template, context)

"""What is done to many deals at once: each through the same service, with its own result."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.deals.models import Deal
from suppilo.apps.deals.selectors import visible_deals
from suppilo.apps.deals.services import BulkResult, assign_deals, move_deals, tag_deals
from suppilo.web.access import UserRequest, page
from suppilo.web.views.deals.finding import read_id

MOST_CHOSEN = 500


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one deal; ``problem`` says why nothing did."""

    deal: Deal
    problem: str


@page(Permission.EDIT_DEALS, methods=("POST",))
def act(request: UserRequest) -> HttpResponse:
    """Do one thing to the ticked deals, and say of each what became of it."""
    back = f"{reverse('deals')}?{request.POST.get('query', '')[:4000]}"
    chosen = [
        number for text in request.POST.getlist("deals")[:MOST_CHOSEN] if (number := read_id(text))
    ]
    results = _do(request, chosen) if chosen else None
    if results is None:
        messages.error(request, _("Tick the deals first, and say what is to be done."))
        return redirect(back)
    deals = visible_deals(request.user).in_bulk([one.deal_id for one in results])
    outcomes = [
        Outcome(deals[one.deal_id], "" if one.is_done else one.message)
        for one in results
        if one.deal_id in deals
    ]
    done = sum(one.is_done for one in results)
    context = {"outcomes": outcomes, "back": back, "done": done}
    return render(request, "deals/bulk.html", context)


def _do(request: UserRequest, chosen: list[int]) -> list[BulkResult] | None:
    given, user = request.POST, request.user
    what, tag = given.get("what", ""), given.get("tag", "").strip()
    if what == "tag" and tag:
        return tag_deals(user, chosen, add=[tag])
    if what == "assign":
        return assign_deals(user, chosen, read_id(given.get("owner", "")))
    if what == "move" and given.get("stage"):
        return move_deals(user, chosen, given["stage"], reason=given.get("reason", ""))
    return None

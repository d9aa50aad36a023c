"""What to do next for a deal, by what was followed by moving on at deals like it."""

from __future__ import annotations

from typing import cast, get_args

import numpy as np
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.deals.selectors import visible_deals
from suppilo.apps.next_action.advice import Option, advise
from suppilo.apps.next_action.behind import Side, find_deals_compared
from suppilo.apps.next_action.words import (
    caveat,
    explanation,
    headline,
    name_action,
    phase_words,
)
from suppilo.web.access import UserRequest, page
from suppilo.web.channels import channel_label
from suppilo.web.paging import PAGE_SIZE, Page, clamp
from suppilo.web.views.activities.day import find_deal

LAST_PAGE = 10_000


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


@page(Permission.SEE_DEALS, methods=("GET",))
def next_action_deals(request: UserRequest, deal_id: int) -> HttpResponse:
    """List the deals behind a comparison, as far as the reader sees them."""
    deal = find_deal(request, deal_id)
    advice = advise(deal, timezone.now())
    name, side = request.GET.get("action", ""), request.GET.get("side", "with")
    option = next((one for one in advice.options if one.name == name), None)
    if option is None or side not in get_args(Side):
        raise Http404
    ids = find_deals_compared(advice, option, cast(Side, side), is_alike="alike" in request.GET)
    seen = visible_deals(request.user)
    if not allows(request.user, Permission.SEE_ALL_DEALS):
        mine = np.fromiter(seen.order_by().values_list("pk", flat=True), np.int64)
        ids, hidden = ids[np.isin(ids, mine)], int((~np.isin(ids, mine)).sum())
    else:
        hidden = 0
    number = clamp(request.GET.get("page"), 1, LAST_PAGE, 1)
    start = (number - 1) * PAGE_SIZE
    rows = seen.filter(pk__in=ids[start : start + PAGE_SIZE].tolist()).order_by("-pk")
    listed = Page(
        list(rows.select_related("owner", "company", "stage")),
        str(number - 1) if number > 1 else "",
        str(number + 1) if start + PAGE_SIZE < len(ids) else "",
        f"{start + 1:n}–{min(start + PAGE_SIZE, len(ids)):n}" if start < len(ids) else "",
    )
    context = {
        "deal": deal, "page": listed, "total": len(ids), "hidden": hidden,
        "title": _title(option, side), "is_alike": "alike" in request.GET,
    }  # fmt: skip
    return render(request, "salesbook/next_deals.html", context)


def _title(option: Option, side: str) -> str:
    """Return in words which deals these are."""
    what = {"what": name_action(option.name, option.entry)}
    if side == "without":
        return _("were as long in the stage without %(what)s by then") % what
    return _("saw %(what)s in the stage") % what

"""What to do next for a deal, by what was followed by moving on at deals like it."""

from __future__ import annotations

from typing import cast, get_args

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.deals.selectors import visible_deals
from suppilo.apps.next_action.advice import Option, advise
from suppilo.apps.next_action.behind import Side, list_deals_compared
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
    option, side = advice.find(request.GET.get("action", "")), request.GET.get("side", "with")
    if option is None or side not in get_args(Side):
        raise Http404
    is_alike = "alike" in request.GET
    found = list_deals_compared(request.user, advice, option, cast(Side, side), is_alike=is_alike)
    number = clamp(request.GET.get("page"), 1, LAST_PAGE, 1)
    start, total = (number - 1) * PAGE_SIZE, len(found.ids)
    some = found.ids[start : start + PAGE_SIZE].tolist()
    rows = visible_deals(request.user).filter(pk__in=some).order_by("-pk")
    listed = Page(
        list(rows.select_related("owner", "company", "stage")),
        str(number - 1) if number > 1 else "",
        str(number + 1) if start + PAGE_SIZE < total else "",
        f"{start + 1:n}–{min(start + PAGE_SIZE, total):n}" if start < total else "",
    )
    context = {
        "deal": deal, "page": listed, "total": total, "hidden": found.hidden,
        "title": _title(option, side), "is_alike": is_alike,
    }  # fmt: skip
    return render(request, "salesbook/next_deals.html", context)


def _title(option: Option, side: str) -> str:
    """Return in words which deals these are."""
    what = {"what": name_action(option.name, option.entry)}
    if side == "without":
        return _("were as long in the stage without %(what)s by then") % what
    return _("saw %(what)s in the stage") % what

"""The sales book beside a deal."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.deals.models import Deal
from suppilo.apps.salesbook.models import Entry
from suppilo.apps.salesbook.rates import read_baseline
from suppilo.apps.salesbook.selectors import read_deal_chapter
from suppilo.apps.salesbook.services import use_entry
from suppilo.web.access import UserRequest, page
from suppilo.web.views.activities.day import find_deal


@page(Permission.SEE_DEALS, methods=("GET",))
def deal_script(request: UserRequest, deal_id: int) -> HttpResponse:
    """Show what the book says about a deal's stage: a part of its page, or a page."""
    return _show(request, find_deal(request, deal_id))


def _show(request: UserRequest, deal: Deal) -> HttpResponse:
    lines = read_deal_chapter(request.user, deal)
    context = {
        "deal": deal,
        "lines": lines,
        "baseline": read_baseline(deal.pipeline_id) if lines else None,
        "may_edit": allows(request.user, Permission.EDIT_DEALS),
        "may_manage": allows(request.user, Permission.MANAGE_SALES_BOOK),
    }
    template = "salesbook/deal_part.html" if request.htmx else "salesbook/of_deal.html"
    return render(request, template, context)


@page(Permission.EDIT_DEALS, methods=("POST",))
def use(request: UserRequest, deal_id: int, entry_id: int) -> HttpResponse:
    """Write down that an entry was used on a deal, or take that back."""
    deal = find_deal(request, deal_id)
    try:
        use_entry(request.user, entry_id, deal.pk, is_used="undo" not in request.POST)
    except Entry.DoesNotExist as error:
        raise Http404 from error
    return _show(request, deal) if request.htmx else redirect("deal_script", deal.pk)

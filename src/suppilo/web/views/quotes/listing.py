"""The list of quotes, and those of one deal as a part of its page."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.deals.models import Deal
from suppilo.apps.deals.selectors import get_deal
from suppilo.apps.invoices.models import Invoice, Standing
from suppilo.apps.quotes.models import Quote, QuoteState
from suppilo.apps.quotes.selectors import list_quotes, quotes_of
from suppilo.web.access import UserRequest, page
from suppilo.web.paging import number_page

_SHOWN = 100


@page(Permission.SEE_DEALS, methods=("GET",))
def show_quotes(request: UserRequest) -> HttpResponse:
    """List the quotes of the deals that one sees."""
    search, state = request.GET.get("q", "")[:200], request.GET.get("state", "")
    state = state if state in QuoteState.values else ""
    found = number_page(list_quotes(request.user, state, search), request.GET.get("page"))
    context = {
        "search": search,
        "state": state,
        "states": QuoteState.choices,
        "page": found,
        "rows": with_states(found.items),
        "may_manage": allows(request.user, Permission.MANAGE_INVOICES),
    }
    return render(request, "quotes/list.html", context)


@page(Permission.SEE_DEALS, methods=("GET",))
def show_of_deal(request: UserRequest, deal_id: int) -> HttpResponse:
    """Show a deal's quotes: as a part of its page, or as a page."""
    try:
        deal = get_deal(request.user, deal_id)
    except Deal.DoesNotExist as error:
        raise Http404 from error
    context = {
        "deal": deal,
        "rows": with_states(quotes_of(request.user, deal_id)[:_SHOWN]),
        "invoices": _invoices_of(deal),
        "has_items": deal.items.exists(),
        "may_invoice": allows(request.user, Permission.MANAGE_INVOICES),
        "may_edit": allows(request.user, Permission.EDIT_DEALS),
    }
    template = "quotes/deal_part.html" if request.htmx else "quotes/of_deal.html"
    return render(request, template, context)


def with_states(quotes: Any) -> list[tuple[Quote, QuoteState]]:
    """Return quotes with what they are today."""
    today = timezone.localdate()
    return [(quote, quote.state_on(today)) for quote in quotes]


def _invoices_of(deal: Deal) -> list[tuple[Invoice, Standing]]:
    today = timezone.localdate()
    return [(one, one.standing_on(today)) for one in deal.invoices.order_by("-id")[:_SHOWN]]

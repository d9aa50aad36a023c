"""The deals and people behind a channel's figures."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render

from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.insights.channels import list_deals_behind, list_people_behind
from suppilo.web.access import UserRequest, page
from suppilo.web.paging import number_page
from suppilo.web.views.insights.channels.asked import read_asked


@page(Permission.SEE_ALL_DEALS, methods=("GET",))
def channel_deals(request: UserRequest) -> HttpResponse:
    """List the deals that a channel's leads or customers are."""
    asked = read_asked(request.GET, request.user)
    back = asked.url("channels")
    if asked.errors:
        return redirect(back)
    name, currency = request.GET.get("key", "")[:300], request.GET.get("currency", "")[:3]
    is_won = request.GET.get("won") == "1"
    found = list_deals_behind(request.user, asked.question, (name, currency), is_won=is_won)
    context = {
        "page": number_page(
            found.select_related("owner", "company", "stage"), request.GET.get("page")
        ),
        "total": found.count(),
        "name": asked.name(name),
        "is_won": is_won,
        "asked": asked,
        "back": back,
    }
    return render(request, "insights/channels/deals.html", context)


@page(Permission.SEE_PEOPLE, methods=("GET",))
def channel_people(request: UserRequest) -> HttpResponse:
    """List the people whose first touch a channel was."""
    asked = read_asked(request.GET, request.user)
    back = asked.url("channels")
    if asked.errors:
        return redirect(back)
    name = request.GET.get("key", "")[:300]
    found = list_people_behind(asked.question, name)
    context = {
        "page": number_page(found.select_related("company"), request.GET.get("page")),
        "total": found.count(),
        "name": asked.name(name),
        "asked": asked,
        "back": back,
    }
    return render(request, "insights/channels/people.html", context)

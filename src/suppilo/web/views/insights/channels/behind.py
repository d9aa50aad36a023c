"""The deals and people behind a channel's figures."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.deals.models import Deal
from suppilo.apps.insights.channels import list_deals_behind, list_people_behind
from suppilo.web.access import UserRequest, page
from suppilo.web.figure_lists import FigureList, list_deals, list_persons, require_answer
from suppilo.web.paging import number_page
from suppilo.web.views.insights.channels.asked import Asked, read_asked


@page(Permission.SEE_ALL_DEALS, methods=("GET",))
def channel_deals(request: UserRequest) -> HttpResponse:
    """List the deals that a channel's leads or customers are."""
    asked = read_asked(request.GET, request.user)
    back = asked.url("channels")
    if asked.errors:
        return redirect(back)
    found = _find_deals(request, asked)
    context = {
        "page": number_page(found, request.GET.get("page")),
        "total": found.count(),
        "name": asked.name(_key(request)),
        "is_won": _is_won(request),
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
    name = _key(request)
    found = list_people_behind(asked.question, name)
    context = {
        "page": number_page(found.select_related("company"), request.GET.get("page")),
        "total": found.count(),
        "name": asked.name(name),
        "asked": asked,
        "back": back,
    }
    return render(request, "insights/channels/people.html", context)


def deals_of_channel(request: UserRequest) -> FigureList:
    """Return the deals that a channel's leads or customers are."""
    asked = read_asked(request.GET, request.user)
    require_answer(asked, {}, asked.errors)
    found = _find_deals(request, asked)
    title = _("won deals") if _is_won(request) else _("leads")
    return FigureList(
        f"{asked.name(_key(request))}: {title}", found.count(),
        lambda start, end: list_deals(found[start:end]),
    )  # fmt: skip


def people_of_channel(request: UserRequest) -> FigureList:
    """Return the people whose first touch a channel was."""
    asked = read_asked(request.GET, request.user)
    require_answer(asked, {}, asked.errors)
    found = list_people_behind(asked.question, _key(request))
    return FigureList(
        asked.name(_key(request)), found.count(),
        lambda start, end: list_persons(found[start:end]),
    )  # fmt: skip


def _find_deals(request: UserRequest, asked: Asked) -> QuerySet[Deal]:
    key = (_key(request), request.GET.get("currency", "")[:3])
    found = list_deals_behind(request.user, asked.question, key, is_won=_is_won(request))
    return found.select_related("owner", "company", "stage")


def _key(request: UserRequest) -> str:
    return request.GET.get("key", "")[:300]


def _is_won(request: UserRequest) -> bool:
    return request.GET.get("won") == "1"

"""Which events there are; one event name with its properties."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.events.personal import may_see_values
from suppilo.apps.events.selectors import (
    EventInfo,
    EventNameMissing,
    PropertyInfo,
    describe_event,
    list_events,
)
from suppilo.apps.funnels.draft.names import write_names
from suppilo.web.access import UserRequest, page
from suppilo.web.paging import LAST_NUMBER, Page, clamp
from suppilo.web.views.events.addresses import name_url
from suppilo.web.views.events.pictures import Bars, draw_bars

if TYPE_CHECKING:
    from suppilo.apps.accounts.models import User

PAGE_SIZE = 50
_SPARK = (120, 24)
_CHART = (720, 120)


@dataclass(frozen=True, slots=True)
class NameRow:
    """One event name in the list."""

    info: EventInfo
    url: str
    bars: Bars


@page(Permission.SEE_REPORTS, methods=("GET",))
def show_names(request: UserRequest) -> HttpResponse:
    """Show all event names with their volumes."""
    search = request.GET.get("q", "")[:200]
    number = clamp(request.GET.get("page"), 1, LAST_NUMBER, 1)
    start = (number - 1) * PAGE_SIZE
    found = list_events(
        search,
        today=timezone.localdate(),
        zone=timezone.get_current_timezone(),
        start=start,
        limit=PAGE_SIZE,
    )
    rows = [NameRow(i, name_url(i.name), draw_bars(i.days, *_SPARK)) for i in found.events]
    shown = Page(
        items=rows,
        previous=str(number - 1) if number > 1 else "",
        next=str(number + 1) if start + PAGE_SIZE < found.total else "",
        text=f"{start + 1:n}–{start + len(rows):n} / {found.total:n}" if rows else "",
    )
    template = "events/names_table.html" if request.htmx else "events/names.html"
    context = {
        "page": shown,
        "search": search,
        "total": found.total,
        "may_see_people": allows(request.user, Permission.SEE_PEOPLE),
    }
    return render(request, template, context)


@page(Permission.SEE_REPORTS, methods=("GET",))
def show_name(request: UserRequest) -> HttpResponse:
    """Show one event name: how many and when, and its properties."""
    name = request.GET.get("event", "")
    try:
        detail = describe_event(
            name, today=timezone.localdate(), zone=timezone.get_current_timezone()
        )
    except EventNameMissing as error:
        raise Http404 from error
    context = {
        "name": name,
        "info": detail.info,
        "properties": [_shown(one, request.user) for one in detail.properties],
        "bars": draw_bars(detail.info.days, *_CHART),
        "funnel_url": _funnel_url(name),
        "live_url": f"{reverse('events_live')}?{urlencode({'event': name})}",
        "may_see_people": allows(request.user, Permission.SEE_PEOPLE),
    }
    return render(request, "events/name.html", context)


def _shown(found: PropertyInfo, user: User) -> PropertyInfo:
    """Return a property, without its values where they would tell the user who somebody is."""
    return found if may_see_values(user, found.name) else replace(found, top=())


def _funnel_url(name: str) -> str:
    try:
        return f"{reverse('new_funnel')}?{urlencode({'s1': write_names([name])})}"
    except NoReverseMatch:
        return ""

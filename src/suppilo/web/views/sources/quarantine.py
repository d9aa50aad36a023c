"""Quarantine: what was refused, why, and what to do with it."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.capture import services
from suppilo.apps.capture.models import Quarantined, QuarantineState, Source
from suppilo.apps.capture.quarantine import preview_fix
from suppilo.apps.capture.rules import mending_of
from suppilo.apps.capture.selectors import QuarantineFilter, count_reasons, search_quarantine
from suppilo.web.access import UserRequest, page
from suppilo.web.paging import PAGE_SIZE, Page, read_cursor, sign_cursor
from suppilo.web.views.sources.finding import may_manage
from suppilo.web.views.sources.reasons import explain_reason


@page(Permission.SEE_SOURCES, methods=("GET",))
def show_quarantine(request: UserRequest) -> HttpResponse:
    """List refused events, with how many there are of each reason."""
    wanted = read_filter(request.GET)
    groups = count_reasons(request.user, wanted)
    context = {
        "wanted": wanted,
        "page": _page(request, wanted),
        "groups": [(reason, name, explain_reason(reason), n) for reason, name, n in groups],
        "sources": Source.objects.all(),
        "states": QuarantineState.choices,
        "may_manage": may_manage(request),
        "is_open": wanted.state == QuarantineState.OPEN,
    }
    return render(request, "sources/quarantine.html", context)


@page(Permission.SEE_SOURCES, methods=("GET",))
def show_event(request: UserRequest, event_id: int) -> HttpResponse:
    """Show one refused event whole, and what the source's rules would make of it."""
    found = get_object_or_404(Quarantined.objects.select_related("source"), pk=event_id)
    rules = [mending_of(rule) for rule in found.source.rules.filter(is_enabled=True)]
    context = {
        "event": found,
        "explained": explain_reason(found.reason),
        "raw": _pretty(bytes(found.raw)),
        "preview": preview_fix([found], rules)[0],
        "may_manage": may_manage(request),
        "is_open": found.state == QuarantineState.OPEN,
    }
    return render(request, "sources/quarantined.html", context)


@page(Permission.MANAGE_SOURCES, methods=("POST",))
def replay(request: UserRequest) -> HttpResponse:
    """Have chosen events stored again, with their source's rules."""
    count = services.replay_quarantined(request.user, _chosen(request))
    told = ngettext("%(n)s event is being replayed.", "%(n)s events are being replayed.", count)
    messages.success(request, told % {"n": count})
    return _back(request)


@page(Permission.MANAGE_SOURCES, methods=("POST",))
def discard(request: UserRequest) -> HttpResponse:
    """Give chosen events up."""
    count = services.discard_quarantined(request.user, _chosen(request))
    told = ngettext("%(n)s event is given up.", "%(n)s events are given up.", count)
    messages.success(request, told % {"n": count})
    return _back(request)


def read_filter(given: QueryDict) -> QuarantineFilter:
    """Return what a URL's query asks for; what makes no sense is left out."""
    source = given.get("source", "")
    state = given.get("state", QuarantineState.OPEN)
    return QuarantineFilter(
        source_id=int(source) if _is_id(source) else None,
        reason=given.get("reason", "")[:50],
        name=given.get("name", ""),
        text=given.get("q", "").strip()[:200],
        since=_start_of(given.get("since", "")),
        until=_start_of(given.get("until", "")),
        state=state if state in QuarantineState.values else QuarantineState.OPEN,
    )


def _start_of(text: str) -> datetime | None:
    try:
        day: date | None = parse_date(text)
    except ValueError:
        return None
    return None if day is None else datetime.combine(day, time(), UTC)


def _page(request: UserRequest, wanted: QuarantineFilter) -> Page[Quarantined]:
    cursor = read_cursor(request.GET.get("page"), "quarantine")
    before = int(cursor[0]) if cursor else None
    rows = search_quarantine(request.user, wanted, before, PAGE_SIZE + 1)
    more = len(rows) > PAGE_SIZE
    return Page(
        rows[:PAGE_SIZE], next=sign_cursor([rows[PAGE_SIZE - 1].pk], "quarantine") if more else ""
    )


def _chosen(request: UserRequest) -> list[int]:
    """Return the events that were ticked, or all that the filter shows."""
    if request.POST.get("all"):
        wanted = read_filter(QueryDict(request.POST.get("filter", "")))
        return [row.pk for row in search_quarantine(request.user, wanted, limit=200)]
    return [int(text) for text in request.POST.getlist("event")[:200] if _is_id(text)]


def _is_id(text: str) -> bool:
    """Return whether a text is a number that a database can hold."""
    return text.isdecimal() and len(text) < 19


def _back(request: UserRequest) -> HttpResponse:
    query = QueryDict(request.POST.get("filter", "")).urlencode()
    return redirect(f"{reverse('quarantine')}?{query}")


def _pretty(raw: bytes) -> str:
    try:
        found: Any = json.loads(raw)
    except ValueError:
        return raw.decode("utf-8", "replace")
    return json.dumps(found, indent=2, ensure_ascii=False) or _("empty")

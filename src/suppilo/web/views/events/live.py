"""The newest events as they come in."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.capture.rows import read_source_names
from suppilo.apps.events.selectors import SeenEvent, latest_events
from suppilo.web.access import UserRequest, page
from suppilo.web.paging import Page, read_cursor, sign_cursor
from suppilo.web.views.events.addresses import event_url, name_url

SHOWN = 50
_TELLING = ("url_path", "total", "value", "price", "plan", "page_title", "channel", "device")
"""Properties that say most about an event go first."""


@dataclass(frozen=True, slots=True)
class LiveRow:
    """One event of the stream."""

    event: SeenEvent
    url: str
    name_url: str
    properties: tuple[tuple[str, Any], ...]


@page(Permission.SEE_PEOPLE, methods=("GET",))
def show_live(request: UserRequest) -> HttpResponse:
    """Show the newest events; the list renews itself unless it is paused or leafed through."""
    sources = sorted(set(read_source_names().values()))
    return render(request, "events/live.html", {"sources": sources, **_read_rows(request)})


@page(Permission.SEE_PEOPLE, methods=("GET",))
def show_rows(request: UserRequest) -> HttpResponse:
    """Show the list alone; nothing where it is as it was."""
    context = _read_rows(request)
    if context["top"] and context["top"] == request.GET.get("top"):
        return HttpResponse(status=204)
    return render(request, "events/live_rows.html", context)


def _read_rows(request: UserRequest) -> dict[str, Any]:
    name, source = (request.GET.get(key, "")[:500] for key in ("event", "source"))
    before = _read_place(request.GET.get("page"))
    found = latest_events(SHOWN + 1, source=source or None, name=name or None, before=before)
    rows = [_row(event) for event in found[:SHOWN]]
    more = sign_cursor(rows[-1].event.place, "live") if len(found) > SHOWN else ""
    top = f"{found[0].at_us}.{found[0].event_id}" if found else ""
    filters = {key: text for key, text in (("event", name), ("source", source)) if text}
    is_paused = before is not None or request.GET.get("paused") == "1"
    return {
        "page": Page(items=rows, next=more),
        "top": top,
        "event": name,
        "source": source,
        "is_paused": is_paused,
        "rows_url": f"{reverse('events_live_rows')}?{urlencode({**filters, 'top': top})}",
        "toggle_url": "?" + urlencode(filters if is_paused else {**filters, "paused": "1"}),
    }


def _read_place(text: str | None) -> tuple[int, int] | None:
    values = read_cursor(text, "live")
    if values is None or len(values) != 2:
        return None
    return int(values[0]), int(values[1])


def _row(event: SeenEvent) -> LiveRow:
    first = [(name, event.properties[name]) for name in _TELLING if name in event.properties]
    rest = (item for item in event.properties.items() if item[0] not in (*_TELLING, "source"))
    shown = tuple(islice((*first, *rest), 4))
    return LiveRow(event, event_url(event), name_url(event.name), shown)

"""One event, whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render

from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.events.moments import to_moment
from suppilo.apps.events.selectors import EventMissing, get_event
from suppilo.web.access import UserRequest, page
from suppilo.web.paging import clamp
from suppilo.web.views.events.addresses import name_url, person_url

_FAR = 2**63 - 1


@page(Permission.SEE_PEOPLE, methods=("GET",))
def show_event(request: UserRequest) -> HttpResponse:
    """Show everything that is known of one event."""
    at = request.GET.get("at")
    try:
        found = get_event(
            request.GET.get("event", ""),
            request.GET.get("path", ""),
            request.GET.get("id"),
            None if at is None else clamp(at, -_FAR, _FAR, 0),
        )
    except EventMissing as error:
        raise Http404 from error
    seen, received = found.seen, found.received
    context: dict[str, Any] = {
        "event": seen,
        "received": received,
        "source": found.source,
        "properties": sorted(seen.properties.items()),
        "name_url": name_url(seen.name),
        "person_url": person_url(seen.path),
    }
    if received is not None:
        context |= {
            "received_at": to_moment(received.received_us),
            "parts": _parts(received.properties, received.context, received.traits),
        }
    return render(request, "events/one.html", context)


def _parts(
    properties: Mapping[str, Any], context: Mapping[str, Any], traits: Mapping[str, Any]
) -> list[tuple[str, str]]:
    """Return what the client sent, part by part, as JSON that can be read."""
    named = (("properties", properties), ("context", context), ("traits", traits))
    return [
        (name, json.dumps(part, indent=2, ensure_ascii=False, sort_keys=True))
        for name, part in named
        if part
    ]

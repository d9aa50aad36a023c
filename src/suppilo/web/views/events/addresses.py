"""Addresses of events. Names are data and may be any text, so they stand in the query."""

from __future__ import annotations

from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse

from suppilo.apps.events.selectors import SeenEvent


def name_url(name: str) -> str:
    """Return the page of an event name."""
    return f"{reverse('event_name')}?{urlencode({'event': name})}"


def event_url(event: SeenEvent) -> str:
    """Return the page of one event."""
    query = {"event": event.name, "path": event.path, "at": event.at_us}
    if event.event_id is not None:
        query["id"] = event.event_id
    return f"{reverse('event')}?{urlencode(query)}"


def person_url(identifier: str) -> str:
    """Return where to find the person with an identifier; empty where there are no such pages."""
    try:
        return f"{reverse('people')}?{urlencode({'q': identifier})}"
    except NoReverseMatch:
        return ""

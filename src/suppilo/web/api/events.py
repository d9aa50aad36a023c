"""The API of events: names, properties and their values, the newest events."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone
from ninja import Field, Query, Router, Schema

from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.events.personal import tells_who
from suppilo.apps.events.selectors import (
    EventInfo,
    PropertyInfo,
    SeenEvent,
    latest_events,
    list_events,
    list_properties,
    list_values,
)
from suppilo.web.api.access import ApiRequest
from suppilo.web.api.errors import problems

router = Router()


class NameOut(Schema):
    """An event name and how many events of it there are."""

    name: str
    rows: int
    first_at: datetime
    last_at: datetime


class PropertyOut(Schema):
    """A property of an event: its type, and in how many of how many rows it has a value."""

    name: str
    type: str
    filled: int
    rows: int


class EventOut(Schema):
    """One event; ``is_repeat``: it tells of an order that is counted already."""

    name: str
    at: datetime
    path: str
    event_id: str | None
    session_id: str | None
    source: str
    properties: dict[str, Any]
    is_repeat: bool


class NamesAsked(Schema):
    """Which event names."""

    q: str = Field("", max_length=200)
    offset: int = Field(0, ge=0, le=10_000)
    limit: int = Field(100, ge=1, le=200)


class ValuesAsked(Schema):
    """Which values of which property."""

    event: str = Field(max_length=2_000)
    property: str = Field(max_length=2_000)
    q: str = Field("", max_length=200)
    limit: int = Field(20, ge=1, le=100)


class LatestAsked(Schema):
    """Which of the newest events."""

    event: str | None = Field(None, max_length=2_000)
    source: str | None = Field(None, max_length=200)
    limit: int = Field(50, ge=1, le=200)


@router.get("/events", response={200: list[NameOut], **problems(403)}, url_name="events")
def show_names(request: ApiRequest, asked: Query[NamesAsked]) -> list[EventInfo]:
    """List the event names, the most frequent first."""
    require(request.auth, Permission.SEE_REPORTS)
    today = timezone.localdate()
    found = list_events(asked.q, today=today, days=1, start=asked.offset, limit=asked.limit)
    return list(found.events)


@router.get(
    "/events/properties",
    response={200: list[PropertyOut], **problems(403)},
    url_name="event_properties",
)
def show_properties(request: ApiRequest, event: Query[str]) -> list[PropertyInfo]:
    """List the properties of an event; none for a name never seen."""
    require(request.auth, Permission.SEE_REPORTS)
    return list(list_properties(event))


@router.get(
    "/events/values",
    response={200: list[Any], **problems(403)},
    url_name="event_values",
)
def show_values(request: ApiRequest, asked: Query[ValuesAsked]) -> list[Any]:
    """List values of a property, the most frequent first.

    Those of a property that says who somebody is need the permission to see people.
    """
    require(request.auth, Permission.SEE_REPORTS)
    if tells_who(asked.property):
        require(request.auth, Permission.SEE_PEOPLE)
    return list_values(asked.event, asked.property, asked.q, asked.limit)


@router.get(
    "/events/latest",
    response={200: list[EventOut], **problems(403)},
    url_name="latest_events",
)
def show_latest(request: ApiRequest, asked: Query[LatestAsked]) -> list[SeenEvent]:
    """List the newest events."""
    require(request.auth, Permission.SEE_PEOPLE)
    return latest_events(asked.limit, asked.source or None, asked.event or None)

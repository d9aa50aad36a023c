"""A person's events, newest first, by day and by session."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from django.utils import timezone

from suppilo.apps.events.selectors import SeenEvent, read_timeline
from suppilo.web.paging import read_cursor, sign_cursor
from suppilo.web.views.events.addresses import event_url

PAGE_SIZE = 50
_AT_ONCE = 200
_LOOKED_AT = 4_000
"""So many events are looked through for those of one name."""
_SHOWN_PROPERTIES = 4
_COMMON = frozenset(
    ["channel", "referrer", "referrer_host", "utm_source", "utm_medium", "utm_campaign",
     "utm_term", "utm_content", "click_id", "url", "device", "browser", "os", "locale", "country",
     "library", "source"]
)  # fmt: skip
"""What every event may have, and what therefore says least of one."""


@dataclass(frozen=True, slots=True)
class EventLine:
    """One event as the timeline shows it."""

    event: SeenEvent
    url: str
    properties: list[tuple[str, Any]]


@dataclass(frozen=True, slots=True)
class Session:
    """Events of one visit on one day."""

    channel: str
    source: str
    device: str
    lines: list[EventLine]


@dataclass(frozen=True, slots=True)
class Day:
    """A day's sessions."""

    day: date
    sessions: list[Session]


@dataclass(frozen=True, slots=True)
class Timeline:
    """One page of a person's events; ``next`` is where the page after it begins, if any."""

    days: list[Day]
    next: str
    names: list[str]


def build_timeline(
    identifiers: Collection[str], name: str = "", cursor: str | None = None
) -> Timeline:
    """Return one page of the timeline.

    Parameters
    ----------
    name
        Only events of this name; they are looked for among some thousands.
    """
    place = read_cursor(cursor, "person")
    before = (int(place[0]), int(place[1])) if place and len(place) == 2 else None
    found, more = _read(identifiers, name, before)
    names = sorted({event.name for event in found})
    shown = [event for event in found if not name or event.name == name][:PAGE_SIZE]
    last = shown[-1] if shown else None
    return Timeline(
        list(_days(shown)), sign_cursor(last.place, "person") if last and more else "", names
    )


def _read(
    identifiers: Collection[str], name: str, before: tuple[int, int] | None
) -> tuple[list[SeenEvent], bool]:
    """Return events enough for a page, and whether there may be more after it."""
    found: list[SeenEvent] = []
    matching = 0
    while len(found) < _LOOKED_AT:
        part = read_timeline(identifiers, _AT_ONCE, before)
        found += part
        matching += sum(not name or event.name == name for event in part)
        if matching > PAGE_SIZE or len(part) < _AT_ONCE:
            break
        before = part[-1].place
    return found, matching > PAGE_SIZE


def _days(events: Iterable[SeenEvent]) -> Iterator[Day]:
    for day, of_day in groupby(events, lambda event: timezone.localdate(event.at)):
        yield Day(day, [_session(list(of)) for _id, of in groupby(of_day, _session_id)])


def _session_id(event: SeenEvent) -> tuple[str | None, str]:
    return (event.session_id, event.path if event.session_id is None else "")


def _session(events: list[SeenEvent]) -> Session:
    first = events[-1].properties
    return Session(
        str(first.get("channel") or ""),
        events[-1].source,
        str(first.get("device") or ""),
        [EventLine(event, event_url(event), _telling(event.properties)) for event in events],
    )


def _telling(properties: dict[str, Any]) -> list[tuple[str, Any]]:
    told = [(name, value) for name, value in sorted(properties.items())
            if name not in _COMMON and value not in (None, "")]  # fmt: skip
    return told[:_SHOWN_PROPERTIES]

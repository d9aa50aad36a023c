"""Segments in short words, and events for them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from people_support.people_world import SOURCE, evidence
from suppilo.apps.accounts.models import User
from suppilo.apps.people.evidence import Sighting, Trait
from suppilo.apps.people.models import Person
from suppilo.apps.people.services import record_evidence
from suppilo.apps.segments.finding import find_members
from suppilo.apps.segments.models import Segment
from suppilo.apps.segments.rules import Rules
from suppilo.apps.segments.services import SegmentDraft, save_segment
from suppilo.lake import Lake


def rules(*conditions: dict[str, Any], match: str = "all") -> Rules:
    """Return one group's rules."""
    group = {"match": match, "conditions": list(conditions)}
    return Rules.from_dict({"match": "all", "groups": [group]})


def did(event: str, **more: Any) -> dict[str, Any]:
    return {"kind": "event", "name": event, **more}


def made(owner: User, *conditions: dict[str, Any], name: str = "Buyers", unit: str = "person",
         visibility: str = "everyone") -> Segment:  # fmt: skip
    return save_segment(owner, unit, SegmentDraft(name, rules(*conditions), visibility=visibility))


def write_events(settings: Any, home: Any, events: Iterable[tuple[str, str, datetime, Any]],
                 batch: str = "shop") -> None:  # fmt: skip
    """Keep events: who, what, when, and a price, if any."""
    settings.SUPPILO = replace(settings.SUPPILO, home=home)
    rows = list(events)
    table = pa.table({
        "path": [row[0] for row in rows],
        "at": pa.array([row[2] for row in rows], pa.timestamp("us", "UTC")),
        "event": [row[1] for row in rows],
    })  # fmt: skip
    price = pa.array([row[3] for row in rows], pa.float64())
    Lake.create(settings.SUPPILO.lake).write(table, batch, pa.table({"price": price}))


def add_people(seen: dict[str, datetime], traits: dict[str, dict[str, Any]] | None = None,
               channels: dict[str, str] | None = None) -> None:  # fmt: skip
    """Make people who were first and last seen then, with properties."""
    said: list[Any] = []
    for who, at in seen.items():
        touch = {"channel": (channels or {}).get(who, "direct")}
        said.append(Sighting(who, True, at_us(at), at_us(at), 1, touch, touch))
        for name, value in (traits or {}).get(who, {}).items():
            said.append(Trait(who, name, value, at_us(at)))
    record_evidence(SOURCE, evidence(*said))


def at_us(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=at.tzinfo)) // timedelta(microseconds=1)


def names_in(asked: Rules, now: datetime) -> set[str]:
    """Return the identifiers of the people who meet rules."""
    found = find_members(asked, "person", now)
    return set(Person.objects.filter(pk__in=found.tolist()).values_list("identifier", flat=True))

"""What events, files and people at work say about who is who."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

LinkKind = Literal["identify", "alias", "manual"]


@dataclass(frozen=True, slots=True)
class Sighting:
    """That an identifier was seen in events, in one batch of one origin.

    ``first_touch`` and ``last_touch`` are the channel, campaign and the like of the earliest and
    the latest of these events that has any; ``first_touch_at_us`` and ``last_touch_at_us`` are
    these two events' times, the first and the last sighting's if left out.
    """

    identifier: str
    is_known: bool
    first_at_us: int
    last_at_us: int
    events: int
    first_touch: Mapping[str, str] = field(default_factory=dict)
    last_touch: Mapping[str, str] = field(default_factory=dict)
    first_touch_at_us: int | None = None
    last_touch_at_us: int | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """That two identifiers are the same person: ``source`` (a device, say) belongs to ``target``.

    ``event_id`` settles which of two links at the same time comes first.
    """

    source: str
    target: str
    at_us: int
    event_id: str
    kind: LinkKind


@dataclass(frozen=True, slots=True)
class Trait:
    """That a person had a property's value at a time; ``once``: only where none is known."""

    identifier: str
    name: str
    value: Any
    at_us: int
    once: bool = False


@dataclass(frozen=True, slots=True)
class Grouping:
    """That a person belongs to a company, with what was said about the company."""

    identifier: str
    company: str
    at_us: int
    traits: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Evidence:
    """All of it, of one batch."""

    sightings: Sequence[Sighting] = ()
    links: Sequence[Link] = ()
    traits: Sequence[Trait] = ()
    groupings: Sequence[Grouping] = ()

"""When an identifier was seen, and how two accounts of it become one, in either order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from suppilo.apps.people.evidence import Sighting
from suppilo.apps.people.values import json_text, same_json

Touch = tuple[int, str]


class Seen(NamedTuple):
    """What sightings say of an identifier; ``events`` is 0 where something merely names it.

    Touches are a time and the JSON text of a channel, a campaign and the like.
    """

    is_known: bool
    first_us: int
    last_us: int
    events: int
    first_touch: Touch | None
    last_touch: Touch | None


COLUMNS = (
    "is_known", "first_seen_us", "last_seen_us", "events",
    "first_touch_us", "first_touch", "last_touch_us", "last_touch",
)  # fmt: skip
"""The columns of Sighting and Identifier that hold it."""


def seen_in(sighting: Sighting) -> Seen:
    """Return what a sighting says."""
    first_at = sighting.first_touch_at_us
    last_at = sighting.last_touch_at_us
    return Seen(
        sighting.is_known,
        sighting.first_at_us,
        sighting.last_at_us,
        sighting.events,
        _touch(sighting.first_at_us if first_at is None else first_at, sighting.first_touch),
        _touch(sighting.last_at_us if last_at is None else last_at, sighting.last_touch),
    )


def mentioned_at(at_us: int) -> Seen:
    """Return what a link or a property says of an identifier: that it is."""
    return Seen(False, at_us, at_us, 0, None, None)


def combine(one: Seen, other: Seen) -> Seen:
    """Return what two accounts say together. The order of the two does not matter."""
    is_known = one.is_known or other.is_known
    if bool(one.events) != bool(other.events):
        return (one if one.events else other)._replace(is_known=is_known)
    return Seen(
        is_known,
        min(one.first_us, other.first_us),
        max(one.last_us, other.last_us),
        one.events + other.events,
        _pick(min, one.first_touch, other.first_touch),
        _pick(max, one.last_touch, other.last_touch),
    )


def _pick(
    which: Callable[[Touch, Touch], Touch], one: Touch | None, other: Touch | None
) -> Touch | None:
    return which(one, other) if one and other else one or other


def to_row(seen: Seen) -> tuple[object, ...]:
    """Return the values of :data:`COLUMNS`."""
    first_us, first = seen.first_touch or (None, "{}")
    last_us, last = seen.last_touch or (None, "{}")
    return (*seen[:4], first_us, first, last_us, last)


def from_row(row: Sequence[Any]) -> Seen:
    """Return what the values of :data:`COLUMNS` say; touches are JSON texts there."""
    is_known, first_us, last_us, events, *touches = row
    first, last = _read_touch(*touches[:2]), _read_touch(*touches[2:])
    return Seen(bool(is_known), first_us, last_us, events, first, last)


def _touch(at_us: int, touch: Mapping[str, str]) -> Touch | None:
    return (at_us, json_text(dict(touch))) if touch else None


def _read_touch(at_us: int | None, touch: str) -> Touch | None:
    return None if at_us is None else (at_us, same_json(touch))

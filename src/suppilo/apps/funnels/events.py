"""The events that funnels are asked of."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

from suppilo.analytics.events import EventSource
from suppilo.apps.events.selectors import open_events

_MOST_LOOKED_AT = 50_000


def open_source() -> EventSource:
    """Return all events as they are now, merged people as one: one snapshot.

    Raises
    ------
    LakeError
        If the event tables can't be read.
    """
    return open_events()


def property_types(source: Any) -> dict[str, str]:
    """Return the type of each property (``text``, ``int``, ``float``, ``bool``, ``time``)."""
    types: dict[str, str] = source.property_types("")
    return types


def property_values(source: EventSource, name: str) -> Iterable[Any]:
    """Yield a property's values, some of them several times; not all where they are very many."""
    for paths in source.path_ranges():
        for event in source.event_names():
            values = source.read(event, paths).values(name)
            if values is not None:
                yield from islice(values.labels, _MOST_LOOKED_AT)

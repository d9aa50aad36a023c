"""What the rest of the server reads about events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from suppilo.apps.events.history import (
    EventMissing,
    SeenEvent,
    WholeEvent,
    get_event,
    latest_events,
    read_timeline,
)
from suppilo.apps.events.names import (
    EventDetail,
    EventInfo,
    EventList,
    EventNameMissing,
    PropertyInfo,
    describe_event,
    list_events,
    list_properties,
    list_values,
)
from suppilo.apps.events.snapshot import EventSnapshot, take_snapshot

if TYPE_CHECKING:
    from suppilo.sources.joined import JoinedSource
    from suppilo.sources.orders import OrdersOnce
    from suppilo.sources.parts import PartSource

__all__ = [
    "EventDetail",
    "EventInfo",
    "EventList",
    "EventMissing",
    "EventNameMissing",
    "EventSnapshot",
    "PropertyInfo",
    "SeenEvent",
    "WholeEvent",
    "describe_event",
    "get_event",
    "latest_events",
    "list_events",
    "list_properties",
    "list_values",
    "open_events",
    "read_timeline",
    "take_snapshot",
]


def open_events() -> PartSource | JoinedSource | OrdersOnce:
    """Return all events as they are now, merged people's as one: what funnels are asked of.

    Events that repeat an order are left out (:mod:`suppilo.sources.orders`).

    It is one snapshot (:mod:`suppilo.apps.events.snapshot`): whatever is asked of it is asked of
    the same events, and of one state of who is whom.

    Raises
    ------
    LakeError
        If the event tables can't be read.
    """
    return take_snapshot().source

"""Events for tests of the store."""

import time
from typing import Any

from suppilo.apps.capture.event import CapturedEvent, RefusedEvent

NOW_US = 1_763_000_000_000_000


def event(event_id: str, **given: Any) -> CapturedEvent:
    said = {
        "kind": "track",
        "name": "Order Completed",
        "at_us": NOW_US,
        "received_us": NOW_US + 1_000_000,
        "anonymous_id": "device-1",
        "properties": {"total": 30.5},
    }
    return CapturedEvent(id=event_id, **(said | given))


def events(prefix: str, count: int, **given: Any) -> list[CapturedEvent]:
    return [event(f"{prefix}-{index}", **given) for index in range(count)]


def refused(event_id: str, raw: bytes = b'{"event": "x"}', **given: Any) -> RefusedEvent:
    said = {"name": "x", "reason": "no_identity", "detail": "", "received_us": NOW_US}
    return RefusedEvent(id=event_id, raw=raw, **(said | given))


def now_us() -> int:
    return time.time_ns() // 1000

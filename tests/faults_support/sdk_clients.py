"""The real Python clients, each sending events of people of its own, a few at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Track = Callable[[str, str], object]
"""Sends an event: whose, and with what id."""
COUNT, PAUSE_S = 1_000, 0.02
"""How many events each client is given, and how fast: fewer than its queue holds."""


def _open_segment(address: str, key: str) -> tuple[Track, Callable[[], None]]:
    from segment.analytics.client import Client

    client = Client(key, host=address, upload_size=20)
    return lambda user, id_: client.track(user, "Seen", message_id=id_), client.shutdown


def _open_rudder(address: str, key: str) -> tuple[Track, Callable[[], None]]:
    from rudderstack.analytics.client import Client

    client = Client(key, host=address, upload_size=20)
    return lambda user, id_: client.track(user, "Seen", message_id=id_), client.shutdown


def _open_posthog(address: str, key: str, **options: Any) -> tuple[Track, Callable[[], None]]:
    from posthog import Posthog

    client = Posthog(key, host=address, flush_at=20, max_retries=10, **options)
    return lambda user, id_: client.capture("Seen", distinct_id=user, uuid=id_), client.shutdown


OPEN: dict[str, Callable[[str, str], tuple[Track, Callable[[], None]]]] = {
    "segment": _open_segment,
    "rudder": _open_rudder,
    "posthog": _open_posthog,
    "posthog-v1": lambda address, key: _open_posthog(address, key, capture_mode="v1"),
}


class SdkClient(threading.Thread):
    """Hands events to a real client; ``acked`` are those it was given, once it has ended."""

    def __init__(self, name: str, address: str, key: str) -> None:
        super().__init__(daemon=True)
        self.sdk, self.address, self.key = name, address, key
        self.acked: list[dict[str, Any]] = []

    def run(self) -> None:
        from time import sleep
        from uuid import uuid4

        track, shut_down = OPEN[self.sdk](self.address, self.key)
        for n in range(COUNT):
            sleep(PAUSE_S)
            user, event_id = f"user-{self.sdk}-{n // 6}", str(uuid4())
            track(user, event_id)
            self.acked.append({"messageId": event_id, "userId": user, "event": "Seen"})
        shut_down()  # Which waits until all is delivered, or given up.


@contextmanager
def sdk_clients(address: str, key: str) -> Iterator[list[SdkClient]]:
    """Let each of the real clients send; at the end each has delivered what it was given."""
    clients = [SdkClient(name, address, key) for name in OPEN]
    for one in clients:
        one.start()
    try:
        yield clients
    finally:
        for one in clients:
            one.join(300)
    assert not any(one.is_alive() for one in clients)

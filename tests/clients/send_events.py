"""Send COUNT events with one of the real clients: send_events.py CLIENT ADDRESS KEY COUNT."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any


def send_all(track: Callable[[str, dict[str, Any]], object], count: int) -> None:
    """Send numbered events of fifty users."""
    for n in range(count):
        track(f"user-{n % 50}", {"n": n})


def send_segment(host: str, key: str, count: int, **options: Any) -> None:
    """Send with segment-analytics-python."""
    from segment.analytics.client import Client

    client = Client(key, host=host, upload_size=50, **options)
    send_all(lambda user, props: client.track(user, "Client Tested", props), count)
    client.shutdown()


def send_rudder(host: str, key: str, count: int) -> None:
    """Send with rudder-sdk-python."""
    from rudderstack.analytics.client import Client

    client = Client(key, host=host, upload_size=50)
    send_all(lambda user, props: client.track(user, "Client Tested", props), count)
    client.shutdown()


def send_posthog(host: str, key: str, count: int, **options: Any) -> None:
    """Send with posthog-python."""
    from posthog import Posthog

    client = Posthog(key, host=host, flush_at=50, max_retries=8, **options)
    send_all(
        lambda user, props: client.capture("Client Tested", distinct_id=user, properties=props),
        count,
    )
    client.shutdown()


CLIENTS: dict[str, Callable[[str, str, int], None]] = {
    "segment-python": send_segment,
    "segment-python-gzip": lambda host, key, count: send_segment(host, key, count, gzip=True),
    "rudder-python": send_rudder,
    "posthog-python": send_posthog,
    "posthog-python-v1": lambda host, key, count: send_posthog(host, key, count, capture_mode="v1"),
}

if __name__ == "__main__":
    CLIENTS[sys.argv[1]](f"http://{sys.argv[2]}", sys.argv[3], int(sys.argv[4]))

"""What real clients sent, recorded in November 2026, and what it must be read as.

``vectors/*.json`` are the requests (headers that play no part were left out);
``expected.json`` says by file what each request's events are.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from suppilo.apps.capture.event import CapturedEvent
from suppilo.apps.capture.ingest import Request, decode_opened, open_request
from suppilo.apps.capture.protocol.routes import find_route
from suppilo.apps.capture.received import Received, SourceInfo

FOLDER = Path(__file__).parent
EXPECTED = FOLDER / "expected.json"
SHOP = SourceInfo(1, "Shop", "website", settings={"drop_bots": False})


def read_vectors() -> dict[str, list[dict[str, Any]]]:
    """Return each client's requests, by the name of its file."""
    return {
        path.stem: json.loads(path.read_text("utf-8"))["requests"]
        for path in sorted((FOLDER / "vectors").glob("*.json"))
    }


def event_requests(requests: list[dict[str, Any]]) -> Iterator[Request]:
    """Yield those that carry events, ready to be decoded."""
    for recorded in requests:
        parts = urlsplit(recorded["path"])
        route = find_route(parts.path)
        assert route is not None, recorded["path"]
        if recorded["method"] == "POST" and route.family not in ("flags", "settings"):
            yield Request(
                route,
                recorded["headers"],
                dict(parse_qsl(parts.query)),
                base64.b64decode(recorded["body"]),
                "203.0.113.77",
                recorded["received_us"],
            )


def decode(request: Request, source: SourceInfo = SHOP) -> Received:
    """Return a request's events."""
    return decode_opened(request, open_request(request), source)


def summarise(event: CapturedEvent) -> dict[str, Any]:
    """Return what must not change about how an event is read."""
    said = {
        "id": event.id,
        "kind": event.kind,
        "name": event.name,
        "at_us": event.at_us,
        "user": event.user_id,
        "device": event.anonymous_id,
        "previous": event.previous_id,
        "group": event.group_id,
        "session": event.session_id,
        "ip": event.ip,
        "traits": event.traits,
        "properties": sorted(event.properties),
        "warnings": list(event.warnings),
    }
    return {name: value for name, value in said.items() if value not in (None, {}, [])}

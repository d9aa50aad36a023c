"""Unwrapping a request: which events it holds, and what it says of all of them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from suppilo.apps.capture.protocol.errors import undecodable
from suppilo.apps.capture.protocol.parse import parse_json
from suppilo.apps.capture.protocol.routes import Route


@dataclass(slots=True)
class Envelope:
    """A request's events as JSON values, and what stands around them.

    ``is_old`` says that they are no news: an import, or a delivery tried again, so that the time
    of sending says nothing of the sender's clock.
    """

    events: list[Any]
    sent_at: Any = None
    is_old: bool = False


def open_envelope(
    route: Route, body: Any, headers: Mapping[str, str], query: Mapping[str, str]
) -> Envelope:
    """Return what a body holds.

    Raises
    ------
    RequestRefusedError
        400 if it is neither an object nor a list, or its ``batch`` is no list.
    """
    if type(body) is list:
        return Envelope(body, query.get("_"), _is_retry(headers, query))
    if type(body) is not dict:
        raise undecodable("invalid_body", "the body must be a JSON object")
    events = body.get("batch", body.get("data") if route.family == "posthog" else None)
    if events is None:
        events = [body]
        if route.kind and "type" not in body:
            body["type"] = route.kind
    if type(events) is not list:
        raise undecodable("invalid_batch", "batch must be a list of events")
    is_old = route.is_import or body.get("historical_migration") is True
    sent_at = body.get("sentAt", body.get("sent_at", body.get("created_at")))
    return Envelope(
        events,
        headers.get("sentat") if sent_at is None else sent_at,
        is_old or _is_retry(headers, query),
    )


def _is_retry(headers: Mapping[str, str], query: Mapping[str, str]) -> bool:
    return (
        headers.get("x-retry-count", "0") != "0"
        or query.get("retry_count", "0") != "0"
        or headers.get("posthog-attempt", "1") not in ("0", "1")
    )


def read_pixel(route: Route, query: Mapping[str, str]) -> dict[str, Any]:
    """Return the event that a pixel's address says: its known fields, the rest as properties.

    Segment's form with all of it as base64 in ``data`` is taken as well.
    """
    if "data" in query:
        event = _read_pixel_data(query["data"])
    else:
        event = {name: query[name] for name in _PIXEL_FIELDS if name in query}
        event["properties"] = {
            name.removeprefix("properties."): value
            for name, value in query.items()
            if name not in _PIXEL_FIELDS and name != "writeKey"
        }
    return event | {"type": route.kind}


_PIXEL_FIELDS = ("event", "userId", "anonymousId", "messageId", "name", "timestamp")


def _read_pixel_data(text: str) -> dict[str, Any]:
    padded = text.replace(" ", "+").replace("-", "+").replace("_", "/")
    try:
        data = base64.b64decode(padded + "=" * (-len(padded) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise undecodable("invalid_base64", f"data is no base64: {error}") from error
    event = parse_json(data).value
    if type(event) is not dict:
        raise undecodable("invalid_body", "data must be a JSON object")
    return event

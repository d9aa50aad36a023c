"""Requests to the capture application as a server hands them over."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from suppilo.apps.capture.http import CaptureApp


@dataclass(frozen=True)
class Heard:
    """A response, as its client heard it."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def said(self) -> Any:
        """Its JSON."""
        return json.loads(self.body)


def make_scope(method: str, address: str, headers: dict[str, str]) -> dict[str, Any]:
    """Return the scope of a request."""
    path, _, query = address.partition("?")
    return {
        "type": "http",
        "method": method,
        "path": unquote(path),
        "query_string": query.encode(),
        "scheme": "http",
        "client": ("203.0.113.77", 50_000),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }


def call(
    app: CaptureApp,
    method: str,
    address: str,
    body: bytes | Iterable[bytes | None] = b"",
    **headers: str,
) -> Heard | None:
    """Send a request and return its answer; None if the application gave none.

    A body may come in pieces; None among them means that the client goes away.
    """
    pieces = [body] if isinstance(body, bytes) else list(body)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return asyncio.run(_call(app, make_scope(method, address, named), pieces))


async def _call(app: CaptureApp, scope: dict[str, Any], pieces: list[bytes | None]) -> Heard | None:
    sent: list[Any] = []
    waiting = list(pieces)

    async def receive() -> dict[str, Any]:
        if not waiting:
            await asyncio.sleep(3600)
        piece = waiting.pop(0)
        if piece is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": piece, "more_body": bool(waiting)}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    if not sent:
        return None
    assert len(sent) == 2
    start, end = sent
    found = {name.decode(): value.decode("latin-1") for name, value in start["headers"]}
    return Heard(start["status"], found, end["body"])

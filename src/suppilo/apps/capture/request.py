"""Reading an ASGI request with bounds on its size and its time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from suppilo.apps.capture.protocol.errors import too_large, undecodable
from suppilo.apps.capture.protocol.limits import Limits

Scope = dict[str, Any]
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_NAMES = {
    name.encode(): name
    for name in (
        "authorization",
        "content-encoding",
        "content-length",
        "user-agent",
        "origin",
        "host",
        "referer",
        "sec-gpc",
        "x-forwarded-for",
        "x-write-key",
        "x-retry-count",
        "anonymousid",
        "sentat",
        "posthog-attempt",
        "posthog-sdk-info",
        "access-control-request-headers",
    )
}
MAX_HEADERS = 100
_MAX_FIELDS = 200


class ClientGoneError(Exception):
    """The client went away before its request was complete."""


class BodyTooSlowError(Exception):
    """The body did not arrive in time."""


def read_headers(scope: Scope) -> dict[str, str]:
    """Return the headers that capture uses, by lower-case name; cookies are none of them.

    Raises
    ------
    RequestRefusedError
        400 if there are more headers than any client sends.
    """
    given = scope["headers"]
    if len(given) > MAX_HEADERS:
        raise undecodable("too_many_headers", f"more than {MAX_HEADERS} headers")
    headers: dict[str, str] = {}
    for raw_name, raw_value in given:
        name = _NAMES.get(raw_name)
        if name is None:
            continue
        value = raw_value.decode("latin-1")
        if name == "x-forwarded-for" and name in headers:
            value = f"{headers[name]},{value}"
        headers[name] = value
    return headers


def read_query(scope: Scope) -> dict[str, str]:
    """Return the query's fields.

    Raises
    ------
    RequestRefusedError
        400 if there are too many.
    """
    raw = scope.get("query_string", b"")
    if not raw:
        return {}
    try:
        pairs = parse_qsl(raw.decode("latin-1"), keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    except ValueError as error:
        raise undecodable("invalid_query", f"the address can't be read: {error}") from error
    return dict(pairs)


async def read_body(
    receive: Receive, headers: Mapping[str, str], limit: int, limits: Limits
) -> bytes:
    """Return the request's body.

    What is over the limit is read on, and thrown away, up to ``limits.body``: a client that is
    cut off while it sends never hears why.

    Raises
    ------
    RequestRefusedError
        413 if it is larger than ``limit``.
    BodyTooSlowError
        If it takes longer than ``limits`` says.
    ClientGoneError
        If the client goes away.
    """
    length = headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length[:20]) > limits.body:
        raise too_large(limit)
    loop = asyncio.get_running_loop()
    deadline = loop.time() + limits.body_s
    try:
        async with asyncio.timeout_at(min(deadline, loop.time() + limits.idle_s)) as patience:
            pieces: list[bytes] = []
            size = 0
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    raise ClientGoneError
                piece = message.get("body", b"")
                size += len(piece)
                _keep(pieces, piece, size, limit, limits.body)
                if not message.get("more_body", False):
                    break
                patience.reschedule(min(deadline, loop.time() + limits.idle_s))
    except TimeoutError as error:
        raise BodyTooSlowError from error
    if size > limit:
        raise too_large(limit)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _keep(pieces: list[bytes], piece: bytes, size: int, limit: int, hard_limit: int) -> None:
    if size > hard_limit:
        raise too_large(limit)
    if size > limit:
        pieces.clear()
    else:
        pieces.append(piece)


async def send_answer(
    send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes, *, is_head: bool
) -> None:
    """Send a whole response."""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if is_head else body})

"""The one application that the server runs: capture first, all else to Django."""

from __future__ import annotations

import asyncio
import os

from django.core.asgi import get_asgi_application

from suppilo.apps.capture.http import begin_drain, capture_app, end_drain, is_capture
from suppilo.apps.capture.request import Receive, Scope, Send
from suppilo.web.bodies import bound_bodies
from suppilo.web.snippet import send_snippet

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "suppilo.web.settings")

_pages = bound_bodies(get_asgi_application())


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one request, or take part in the server's start and end."""
    if scope["type"] == "lifespan":
        await _live(receive, send)
    elif scope["type"] != "http":
        return
    elif is_capture(scope["path"]):
        await capture_app(scope, receive, send)
    elif scope["path"] == "/suppilo.js":
        await send_snippet(scope, send)
    else:
        await _pages(scope, receive, send)


async def _live(receive: Receive, send: Send) -> None:
    """Start the store before the first request, and have all stored before the process ends."""
    from suppilo.apps.capture.store import close_store, get_store
    from suppilo.apps.outbox.relay import Relay

    await receive()
    end_drain()
    try:
        relay = Relay(await asyncio.to_thread(get_store))
    except Exception as error:
        await send({"type": "lifespan.startup.failed", "message": str(error)})
        raise
    relay.start()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    begin_drain()
    await asyncio.to_thread(relay.stop)
    if await asyncio.to_thread(close_store):
        await send({"type": "lifespan.shutdown.complete"})
    else:
        message = "not all events were stored in time; their clients were told to come again"
        await send({"type": "lifespan.shutdown.failed", "message": message})

"""Times every answer, and logs those of pages, by the name of the address.

Names of addresses, never their text: paths and queries hold people's ids.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from typing import Any, TypeAlias

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from prometheus_client import Histogram

from suppilo.apps.capture.http import is_capture
from suppilo.apps.capture.request import Receive, Scope, Send
from suppilo.apps.operations.metrics import request_seconds

Application: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

logger = logging.getLogger("suppilo.requests")

_ROUTE = "suppilo.route"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_QUIET = frozenset({"capture", "static", "health_live", "health_ready", "metrics"})
"""Answered too often to be logged one by one, unless they fail."""


_LEFT = 499
"""The status of a request whose sender left before the answer began, as web servers log it."""


def note_route(answer: Callable[[HttpRequest], HttpResponse]) -> Callable[..., HttpResponseBase]:
    """Write the name of the address that was found into the request's scope."""

    def with_route(request: HttpRequest) -> HttpResponseBase:
        response = answer(request)
        match = request.resolver_match
        scope = getattr(request, "scope", None)
        if scope is not None and match is not None:
            scope[_ROUTE] = match.view_name or match.route
        return response

    return with_route


def measure(application: Application) -> Application:
    """Return the application with each of its answers timed."""

    async def measured(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await application(scope, receive, send)
            return
        status = _LEFT

        async def noting_status(message: Mapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        began_s = time.perf_counter()
        try:
            await application(scope, receive, noting_status)
        except Exception:
            status = 500 if status == _LEFT else status
            raise
        finally:
            note_answer(scope, status, time.perf_counter() - began_s)

    return measured


def note_answer(scope: Scope, status: int, took_s: float) -> None:
    """Count one answer, and log it where it is one that is logged."""
    route = _name_route(scope)
    method = scope["method"] if scope["method"] in _METHODS else "other"
    _histogram(method, route, status).observe(took_s)
    if route not in _QUIET or status >= 500:
        level = logging.ERROR if status >= 500 else logging.INFO
        fields = {"route": route, "method": method, "status": status}
        logger.log(level, "answered", extra={**fields, "ms": round(took_s * 1000, 1)})


@lru_cache(maxsize=4096)
def _histogram(method: str, route: str, status: int) -> Histogram:
    return request_seconds.labels(method, route, str(status))


def _name_route(scope: Scope) -> str:
    if _ROUTE in scope:
        return str(scope[_ROUTE])
    if is_capture(scope["path"]):
        return "capture"
    return "static" if scope["path"].startswith("/static/") else "none"

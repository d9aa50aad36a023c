"""The address that clients send events to: a small ASGI application of its own.

Pages and their sessions are no part of it: it reads no cookie, and answers within seconds with
one of few statuses, in JSON, in a way that a browser lets any page read.
"""

from __future__ import annotations

import asyncio
import logging
import re
import threading
import time
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from suppilo.apps.capture.ingest import (
    Bell,
    Opened,
    Request,
    SourceFinder,
    check_origin,
    decode_opened,
    open_request,
    takes_long,
)
from suppilo.apps.capture.protocol import answers
from suppilo.apps.capture.protocol.answers import Answer
from suppilo.apps.capture.protocol.envelope import Envelope, read_pixel
from suppilo.apps.capture.protocol.errors import RequestRefusedError
from suppilo.apps.capture.protocol.limits import LIMITS, Limits
from suppilo.apps.capture.protocol.routes import Route, find_route, is_capture, tidy_path
from suppilo.apps.capture.protocol.write_key import find_key
from suppilo.apps.capture.received import (
    Overloaded,
    Receipt,
    Received,
    StoreBusy,
    StoreUnavailable,
)
from suppilo.apps.capture.request import (
    BodyTooSlowError,
    ClientGoneError,
    Receive,
    Scope,
    Send,
    read_body,
    read_headers,
    read_query,
    send_answer,
)
from suppilo.apps.net import Network, client_address, parse_networks

if TYPE_CHECKING:
    from suppilo.apps.capture.store import Store

__all__ = ["CaptureApp", "begin_drain", "capture_app", "end_drain", "is_capture"]

log = logging.getLogger(__name__)

_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}(:\d{1,5})?\Z|\[[0-9A-Fa-f:.]+\](:\d{1,5})?\Z")
_KEY = re.compile(r"[\w.~-]{1,255}\Z", re.ASCII)
_CLOSE = (b"connection", b"close")
_COME_AGAIN = (Overloaded, StoreBusy, StoreUnavailable, TimeoutError)
_draining = threading.Event()


def begin_drain() -> None:
    """Answer all new requests with 503 from now on, so that their clients come again."""
    _draining.set()


def end_drain() -> None:
    """Take requests."""
    _draining.clear()


def _system_clock_us() -> int:
    return time.time_ns() // 1000


class CaptureApp:
    """The ASGI application.

    Parameters
    ----------
    clock_us
        Tells the time: microseconds since 1970 UTC.
    limits
        How large and how slow a request may be.
    """

    def __init__(
        self, clock_us: Callable[[], int] = _system_clock_us, limits: Limits = LIMITS
    ) -> None:
        self._clock_us = clock_us
        self._limits = limits
        self._finder = SourceFinder()
        self._bell: Bell | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        origin = None
        try:
            headers = read_headers(scope)
            origin = headers.get("origin")
            answer = await self._answer(scope, receive, headers)
        except RequestRefusedError as refused:
            answer = answers.answer_error(refused.status, refused.code, refused.message)
            if refused.status == 413:
                answer.headers.append(_CLOSE)
        except ClientGoneError:
            return
        except BodyTooSlowError:
            answer = answers.answer_retry("too_slow", "the body did not arrive in time", close=True)
        except (Overloaded, StoreBusy) as error:
            answer = answers.answer_retry("overloaded", str(error))
        except (StoreUnavailable, TimeoutError):
            answer = answers.answer_retry("unavailable", "the events could not be stored; retry")
        except Exception:
            log.exception("A capture request failed")
            answer = answers.answer_error(500, "internal_error", "the server has a fault")
        if answer.status != 200 and _shows_picture(scope):
            # A mail shows its picture whatever becomes of the event.
            log.info("A pixel's event was not stored: %s", answer.status)
            answer = answers.answer_pixel()
        await send_answer(
            send,
            answer.status,
            answers.add_cors(answer, origin),
            answer.body,
            is_head=scope["method"] == "HEAD",
        )

    async def _answer(self, scope: Scope, receive: Receive, headers: dict[str, str]) -> Answer:
        path, method = scope["path"], scope["method"]
        route = find_route(path)
        if route is None:
            return answers.answer_error(404, "not_found", "nothing takes events at this address")
        if method == "OPTIONS":
            return answers.answer_preflight(headers.get("access-control-request-headers", ""))
        if method not in route.methods:
            allowed = " or ".join(route.methods)
            return answers.answer_error(405, "method_not_allowed", f"use {allowed}")
        if route.family == "flags":
            return answers.answer_flags()
        if route.family == "settings":
            return self._answer_settings(scope, route, headers)
        if _draining.is_set():
            raise Overloaded("the server is shutting down")
        if route.family == "pixel":
            return await self._answer_pixel(scope, route, headers)
        return await self._take_events(scope, receive, route, headers)

    async def _take_events(
        self, scope: Scope, receive: Receive, route: Route, headers: dict[str, str]
    ) -> Answer:
        limit = self._limits.wire_browser if route.is_browser else self._limits.wire_server
        query = read_query(scope)
        body = await read_body(receive, headers, limit, self._limits)
        request = Request(
            route, headers, query, body, self._find_address(scope, headers), self._clock_us()
        )
        if takes_long(request):
            opened = await asyncio.to_thread(open_request, request)
        else:
            opened = open_request(request)
        receipt = await self._store(request, opened)
        return answers.answer_stored(route, receipt.outcomes, receipt.tally, receipt.warnings)

    async def _store(self, request: Request, opened: Opened) -> Receipt:
        store = _find_store()
        source = await self._finder.find(store, opened.key)
        check_origin(source, request.headers.get("origin"))
        if opened.takes_long:
            received = await asyncio.to_thread(decode_opened, request, opened, source)
        else:
            received = decode_opened(request, opened, source)
        if not _holds_any(received):
            return Receipt({}, {}, {})
        return await self._find_bell().wait(store.submit(received), self._limits.answer_s)

    def _find_bell(self) -> Bell:
        loop = asyncio.get_running_loop()
        if self._bell is None or self._bell.loop is not loop:
            self._bell = Bell(loop)
        return self._bell

    async def _answer_pixel(self, scope: Scope, route: Route, headers: dict[str, str]) -> Answer:
        query = read_query(scope)
        event = read_pixel(route, query)
        key = find_key(headers, query, event)
        if referrer := headers.get("referer"):
            event.setdefault("context", {"page": {"url": referrer}})
        request = Request(
            route, headers, query, b"", self._find_address(scope, headers), self._clock_us()
        )
        await self._store(request, Opened(key, Envelope([event]), is_dirty=True))
        return answers.answer_pixel()

    def _answer_settings(self, scope: Scope, route: Route, headers: dict[str, str]) -> Answer:
        path = tidy_path(scope["path"])
        key = route.argument or find_key(headers, read_query(scope), None)
        if not _KEY.match(key):
            return answers.answer_error(404, "not_found", "this is no write key")
        if path.startswith("/sourceConfig"):
            return answers.answer_rudder_settings(key)
        if path.startswith("/array/"):
            return answers.answer_posthog_settings(key, as_script=path.endswith(".js"))
        return answers.answer_segment_settings(key, self._find_origin(scope, headers))

    def _find_origin(self, scope: Scope, headers: dict[str, str]) -> str:
        """Return this server's address as the client used it, else as it is set up."""
        host = headers.get("host", "")
        scheme, _, own_host = self._base_url.partition("://")
        if host == own_host or not _HOST.match(host):
            return self._base_url
        return f"{scope.get('scheme') or scheme}://{host}"

    def _find_address(self, scope: Scope, headers: dict[str, str]) -> str:
        client = scope.get("client")
        return client_address(headers, client[0] if client else "", self._trusted)

    @cached_property
    def _base_url(self) -> str:
        from django.conf import settings

        return str(settings.BASE_URL)

    @cached_property
    def _trusted(self) -> Sequence[Network]:
        from django.conf import settings

        return parse_networks(settings.SUPPILO.trusted_proxies)


def _holds_any(received: Received) -> bool:
    return bool(received.events or received.refused or received.filtered or received.suppressed)


def _shows_picture(scope: Scope) -> bool:
    route = find_route(scope["path"])
    return route is not None and route.family == "pixel" and scope["method"] in route.methods


def _find_store() -> Store:
    from suppilo.apps.capture.store import get_store

    return get_store()


capture_app = CaptureApp()

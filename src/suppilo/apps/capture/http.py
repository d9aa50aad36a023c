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
from concurrent.futures import Future
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
from suppilo.apps.capture.protocol.answers import Answer, Headers
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

Reply = Callable[[int, Headers, bytes], None]

log = logging.getLogger(__name__)

_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}(:\d{1,5})?\Z|\[[0-9A-Fa-f:.]+\](:\d{1,5})?\Z")
_KEY = re.compile(r"[\w.~-]{1,255}\Z", re.ASCII)
_CLOSE = (b"connection", b"close")
_OF_EVENTS = frozenset({"segment", "posthog", "posthog_v1", "native"})
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
        except ClientGoneError:
            return
        except Exception as error:  # noqa: BLE001 (whatever it is, the client is answered)
            answer = _answer_failure(error)
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

    def answer_at_once(self, scope: Scope, body: bytes, reply: Reply) -> bool:
        """Take a whole request of events without waiting for anything, if that is possible.

        Most requests are like that, and a task and its coroutines for each cost more than what is
        in them. It must be called in the event loop.

        Parameters
        ----------
        reply
            Called once in the loop with status, headers and body, when the events are committed.

        Returns
        -------
        bool
            Whether it was taken. Where not, nothing was done: it must be answered as any other,
            which also says what is wrong with one that is.
        """
        try:
            taken = self._take_at_once(scope, body)
        except Exception:  # noqa: BLE001 (answered as any other, it meets the same, and says it)
            return False
        if taken is None:
            return False
        route, origin, future = taken
        waiting = _Waiting(route, origin, future, reply)
        waiting.timer = self._find_bell().call(future, self._limits.answer_s, waiting.answer)
        return True

    def _take_at_once(
        self, scope: Scope, body: bytes
    ) -> tuple[Route, str | None, Future[Receipt]] | None:
        route = find_route(scope["path"])
        if route is None or scope["method"] != "POST" or route.family not in _OF_EVENTS:
            return None
        limit = self._limits.wire_browser if route.is_browser else self._limits.wire_server
        if len(body) > limit or _draining.is_set():
            return None
        headers = read_headers(scope)
        request = self._read_request(scope, route, headers, read_query(scope), body)
        if takes_long(request):
            return None
        opened = open_request(request)
        store = _find_store()
        source = None if opened.takes_long else self._finder.find_known(store, opened.key)
        if source is None:
            return None
        origin = headers.get("origin")
        check_origin(source, origin)
        received = decode_opened(request, opened, source)
        return (route, origin, store.submit(received)) if _holds_any(received) else None

    def _read_request(
        self,
        scope: Scope,
        route: Route,
        headers: dict[str, str],
        query: dict[str, str],
        body: bytes,
    ) -> Request:
        address = self._find_address(scope, headers)
        return Request(route, headers, query, body, address, self._clock_us())

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
        request = self._read_request(scope, route, headers, query, body)
        if takes_long(request):
            opened = await asyncio.to_thread(open_request, request)
        else:
            opened = open_request(request)
        return _answer_receipt(route, await self._store(request, opened))

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
        request = self._read_request(scope, route, headers, query, b"")
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


class _Waiting:
    """A request whose events wait for their commit.

    The future keeps what it is to call for as long as there is a future. Once answered, nothing
    leads back to it, or to the request and its body: else both stay until all memory is looked
    through for garbage, which is thousands of requests later.
    """

    __slots__ = ("_future", "_origin", "_reply", "_route", "timer")

    def __init__(
        self, route: Route, origin: str | None, future: Future[Receipt], reply: Reply
    ) -> None:
        self._route, self._origin = route, origin
        self._future: Future[Receipt] | None = future
        self._reply: Reply | None = reply
        self.timer: asyncio.TimerHandle | None = None

    def answer(self) -> None:
        """Answer, unless that was done."""
        future, self._future = self._future, None
        reply, self._reply = self._reply, None
        timer, self.timer = self.timer, None
        if future is None or reply is None:
            return
        if timer is not None:
            timer.cancel()
        try:
            answer = _answer_receipt(self._route, future.result(0))
        except Exception as error:  # noqa: BLE001 (whatever it is, the client is answered)
            answer = _answer_failure(error)
        reply(answer.status, answers.add_cors(answer, self._origin), answer.body)


def _answer_receipt(route: Route, receipt: Receipt) -> Answer:
    return answers.answer_stored(route, receipt.outcomes, receipt.tally, receipt.warnings)


def _answer_failure(error: Exception) -> Answer:
    """Return what a client hears of a request that went wrong."""
    if isinstance(error, RequestRefusedError):
        answer = answers.answer_error(error.status, error.code, error.message)
        if error.status == 413:
            answer.headers.append(_CLOSE)
        return answer
    if isinstance(error, BodyTooSlowError):
        return answers.answer_retry("too_slow", "the body did not arrive in time", close=True)
    if isinstance(error, (Overloaded, StoreBusy)):
        return answers.answer_retry("overloaded", str(error))
    if isinstance(error, (StoreUnavailable, TimeoutError)):
        return answers.answer_retry("unavailable", "the events could not be stored; retry")
    log.error("A capture request failed", exc_info=error)
    return answers.answer_error(500, "internal_error", "the server has a fault")


def _holds_any(received: Received) -> bool:
    return bool(received.events or received.refused or received.filtered or received.suppressed)


def _shows_picture(scope: Scope) -> bool:
    route = find_route(scope["path"])
    return route is not None and route.family == "pixel" and scope["method"] in route.methods


def _find_store() -> Store:
    from suppilo.apps.capture.store import get_store

    return get_store()


capture_app = CaptureApp()

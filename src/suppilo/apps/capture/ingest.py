"""What happens to one request of events between its body and its answer."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from django.conf import settings

from suppilo.apps.capture.protocol.body import decode_body
from suppilo.apps.capture.protocol.decode import Decoded, read_events
from suppilo.apps.capture.protocol.delivery import Delivery
from suppilo.apps.capture.protocol.envelope import Envelope, open_envelope
from suppilo.apps.capture.protocol.errors import RequestRefusedError
from suppilo.apps.capture.protocol.identifiers import shorten_address
from suppilo.apps.capture.protocol.limits import LARGE_EVENT
from suppilo.apps.capture.protocol.moments import find_skew, read_time
from suppilo.apps.capture.protocol.parse import parse_json
from suppilo.apps.capture.protocol.routes import Route
from suppilo.apps.capture.protocol.shape import has_short_texts, is_modest
from suppilo.apps.capture.protocol.write_key import find_key, read_anonymous_id
from suppilo.apps.capture.received import Receipt, Received, SourceInfo, StoreUnavailable

if TYPE_CHECKING:
    from suppilo.apps.capture.store import Store

_PACKED_APART = 16 * 1024
_PLAIN_APART = 128 * 1024
_HOUR_US = 3_600_000_000


@dataclass(slots=True)
class Request:
    """A request, read from the network.

    Attributes
    ----------
    headers, query
        By lower-case name, and by name.
    address
        Where it comes from, behind the proxies that are trusted.
    received_us
        When it arrived: microseconds since 1970 UTC.
    """

    route: Route
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    address: str
    received_us: int


@dataclass(slots=True)
class Opened:
    """A request whose body is understood; whose events are not read yet.

    ``takes_long`` says that reading them would keep other requests waiting; up to there, handing
    them to a thread costs more than it saves.
    """

    key: str
    envelope: Envelope
    is_dirty: bool = False
    is_large: bool = False
    is_modest: bool = False
    is_short: bool = False
    takes_long: bool = False


def open_request(request: Request) -> Opened:
    """Return what a request holds.

    Raises
    ------
    RequestRefusedError
        400 if the body can't be decoded, 401 if there is no one key, 413 if it is too large.
    """
    route, headers, query = request.route, request.headers, request.query
    data = decode_body(headers, query, request.body, sniff_base64=route.family == "posthog")
    value, is_dirty = parse_json(data)
    key = find_key(headers, query, value)
    envelope = open_envelope(route, value, headers, query)
    modest = is_modest(data)
    short = modest or has_short_texts(data)
    size = len(data)
    return Opened(
        key, envelope, is_dirty, size > LARGE_EVENT, modest, short, takes_long=size > _PLAIN_APART
    )


def decode_opened(request: Request, opened: Opened, source: SourceInfo) -> Received:
    """Return a request's events as the store takes them."""
    found: Decoded = read_events(
        request.route.family,
        opened.envelope.events,
        describe_delivery(request, opened.envelope, source),
        is_dirty=opened.is_dirty,
        is_large=opened.is_large,
        is_modest=opened.is_modest,
        is_short=opened.is_short,
    )
    return Received(source.id, found.events, found.refused, found.filtered, found.suppressed)


def describe_delivery(request: Request, envelope: Envelope, source: SourceInfo) -> Delivery:
    """Return what is known of the events besides what they say themselves."""
    headers = request.headers
    sent_at = envelope.sent_at
    skew_us = 0
    if sent_at is not None and not envelope.is_old:
        skew_us = find_skew(read_time(sent_at), request.received_us)
    anonymise = source.anonymise_ip
    heeds_wish = source.settings.get("respect_gpc", True)
    return Delivery(
        received_us=request.received_us,
        is_browser=request.route.is_browser,
        skew_us=skew_us,
        sent_at=None if sent_at is None else str(sent_at)[:255],
        address=shorten_address(request.address) if anonymise else request.address,
        user_agent=headers.get("user-agent", ""),
        anonymise=anonymise,
        drop_bots=source.drop_bots,
        refuses_tracking=headers.get("sec-gpc") == "1" and bool(heeds_wish),
        library=headers.get("posthog-sdk-info", "").partition("/")[0],
        anonymous_id=read_anonymous_id(headers.get("anonymousid")),
        max_future_us=round(settings.SUPPILO.max_future_hours * _HOUR_US),
    )


def check_origin(source: SourceInfo, origin: str | None) -> None:
    """Refuse a page's request where the source has a list of sites and its site is not in it.

    It keeps honest mistakes out, no one else: whoever writes a program can claim any origin.

    Raises
    ------
    RequestRefusedError
        401.
    """
    if not source.allowed_origins or origin is None:
        return
    allowed = {given.rstrip("/").lower() for given in source.allowed_origins}
    if origin.rstrip("/").lower() not in allowed:
        raise RequestRefusedError(
            401, "origin_not_allowed", "the source does not take events from this site"
        )


def takes_long(request: Request) -> bool:
    """Return whether decoding would keep other requests waiting."""
    size = len(request.body)
    return size > _PLAIN_APART or (size > _PACKED_APART and request.body[:1] not in b"{[")


class SourceFinder:
    """Finds a key's source without making other requests wait for the database.

    A key that was found before is asked for at once, for it is in memory; a new one in a thread.
    """

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def find_known(self, store: Store, key: str) -> SourceInfo | None:
        """Return the source of a key that was found before, or None where one must wait for it."""
        return store.find_source(key) if key in self._seen else None

    async def find(self, store: Store, key: str) -> SourceInfo:
        """Return the source.

        Raises
        ------
        RequestRefusedError
            401 if the key is not known, was revoked, or its source is switched off.
        StoreUnavailable
            If the database can't be asked.
        """
        from django.db import Error as DatabaseError

        try:
            if key in self._seen:
                source = store.find_source(key)
            else:
                source = await asyncio.to_thread(store.find_source, key)
        except DatabaseError as error:
            raise StoreUnavailable("the write keys can't be read") from error
        if source is None:
            self._seen.discard(key)
            raise RequestRefusedError(401, "unknown_key", "the write key is not accepted")
        self._seen.add(key)
        return source


class Bell:
    """Wakes those who wait in an event loop; all whose events one group held, at once.

    Parameters
    ----------
    loop
        The loop they wait in.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._answered: deque[Callable[[], None]] = deque()
        self._is_ringing = False

    async def wait(self, future: Future[Receipt], timeout_s: float) -> Receipt:
        """Return what became of the events, once they are committed.

        Raises
        ------
        TimeoutError
            If it takes longer. The events may be stored yet; sent again, they are duplicates.
        """
        waiter: asyncio.Future[None] = self.loop.create_future()
        timer = self.call(future, timeout_s, partial(_wake, waiter))
        try:
            await waiter
        finally:
            timer.cancel()
        return future.result(0)

    def call(
        self, future: Future[Receipt], timeout_s: float, done: Callable[[], None]
    ) -> asyncio.TimerHandle:
        """Have ``done`` called in the loop once the future is done, and after the time in any case.

        It may be called twice; the timer that is returned can be cancelled.
        """
        future.add_done_callback(lambda _: self._ring(done))
        return self.loop.call_later(timeout_s, done)

    def _ring(self, done: Callable[[], None]) -> None:
        """Note in the storing thread that a request can be answered."""
        self._answered.append(done)
        if not self._is_ringing:
            self._is_ringing = True
            self.loop.call_soon_threadsafe(self._wake_all)

    def _wake_all(self) -> None:
        # In this order: what is noted after the first line rings again, if for nothing.
        self._is_ringing = False
        while self._answered:
            self._answered.popleft()()


def _wake(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)

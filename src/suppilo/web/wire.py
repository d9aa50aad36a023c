"""HTTP on the wire with the bounds that uvicorn leaves to a proxy: there may be none before us."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from functools import partial
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from suppilo.apps.capture.http import capture_app, is_capture
from suppilo.web.measure import note_answer

MAX_HEAD = 64 * 1024
"""Bytes of a request's line and headers together."""
MAX_URL = 16 * 1024
"""Bytes of a request's address."""
MAX_HEADERS = 100
HEAD_WITHIN_S = 10.0
"""How long the request's line and headers may take, from the connection or from their begin."""


_STATUS_LINES = {
    int(status): f"HTTP/1.1 {status.value} {status.phrase}".encode() for status in HTTPStatus
}


class HeadTooLargeError(Exception):
    """The headers or the address are larger than any client sends; the parser answers 400."""


class WireProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which ends connections whose headers are endless, slow or never come.

    Requests of events that arrive whole are handed over without a task of their own.
    """

    _head = 0
    _in_head = True
    _timer: asyncio.TimerHandle | None = None
    _is_reading = False
    _arrived: tuple[Any, Any] | None = None

    def connection_made(self, transport: Any) -> None:
        """Wait for a request, but not for long."""
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timer with the connection."""
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take more of a request; headers that don't end are refused with 400."""
        self._is_reading = True
        super().data_received(data)
        self._is_reading = False
        if self._arrived is not None:
            (cycle, app), self._arrived = self._arrived, None
            self._begin(cycle, app)
        if self._in_head:
            # The parser tells of a header only when it is whole.
            self._head += len(data)
            if self._head > MAX_HEAD and not self.transport.is_closing():
                self.send_400_response("The request's headers are too large.")

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self._expect_head()

    def on_url(self, url: bytes) -> None:
        """Take a piece of the address."""
        super().on_url(url)
        if len(self.url) > MAX_URL:
            raise HeadTooLargeError

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header."""
        super().on_header(name, value)
        if len(self.headers) > MAX_HEADERS or len(name) + len(value) > MAX_HEAD:
            raise HeadTooLargeError

    def on_headers_complete(self) -> None:
        """Hand the request over; its body has bounds of its own."""
        self._in_head = False
        self._stop_timer()
        super().on_headers_complete()

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        # Its body may be in the same piece, which the parser is reading.
        if self._is_reading:
            self._arrived = cycle, app
        else:
            super()._start_asgi_task(cycle, app)

    def _begin(self, cycle: Any, app: Any) -> None:
        is_whole = not cycle.more_body and is_capture(cycle.scope["path"])
        reply = partial(self._reply, cycle, time.perf_counter())
        if not (is_whole and capture_app.answer_at_once(cycle.scope, bytes(cycle.body), reply)):
            super()._start_asgi_task(cycle, app)

    def _reply(
        self,
        cycle: Any,
        began_s: float,
        status: int,
        headers: Sequence[tuple[bytes, bytes]],
        body: bytes,
    ) -> None:
        """Answer a request that has no task."""
        note_answer(cycle.scope, status, time.perf_counter() - began_s)
        cycle.response_started = cycle.response_complete = True
        if cycle.disconnected:
            return
        lines = [_STATUS_LINES[status]]
        lines += [b"%s: %s" % header for header in (*cycle.default_headers, *headers)]
        if (b"connection", b"close") in headers:
            cycle.keep_alive = False
        elif not cycle.keep_alive:
            lines.append(b"connection: close")
        self.transport.write(b"\r\n".join((*lines, b"", body)))
        if not cycle.keep_alive:
            self.transport.close()
        cycle.on_response()

    def _expect_head(self) -> None:
        self._head, self._in_head = 0, True
        self._stop_timer()
        self._timer = self.loop.call_later(HEAD_WITHIN_S, self.transport.close)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

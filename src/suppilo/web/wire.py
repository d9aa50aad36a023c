"""HTTP on the wire with the bounds that uvicorn leaves to a proxy: there may be none before us."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD = 64 * 1024
"""Bytes of a request's line and headers together."""
MAX_URL = 16 * 1024
"""Bytes of a request's address."""
MAX_HEADERS = 100
HEAD_WITHIN_S = 10.0
"""How long the request's line and headers may take, from the connection or from their begin."""


class HeadTooLargeError(Exception):
    """The headers or the address are larger than any client sends; the parser answers 400."""


class WireProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which ends connections whose headers are endless, slow or never come."""

    _head = 0
    _in_head = True
    _timer: asyncio.TimerHandle | None = None

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
        super().data_received(data)
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

    def _expect_head(self) -> None:
        self._head, self._in_head = 0, True
        self._stop_timer()
        self._timer = self.loop.call_later(HEAD_WITHIN_S, self.transport.close)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

"""One attempt: a POST to an address that was looked at, within ten seconds, whatever comes back.

No redirect is followed, nothing is unpacked, and no more than 64 KiB of the answer are read.
"""

from __future__ import annotations

import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import TypeVar

from django.utils.translation import gettext as _

from suppilo.apps.net import Network
from suppilo.apps.webhooks.addresses import Address, AddressRefusedError, Target, read_url, resolve

log = logging.getLogger(__name__)

Found = TypeVar("Found")

DEADLINE_S = 10.0
MOST_READ = 64 * 1024
KEPT_CHARACTERS = 4_000
_PIECE = 8 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of an attempt.

    Attributes
    ----------
    status
        The HTTP status; None where there was no answer.
    error
        Why there was none, in words.
    retry_after
        The header ``Retry-After`` as it came.
    """

    took_ms: int
    status: int | None = None
    content_type: str = ""
    text: str = ""
    error: str = ""
    retry_after: str = ""

    @property
    def is_success(self) -> bool:
        """Whether the other side has taken the message: 200 to 299."""
        return self.status is not None and 200 <= self.status < 300


def launch(act: Callable[[], Found], name: str) -> Future[Found]:
    """Do something in a thread that does not keep the process from ending."""
    future: Future[Found] = Future()

    def run() -> None:
        try:
            future.set_result(act())
        except Exception as error:
            log.debug("%s failed", name, exc_info=True)
            future.set_exception(error)

    threading.Thread(target=run, name=name, daemon=True).start()
    return future


def post(
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    allowed: Sequence[Network] = (),
    deadline_s: float = DEADLINE_S,
) -> Answer:
    """Send a message, and return what came back; nothing that the other side does is an error.

    Parameters
    ----------
    allowed
        Networks that are not public and may be told all the same.
    deadline_s
        How long all of it may take: the name's look-up, the connection, the answer.
    """
    began_s = time.monotonic()

    def left_s() -> float:
        return began_s + deadline_s - time.monotonic()

    def took_ms() -> int:
        return round((time.monotonic() - began_s) * 1000)

    try:
        target = read_url(url)
        looked_up = launch(lambda: resolve(target, allowed), "webhook-name")
        addresses = looked_up.result(max(0.0, left_s()))
        with _Exchange(target, addresses, left_s) as exchange:
            answer = exchange.post(headers, body)
            text = exchange.read(answer)
    except AddressRefusedError as error:
        return Answer(took_ms(), error=str(error))
    except (NotYet, OSError, HTTPException, ValueError) as error:
        return Answer(took_ms(), error=_explain(error, left_s(), deadline_s))
    return Answer(
        took_ms(), answer.status, _clean(answer.headers.get("content-type", ""))[:100], text,
        retry_after=answer.headers.get("retry-after", "")[:40],
    )  # fmt: skip


class _Exchange:
    """One request and its answer over a connection of its own, which a timer cuts off."""

    def __init__(
        self, target: Target, addresses: Sequence[Address], left_s: Callable[[], float]
    ) -> None:
        self._target, self._addresses, self._left_s = target, addresses, left_s
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(max(0.0, left_s()), self._cut_off)
        self._timer.daemon = True
        self._connection = HTTPConnection(target.host, target.port)

    def __enter__(self) -> _Exchange:
        self._timer.start()
        try:
            self._socket = self._connect()
        except BaseException:
            self._close()
            raise
        self._connection.sock = self._socket
        return self

    def __exit__(self, *_error: object) -> None:
        self._close()

    def post(self, headers: Mapping[str, str], body: bytes) -> HTTPResponse:
        """Send the request, and return the answer once its headers are there."""
        self._connection.putrequest(
            "POST", self._target.path, skip_host=True, skip_accept_encoding=True
        )
        own = {"Host": self._target.host_header, "Content-Length": str(len(body)),
               "Accept-Encoding": "identity", "Connection": "close"}  # fmt: skip
        for name, value in {**own, **headers}.items():
            self._connection.putheader(name, value)
        self._connection.endheaders(body)
        answer = self._connection.getresponse()
        if self._left_s() <= 0:  # cut off within the headers, which looks like their end
            raise TimeoutError
        return answer

    def read(self, answer: HTTPResponse) -> str:
        """Return the beginning of the answer's body; its end is not waited for."""
        pieces: list[bytes] = []
        read = 0
        while read < MOST_READ and self._left_s() > 0:
            try:
                piece = answer.read1(min(_PIECE, MOST_READ - read))
            except (OSError, HTTPException, ValueError):
                break  # The status came; that the rest did not changes nothing.
            if not piece:
                break
            pieces.append(piece)
            read += len(piece)
        return _clean(b"".join(pieces).decode("utf-8", "replace"))[:KEPT_CHARACTERS]

    def _close(self) -> None:
        self._timer.cancel()
        self._connection.close()
        if self._socket is not None:
            self._socket.close()

    def _connect(self) -> socket.socket:
        """Connect to the first address that answers; never to one that was not looked at."""
        failure: OSError = OSError("no address")
        for address in self._addresses:
            try:
                made = socket.create_connection(
                    (str(address), self._target.port), timeout=max(0.01, self._left_s())
                )
            except OSError as error:
                failure = error
                continue
            self._socket = made
            if self._target.scheme == "http":
                return made
            return self._encrypt(made)
        raise failure

    def _encrypt(self, plain: socket.socket) -> socket.socket:
        # The certificate must be the name's, whatever the address.
        made = _trust().wrap_socket(
            plain, server_hostname=self._target.host, do_handshake_on_connect=False
        )
        self._socket = made
        made.do_handshake()
        return made

    def _cut_off(self) -> None:
        made = self._socket
        if made is not None:
            with suppress(OSError):  # it may have ended by itself
                # The plain one's: an encrypted socket would forget its state under its reader.
                socket.socket.shutdown(made, socket.SHUT_RDWR)


@cache
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()


def _explain(error: Exception, left_s: float, deadline_s: float) -> str:
    if isinstance(error, TimeoutError | NotYet) or left_s <= 0:
        return _("No answer within %d seconds.") % round(deadline_s)
    if isinstance(error, ssl.SSLCertVerificationError):
        return (_("The certificate is not valid: %s.") % error.verify_message)[:300]
    if isinstance(error, ssl.SSLError):
        return _("No encrypted connection could be made.")
    if isinstance(error, ConnectionRefusedError):
        return _("The connection was refused.")
    if isinstance(error, HTTPException | ValueError):
        return _("The answer is no HTTP.")
    said = error.strerror if isinstance(error, OSError) else None
    return (_("The connection broke: %s.") % (said or type(error).__name__))[:300]


def _clean(text: str) -> str:
    return text.replace("\0", "\ufffd")

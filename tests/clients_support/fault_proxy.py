"""An HTTP proxy that makes things go wrong, in the four ways that a client must survive.

``refuse`` answers 503 and forwards nothing; ``reset`` cuts the connection before forwarding;
``delay`` forwards late; ``lose`` forwards, waits for the answer, and cuts the connection, so that
the server has stored what the client believes lost.
"""

from __future__ import annotations

import asyncio
import random
import socket
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Literal, Self

Fault = Literal["refuse", "reset", "delay", "lose"]
FAULTS: tuple[Fault, ...] = ("refuse", "reset", "delay", "lose")
MOST_IN_A_ROW = 2
"""Some clients give up after three failures of one request."""

REFUSAL = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 1\r\n"
    b"Access-Control-Allow-Origin: *\r\nAccess-Control-Expose-Headers: Retry-After\r\n"
)
REFUSAL_BODY = b'{"code":"overloaded","message":"retry","error":"overloaded","detail":"retry"}'


class Cut(Exception):
    """The connection is to be cut."""


@dataclass
class Message:
    """A request or an answer, as read from the wire."""

    head: bytes
    body: bytes

    @property
    def is_event(self) -> bool:
        """Whether this request brings events: those are what faults are for."""
        return self.head.startswith(b"POST") and b"/flags" not in self.head.split(b"\r\n")[0]

    @property
    def closes(self) -> bool:
        """Whether the sender closes the connection afterwards."""
        return b"\r\nconnection: close" in self.head.lower()


@dataclass
class FaultProxy:
    """A proxy in a thread of its own, in front of ``port``; ``share`` of requests go wrong."""

    port: int
    share: float
    seed: int = 1
    done: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)
        self._row = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self._begun = threading.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._begun.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(10)

    async def _run(self) -> None:
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._serve, sock=self._listener)
        self._begun.set()
        await self._ended.wait()
        server.close()
        serving = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)

    def choose(self) -> Fault | None:
        """Return what is to go wrong with the next request."""
        if self._row < MOST_IN_A_ROW and self._dice.random() < self.share:
            self._row += 1
            return self._dice.choice(FAULTS)
        self._row = 0
        return None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                request = await read_message(reader)
                if request is None:
                    break
                await self._answer(request, writer)
                if request.closes:
                    break
        except (Cut, ConnectionError, asyncio.IncompleteReadError):
            reset(writer)
        finally:
            writer.close()

    async def _answer(self, request: Message, writer: asyncio.StreamWriter) -> None:
        fault = self.choose() if request.is_event else None
        self.done[fault or "passed"] += 1
        if fault == "reset":
            raise Cut
        if fault == "refuse":
            writer.write(REFUSAL + b"Content-Length: %d\r\n\r\n" % len(REFUSAL_BODY))
            writer.write(REFUSAL_BODY)
        else:
            if fault == "delay":
                await asyncio.sleep(self._dice.uniform(0.1, 0.6))
            answer = await forward(request, self.port)
            if fault == "lose":
                raise Cut
            writer.write(answer.head + answer.body)
        await writer.drain()


def reset(writer: asyncio.StreamWriter) -> None:
    """Cut a connection so that the other side sees a reset rather than an end."""
    sock = writer.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    writer.transport.abort()


async def forward(request: Message, port: int) -> Message:
    """Send a request on, over a connection of its own, and return the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request.head + request.body)
        await writer.drain()
        answer = await read_message(reader)
    finally:
        writer.close()
    if answer is None:
        raise Cut
    return answer


async def read_message(reader: asyncio.StreamReader) -> Message | None:
    """Read one message, with its body as it is on the wire; None at the end of the stream."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    fields = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:] if b":" in line)
    if b"chunked" in fields.get(b"transfer-encoding", b""):
        return Message(head, await read_chunks(reader))
    return Message(head, await reader.readexactly(int(fields.get(b"content-length", b"0"))))


async def read_chunks(reader: asyncio.StreamReader) -> bytes:
    """Read a chunked body, and return it as it came."""
    parts = []
    while True:
        size = await reader.readuntil(b"\r\n")
        data = await reader.readexactly(int(size.split(b";")[0], 16) + 2)
        parts += [size, data]
        if size.strip() == b"0":
            return b"".join(parts)

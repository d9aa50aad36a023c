"""A real HTTP server that receives webhooks, and misbehaves as it is told."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

Behave = Callable[[socket.socket], None]


@dataclass
class Receiver:
    """Where it listens, what came, and how it answers: by each path, or else by ``answer``."""

    port: int
    answers: dict[str, Behave] = field(default_factory=dict)
    received: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    connections: int = 0

    def url(self, path: str = "/hook", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def paths(self) -> list[str]:
        return [path for path, _headers, _body in self.received]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Listen on a port of this machine until the block ends."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        receiver = Receiver(listening.getsockname()[1])
        threading.Thread(target=_accept, args=(listening, receiver), daemon=True).start()
        yield receiver


def _accept(listening: socket.socket, receiver: Receiver) -> None:
    with suppress(OSError):
        while True:
            connection, _address = listening.accept()
            receiver.connections += 1
            threading.Thread(target=_serve, args=(connection, receiver), daemon=True).start()


def _serve(connection: socket.socket, receiver: Receiver) -> None:
    with connection, suppress(OSError):
        path, headers, body = read_request(connection)
        receiver.received.append((path, headers, body))
        receiver.answers.get(path, ok)(connection)


def read_request(connection: socket.socket) -> tuple[str, dict[str, str], bytes]:
    """Return a request's path, headers and body."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += _more(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)}
    while len(body) < int(headers["content-length"]):
        body += _more(connection)
    return first.split(" ")[1], headers, body


def _more(connection: socket.socket) -> bytes:
    piece = connection.recv(65_536)
    if not piece:
        raise OSError("closed")
    return piece


def say(status: int, text: str = "", **headers: str) -> Behave:
    """Answer with a status, some headers and a body."""

    def behave(connection: socket.socket) -> None:
        lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(text.encode())}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n" + text).encode())

    return behave


ok = say(200, "thanks", Content_Type="text/plain")


def silent(connection: socket.socket) -> None:
    """Take the message, and say nothing for ever."""
    connection.recv(1)
    time.sleep(60)


def dripping(connection: socket.socket) -> None:
    """Answer a byte at a time, and never come to an end of the headers."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"x")
        time.sleep(0.05)


def endless(connection: socket.socket) -> None:
    """Answer at once, with a body that never ends."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
    while True:
        connection.sendall(b"a" * 65_536)


def endless_headers(connection: socket.socket) -> None:
    """Answer with headers without end."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X-More: " + b"a" * 1000 + b"\r\n")


def packed_bomb(connection: socket.socket) -> None:
    """Answer with a small body that says it is packed."""
    import gzip

    body = gzip.compress(b"\0" * 50_000_000, 9)
    connection.sendall(
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body)
    )
    connection.sendall(body)


def rubbish(connection: socket.socket) -> None:
    """Answer what is no HTTP."""
    connection.sendall(b"\x00\x01\x02 no http \xff\r\n\r\n")


def hang_up(connection: socket.socket) -> None:
    """Close without an answer."""
    connection.shutdown(socket.SHUT_RDWR)

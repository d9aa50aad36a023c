"""The real web process, in a folder of its own, and raw connections to it."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from suppilo.apps.capture.models import Inbox

KEY = "wk_wire"
_MAKE = f"""
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from suppilo.apps.capture.models import Source, SourceKey
SourceKey.objects.create(source=Source.objects.create(name="Wire", kind="server"), key="{KEY}")
"""
_SERVE = """
import socket, sys
import django
django.setup()
from suppilo.web.server import run_server
run_server(socket.socket(fileno=int(sys.argv[1])))
"""
_COUNT = f"SELECT count(*) FROM {Inbox._meta.db_table}"


@dataclass(frozen=True)
class Server:
    """A running server: where it listens, and where its data is."""

    port: int
    home: Path

    def connect(self, timeout_s: float = 20) -> socket.socket:
        """Return a new connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=timeout_s)

    def ask(self, request: bytes, timeout_s: float = 20) -> bytes:
        """Send bytes, and return all that comes back until the server closes or is done."""
        with self.connect(timeout_s) as connection:
            with suppress(OSError):  # It may close before all is sent.
                connection.sendall(request)
            return read_answer(connection)

    def count_stored(self) -> int:
        """Return how many events wait in the inbox."""
        address = f"file:{self.home / 'suppilo.sqlite3'}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=60)) as database:
            return int(database.execute(_COUNT).fetchone()[0])


def read_answer(connection: socket.socket) -> bytes:
    """Return one response, or what came before the connection ended."""
    data = b""
    while True:
        head, found, body = data.partition(b"\r\n\r\n")
        if found:
            length = [line for line in head.lower().split(b"\r\n") if b"content-length" in line]
            if length and len(body) >= int(length[0].split(b":")[1]):
                return data
        try:
            piece = connection.recv(65_536)
        except ConnectionError:
            return data
        if not piece:
            return data
        data += piece


@contextmanager
def run_server(home: Path) -> Iterator[Server]:
    """Run the web process on a folder that is made ready for it."""
    _run(_MAKE, home)
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listening:
        port = listening.getsockname()[1]
        with (home / "server.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-c", _SERVE, str(listening.fileno())],
                env=_environ(home),
                pass_fds=[listening.fileno()],
                stdout=log,
                stderr=log,
            )
    server = Server(port, home)
    try:
        _wait_until_ready(server, process)
        yield server
    finally:
        process.terminate()
        process.wait(30)


def _wait_until_ready(server: Server, process: subprocess.Popen[bytes]) -> None:
    end_s = time.monotonic() + 300
    while time.monotonic() < end_s:
        log = (server.home / "server.log").read_text()
        assert process.poll() is None, log[-3000:]
        try:
            if server.ask(b"GET /array/x/config HTTP/1.1\r\nhost: x\r\n\r\n", 1):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server did not answer: " + log[-3000:])


def _environ(home: Path) -> dict[str, str]:
    environ = {**os.environ, "SUPPILO_HOME": str(home)}
    environ["DJANGO_SETTINGS_MODULE"] = "suppilo.web.settings"
    environ.pop("DATABASE_URL", None)
    return environ


def _run(script: str, home: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=_environ(home),
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()

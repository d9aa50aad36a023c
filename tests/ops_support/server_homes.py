"""Data folders, databases and server processes for tests: all real, all gone afterwards."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path
from time import monotonic
from typing import Any

from database_support.migrated import create_database, drop_database, make_once, name_database

POSTGRES_URL = os.environ.get("DATABASE_URL", "")
ON_POSTGRES = POSTGRES_URL.startswith("postgres")
TESTS = Path(__file__).parent.parent
_GIVEN = count()


@dataclass
class Answer:
    """What a server said."""

    status: int
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class ServerHome:
    """A data folder and, on PostgreSQL, a database of its own."""

    folder: Path
    database_url: str = ""
    processes: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def environ(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("SUPPILO", "DATABASE"))}
        kept.pop("DJANGO_SETTINGS_MODULE", None)
        more = {"DATABASE_URL": self.database_url} if self.database_url else {}
        return {**kept, **more, "SUPPILO_HOME": str(self.folder), "PYTHONPATH": str(TESTS)}

    def run(
        self, *arguments: str, text: str | None = None, code: int | None = 0, **environ: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a suppilo command to its end."""
        done = subprocess.run(
            [sys.executable, "-m", "suppilo", *arguments],
            env={**self.environ, **environ}, input=text or "",
            capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert code is None or done.returncode == code, done.stderr + done.stdout
        return done

    def start(self, *arguments: str, **environ: str) -> subprocess.Popen[str]:
        """Start a suppilo command; what it logs goes to ``server.log`` beside the folder."""
        return self._popen([sys.executable, "-m", "suppilo", *arguments], environ)

    def start_python(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a Python program with the folder's settings."""
        return self._popen([sys.executable, *arguments], {})

    def _popen(self, arguments: list[str], environ: dict[str, str]) -> subprocess.Popen[str]:
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                arguments, env={**self.environ, **environ},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, text=True,
            )  # fmt: skip
        self.processes.append(process)
        return process

    @property
    def log(self) -> Path:
        return self.folder.with_name(self.folder.name + ".log")

    def serve(self, *more: str) -> tuple[subprocess.Popen[str], str]:
        """Start ``suppilo serve`` on a free port; return the process and its address."""
        port = free_port()
        process = self.start("serve", "--port", str(port), *more)
        address = f"http://127.0.0.1:{port}"
        wait_until(
            lambda: process.poll() is not None or get(f"{address}/health/live").status == 200,
            self.log.read_text,
        )
        assert process.poll() is None, self.log.read_text()
        return process, address

    def end(self) -> None:
        """Kill what still runs."""
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.wait()


@contextmanager
def server_home(folder: Path) -> Iterator[ServerHome]:
    """Make a folder as ``suppilo init`` does, with a database of its own.

    The command runs once in a run; each folder is a copy of what it made, as far as it can be told
    from the first.
    """
    made = _make_first()
    with new_database(made.database_url.rpartition("/")[2]) as database_url:
        shutil.copytree(made.folder, folder)
        home = ServerHome(folder, database_url)
        try:
            yield home
        finally:
            home.end()


@cache
def _make_first() -> ServerHome:
    """Return the folder, and the database, that others are copied from."""
    made = make_once("home", _make_home)
    return ServerHome(made / "home", (made / "database_url").read_text())


def _make_home(folder: Path) -> None:
    url = ""
    if ON_POSTGRES:
        name = name_database("home")
        create_database(name)
        url = f"{POSTGRES_URL.rsplit('/', 1)[0]}/{name}"
    ServerHome(folder / "home", url).run("init")
    (folder / "database_url").write_text(url)


@contextmanager
def new_database(like: str = "") -> Iterator[str]:
    """Make a PostgreSQL database, empty or like another; return its URL ("" for SQLite)."""
    if not ON_POSTGRES:
        yield ""
        return
    name = f"suppilo_test_{uuid.uuid4().hex[:12]}"
    create_database(name, like)
    try:
        yield f"{POSTGRES_URL.rsplit('/', 1)[0]}/{name}"
    finally:
        drop_database(name)


def get(url: str, **headers: str) -> Answer:
    """Ask for a page; status 0 says that nobody answered."""
    return send(urllib.request.Request(url, headers=headers))


def post(url: str, body: Any, **headers: str) -> Answer:
    """Post JSON."""
    content = json.dumps(body).encode()
    return send(
        urllib.request.Request(url, content, {"Content-Type": "application/json", **headers})
    )


def send(request: urllib.request.Request) -> Answer:
    try:
        with urllib.request.urlopen(request, timeout=20) as found:
            return Answer(found.status, found.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.read())
    except OSError:
        return Answer(0, b"")


def free_port() -> int:
    """Return a port for a server that starts in a moment.

    It is not of those that the system gives to connections, and no other process of tests is given
    it: until the server listens, nothing else does.
    """
    for number in _GIVEN:
        port = 10_000 + (os.getpid() * 211 + number) % 20_000
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError


def wait_until(
    holds: Callable[[], bool], explain: Callable[[], str] = str, within_s: float = 150.0
) -> None:
    """Wait until something holds, looking ten times a second."""
    pause, deadline_s = threading.Event(), monotonic() + within_s
    while not holds():
        assert monotonic() < deadline_s, f"waited {within_s} s in vain\n{explain()}"
        pause.wait(0.1)

"""A site with the snippet on it, and a server that writes down what the snippet sends."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from suppilo.web.snippet import load_snippet

PAGE = """<!doctype html><html lang="en"><head><title>{title}</title>{head}
<script async src="{origin}/suppilo.js" data-key="{key}" {attributes}></script></head>
<body><p id="text">A page.</p>{body}</body></html>"""
STRICT = "default-src 'none'; script-src 'self' {origin}; connect-src {origin}"


@dataclass
class Answer:
    """How the server answers; status 0 breaks the connection, ``after`` stores first."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    stores: bool | None = None


@dataclass
class Site:
    """Pages, scripts and the events received; ``answers`` are used up before all is well."""

    pages: dict[str, dict[str, str]] = field(default_factory=dict)
    scripts: dict[str, str] = field(default_factory=dict)
    answers: list[Answer] = field(default_factory=list)
    always: Answer | None = None
    policy: str | None = None
    requests: list[dict[str, Any]] = field(default_factory=list)
    received: list[dict[str, Any]] = field(default_factory=list)
    capture: str = ""
    key: str = "wk_test"
    port: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def origin(self) -> str:
        """The site's address."""
        return f"http://localhost:{self.port}"

    @property
    def events(self) -> list[dict[str, Any]]:
        """The events stored, each id once, in the order of arrival."""
        with self.lock:
            return list({event["messageId"]: event for event in self.received}.values())

    def names(self) -> list[str]:
        """Return the names of the events in the order in which they happened."""
        ordered = sorted(self.events, key=lambda event: event["messageId"])
        return [event.get("event", event["type"]) for event in ordered]

    def wait(self, condition: Callable[[], object], seconds: float = 10) -> None:
        """Wait until something holds; fail if it never does."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, (self.names(), self.requests)
            time.sleep(0.02)

    def wait_for(self, *names: str, seconds: float = 10) -> None:
        """Wait until exactly these events have arrived."""
        self.wait(lambda: self.names() == list(names), seconds)

    def page(self, path: str) -> str:
        """Return a page's HTML."""
        parts = {"title": path, "head": "", "attributes": "", "body": "", "key": self.key}
        return PAGE.format(**parts | self.pages.get(path, {}), origin=self.target)

    @property
    def target(self) -> str:
        """The address of the server that the snippet comes from."""
        return self.capture or self.origin


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    site: Site

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        if path == "/suppilo.js":
            self._send(200, load_snippet().plain, "text/javascript")
        elif path in self.site.scripts:
            self._send(200, self.site.scripts[path].encode(), "text/javascript")
        elif path == "/favicon.ico":
            self._send(404, b"", "text/plain")
        else:
            self._send(200, self.site.page(path).encode(), "text/html; charset=utf-8")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        request = {"path": self.path, "type": self.headers["content-type"], "bytes": len(body)}
        with self.site.lock:
            self.site.requests.append(request)
            answer = self.site.always or (self.site.answers or [Answer()]).pop(0)
            if answer.status == 200 if answer.stores is None else answer.stores:
                self.site.received += json.loads(body)["batch"]
        if answer.status == 0:
            self.close_connection = True
            return
        self._send(answer.status, b"{}", "application/json", answer.headers)

    def do_OPTIONS(self) -> None:
        with self.site.lock:
            self.site.requests.append({"path": self.path, "type": "preflight", "bytes": 0})
        self._send(404, b"", "text/plain")

    def log_message(self, *_: object) -> None:
        """Write nothing to the terminal."""

    def _send(
        self, status: int, body: bytes, kind: str, headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Access-Control-Expose-Headers", "Retry-After")
        if self.site.policy and kind.startswith("text/html"):
            policy = self.site.policy.format(origin=self.site.target)
            self.send_header("Content-Security-Policy", policy)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def serve_site(site: Site | None = None) -> Iterator[Site]:
    """Serve a site on a free port."""
    site = site or Site()
    handler = type("Handler", (_Handler,), {"site": site})
    server = ThreadingHTTPServer(("localhost", site.port), handler)
    server.daemon_threads = True
    site.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

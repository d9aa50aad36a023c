"""Real clients send through a network that fails: all arrives, and nothing twice."""

from __future__ import annotations

import functools
import http.server
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from clients_support.fault_proxy import FaultProxy
from clients_support.stored import counts_of, make_key, stored_numbers
from ops_support.server_homes import ServerHome, server_home, wait_until
from web_support.browser import PATIENCE_MS

HERE = Path(__file__).parent
EVENT = "Client Tested"
COUNT = 1_000
ONCE = Counter(dict.fromkeys(range(COUNT), 1))

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ServerHome, int]]:
    """A server as an operator starts it, and its port."""
    with server_home(tmp_path_factory.mktemp("clients") / "home") as made:
        made.run("init", "--owner", "owner@example.com")
        _process, address = made.serve()
        yield made, int(address.rsplit(":", 1)[1])


@pytest.fixture(scope="module")
def packages() -> Path:
    """The npm packages that ``make browser`` installed from the lock file."""
    assert (HERE / "node_modules").is_dir(), "run `make browser`: it installs the clients"
    return HERE / "node_modules"


def send(
    home: tuple[ServerHome, int], command: list[str], client: str, share: float
) -> tuple[Counter[object], str]:
    """Have a client send its events; return what is stored of them, and what went wrong."""
    server, port = home
    key = make_key(server, client, "server")
    with FaultProxy(port, share, seed=len(client)) as proxy:
        arguments = [*command, client, proxy.address, key, str(COUNT)]
        done = subprocess.run(
            arguments, cwd=HERE, capture_output=True, text=True, timeout=400, check=False
        )
        assert done.returncode == 0, done.stderr[-3000:]
        said = f"{dict(proxy.done)}\n{done.stderr[-2000:]}"
        return stored_numbers(server, EVENT, client), said


@pytest.mark.parametrize(
    "client",
    [
        "segment-python",
        "segment-python-gzip",
        "rudder-python",
        "posthog-python",
        "posthog-python-v1",
    ],
)
def test_python_client_loses_nothing_through_faults(
    home: tuple[ServerHome, int], client: str
) -> None:
    stored, said = send(home, [sys.executable, "send_events.py"], client, share=0.3)
    assert stored == ONCE, said


@pytest.mark.parametrize(
    "client", ["segment-node", "rudder-node", "posthog-node", "posthog-node-v1"]
)
def test_node_client_loses_nothing_through_faults(
    home: tuple[ServerHome, int], packages: Path, client: str
) -> None:
    stored, said = send(home, ["node", "send.mjs"], client, share=0.3)
    assert stored == ONCE, said


@pytest.fixture(scope="module")
def site(packages: Path) -> Iterator[str]:
    """A website on an origin of its own, which serves the clients' own bundles."""
    handler = functools.partial(QuietHandler, directory=str(HERE))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serves files and writes no log."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize("client", ["segment-browser", "posthog-browser", "snippet"])
def test_browser_client_loses_nothing_through_faults(
    home: tuple[ServerHome, int], site: str, client: str
) -> None:
    from playwright.sync_api import sync_playwright

    server, port = home
    key = make_key(server, client, "website")
    with FaultProxy(port, 0.1, seed=7) as proxy, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(user_agent=PERSON)
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("response", lambda answer: said.append(f"{answer.status} {answer.url}"))
        page.goto(f"{site}/browser.html?client={client}&address={proxy.address}&key={key}")
        page.wait_for_function("window.sent === true", timeout=PATIENCE_MS)
        wait_until(
            lambda: page.wait_for_timeout(500) or has_arrived(server, client),
            lambda: f"{proxy.done} {said[-5:]}",
            within_s=240,
        )
        browser.close()
        stored = stored_numbers(server, EVENT, client)
    assert stored == ONCE, f"{dict(proxy.done)} {said[-5:]}"


PERSON = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Safari/537.36"
)


def has_arrived(server: ServerHome, client: str) -> bool:
    """Whether all of a client's numbers are stored."""
    is_likely = counts_of(server, client)["stored"] >= COUNT
    return is_likely and len(stored_numbers(server, EVENT, client)) == COUNT


def test_accounts_add_up_after_all_clients(home: tuple[ServerHome, int]) -> None:
    counts = counts_of(home[0])
    received = counts.pop("received")
    assert received == sum(counts.values())
    assert counts["quarantined"] == 0
    assert received > 0

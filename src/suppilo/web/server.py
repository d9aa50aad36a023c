"""The web process: the ASGI application behind uvicorn, and a stop that loses nothing."""

from __future__ import annotations

import logging
import resource
import socket
import sys
from types import FrameType

import uvicorn

from suppilo.apps.capture.http import begin_drain
from suppilo.web.asgi import application
from suppilo.web.garbage import settle
from suppilo.web.measure import measure
from suppilo.web.wire import WireProtocol

logger = logging.getLogger(__name__)

KEEP_ALIVE_S = 15
DRAIN_WITHIN_S = 5
MOST_FILES = 65_536
"""Files and connections that the process may have open at once, if its owner lets it."""


class DrainingServer(uvicorn.Server):
    """Ends on SIGTERM with exit code 0, after it has answered what it was asked."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Refuse events from now on (their senders try again), then close."""
        begin_drain()
        self.should_exit = True


def run_server(listening: socket.socket) -> None:
    """Serve the application on a socket until the process is told to stop."""
    config = uvicorn.Config(
        measure(application),
        loop="uvloop",
        http=WireProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=DRAIN_WITHIN_S,
    )
    settle()
    _allow_connections()
    server = DrainingServer(config)
    server.run(sockets=[listening])
    if not server.started:
        # What kept it from starting was logged.
        sys.exit(1)
    logger.info("web stopped")


def _allow_connections() -> None:
    """Take as many open files as the process may have: the usual 1,024 are soon taken up."""
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if most == resource.RLIM_INFINITY else min(MOST_FILES, most)
    if now != resource.RLIM_INFINITY and now < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))

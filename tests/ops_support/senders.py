"""Clients that send events to a server, and remember which ones it acknowledged."""

from __future__ import annotations

import subprocess
import sys
import threading
import uuid
from typing import Any

from ops_support.server_homes import ServerHome, post

_MAKE_SOURCE = """
import django; django.setup()
from suppilo.apps.accounts.models import Role, User
from suppilo.apps.capture.services import make_source
user = User.objects.create(email="maker@example.com", name="Maker", role=Role.ADMIN)
source = make_source(user, "Shop", "server")
print(source.keys.get().key)
"""
_READ_STORED = """
import json, django; django.setup()
from django.conf import settings
from suppilo.apps.capture.models import Inbox, SourceCount
from suppilo.apps.capture.rows import read_inbox
from suppilo.apps.capture.models import FlushBatch
from suppilo.lake import Lake
last = FlushBatch.objects.exclude(flushed_at=None).order_by("number").last()
ids = [row.event.id for row in read_inbox(last.high_seq if last else 0)]
import duckdb
from pathlib import Path
lake = Lake.create(settings.SUPPILO.lake)
if "Seen" in lake.names():
    from suppilo.lake.folder import list_tables
    from deltalake import DeltaTable
    table = DeltaTable(str(list_tables(lake.folder)["Seen"])).to_pyarrow_table(columns=["event_id"])
    ids += table.column("event_id").to_pylist()
counts = list(SourceCount.objects.values(
    "received", "stored", "duplicate", "quarantined", "suppressed", "filtered"))
print(json.dumps({"ids": ids, "counts": counts}))
"""


def in_home(home: ServerHome, program: str) -> str:
    """Run a program with the folder's settings and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**home.environ, "DJANGO_SETTINGS_MODULE": "suppilo.web.settings"},
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def make_key(home: ServerHome) -> str:
    """Make a source and return its write key."""
    return in_home(home, _MAKE_SOURCE).strip()


def read_stored(home: ServerHome) -> dict[str, Any]:
    """Return the ids of all stored events (inbox and tables) and the accounting."""
    import json

    found: dict[str, Any] = json.loads(in_home(home, _READ_STORED).splitlines()[-1])
    return found


class Sender(threading.Thread):
    """Sends batches until told to stop; ``acked`` are the ids that were answered with 200."""

    def __init__(self, address: str, key: str, batch: int = 5) -> None:
        super().__init__(daemon=True)
        self.address, self.key, self.batch = address, key, batch
        self.acked: set[str] = set()
        self.statuses: set[int] = set()
        self.ended = threading.Event()

    def run(self) -> None:
        while not self.ended.is_set():
            ids = [str(uuid.uuid4()) for _ in range(self.batch)]
            status = self.send(ids)
            self.statuses.add(status)
            if status == 200:
                self.acked.update(ids)
            else:
                self.ended.wait(0.05)

    def send(self, ids: list[str]) -> int:
        events = [
            {"type": "track", "event": "Seen", "messageId": one, "userId": f"user-{one[:2]}"}
            for one in ids
        ]
        return post(f"{self.address}/v1/batch", {"batch": events, "writeKey": self.key}).status

    def stop(self) -> None:
        self.ended.set()
        self.join(30)

"""Clients that send a batch until it is acknowledged, and what a stopped server has of it all."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPException
from typing import Any, Protocol

import psutil

from ops_support.senders import in_home
from ops_support.server_homes import ServerHome, post

_READ_ALL = """
import django; django.setup()
import json
from collections import Counter
from django.conf import settings
from django.db.models import Sum
from django.utils import timezone
from suppilo.analytics.funnel import FunnelDefinition, run_funnel
from suppilo.apps.capture.flush import Flusher
from suppilo.apps.capture.models import Inbox, SourceCount
from suppilo.apps.capture.project import Projector
from suppilo.apps.capture.selectors import check_ids
from suppilo.apps.events.selectors import open_events
from suppilo.apps.leads.rules import step_rules
from suppilo.apps.outbox.facts import step_facts
from suppilo.apps.people.models import Identifier, Person
from suppilo.lake import Lake
from store_support.store_reading import lake_ids

counts = []
def count():
    asked = FunnelDefinition.from_dict({"steps": ["Seen", "Bought"], "window": "7d"})
    counts.append([step.count for step in run_funnel(open_events(), asked).report().steps])

count()
projector = Projector(lambda: 0.0)
while projector.project():
    pass
for step in (step_rules, lambda now: step_facts()):  # a flush waits for all who read the inbox
    while step(timezone.now()):
        pass
count()
flusher = Flusher(settings.SUPPILO.home, Lake.create(settings.SUPPILO.lake))
while flusher.flush(timezone.now(), at_once=True):
    pass
assert not Inbox.objects.exists()
count()
names = ("received", "stored", "duplicate", "quarantined", "suppressed", "filtered")
print(json.dumps({
    "ids": lake_ids(settings.SUPPILO.home), "check": check_ids(), "funnels": counts,
    "counts": SourceCount.objects.aggregate(**{name: Sum(name) for name in names}),
    "seen": Identifier.objects.aggregate(events=Sum("events"))["events"],
    "people": Person.objects.filter(is_visible=True).count(),
}))
"""


class Sender(Protocol):
    """Whoever sends; ``acked`` are its events that are known to be delivered."""

    acked: list[dict[str, Any]]


class StubbornClient(threading.Thread):
    """Sends one batch after the other, each again until it is answered with 200."""

    def __init__(self, address: str, key: str, number: int, batch: int = 6) -> None:
        super().__init__(daemon=True)
        self.url, self.key, self.number, self.batch = f"{address}/v1/batch", key, number, batch
        self.acked: list[dict[str, Any]] = []
        self.statuses: set[int] = set()
        self.longest_s = self.pause_s = 0.0
        self.told_to_stop = threading.Event()

    def run(self) -> None:
        for person in range(10**9):
            if self.told_to_stop.is_set():
                return
            events = self._events(f"{self.number}-{person}")
            while not self._deliver(events):
                self.told_to_stop.wait(0.05)
            self.acked += events
            self.told_to_stop.wait(self.pause_s)

    def _events(self, person: str) -> list[dict[str, Any]]:
        """Return a device that becomes a user; every third buys."""
        sale = "Bought" if person.endswith(("0", "3", "6", "9")) else "Seen"
        names = ["Seen"] * (self.batch - 1) + [sale]
        return [
            {"type": "track", "event": name, "messageId": str(uuid.uuid4()),
             "anonymousId": f"device-{person}", "userId": f"user-{person}" if n else None}
            for n, name in enumerate(names)
        ]  # fmt: skip

    def _deliver(self, events: list[dict[str, Any]]) -> bool:
        began_s = time.monotonic()
        try:
            status = post(self.url, {"batch": events, "writeKey": self.key}).status
        except HTTPException:  # the server ended within its answer
            status = 0
        self.longest_s = max(self.longest_s, time.monotonic() - began_s)
        self.statuses.add(status)
        return status == 200


@contextmanager
def stubborn_clients(address: str, key: str, count: int) -> Iterator[list[StubbornClient]]:
    """Let several clients send; at the end each has delivered the batch that it had begun."""
    clients = [StubbornClient(address, key, number) for number in range(count)]
    for one in clients:
        one.start()
    try:
        yield clients
    finally:
        for one in clients:
            one.told_to_stop.set()
        for one in clients:
            one.join(120)
    assert not any(one.is_alive() for one in clients)


def kill_tree(process: subprocess.Popen[str]) -> None:
    """Kill a process and all below it, none of which may end in order."""
    root = psutil.Process(process.pid)
    root.suspend()  # or it might start a child that is not seen here, lives on and keeps the lock
    for one in [root, *root.children(recursive=True)]:
        try:
            os.kill(one.pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    process.wait()


def read_all(home: ServerHome) -> dict[str, Any]:
    """Finish what a stopped server left open, and return what is stored and counted."""
    found: dict[str, Any] = json.loads(in_home(home, _READ_ALL).splitlines()[-1])
    return found


def check_delivered(home: ServerHome, clients: Sequence[Sender]) -> dict[str, Any]:
    """Assert that exactly what the clients delivered is stored, counted, and in the figures."""
    sent = [event for one in clients for event in one.acked]
    found = read_all(home)
    assert sorted(found["ids"]) == sorted(event["messageId"] for event in sent)
    counts = found["counts"]
    assert counts["stored"] == len(sent)
    assert counts["received"] == sum(n for name, n in counts.items() if name != "received")
    assert found["seen"] == len(sent), "each event is evidence once"
    users = {event["userId"] for event in sent if event["userId"]}
    buyers = {event["userId"] for event in sent if event["event"] == "Bought"}
    assert found["people"] == len(users)
    assert found["funnels"][1:] == [[len(users), len(buyers)]] * 2
    assert found["check"] == []
    assert home.run("check", "--json").returncode == 0
    return found

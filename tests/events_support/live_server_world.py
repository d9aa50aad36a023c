"""Events on their way from the store to the tables, and what reports see of them meanwhile."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import numpy as np
from django.db import connection

from people_support.people_world import evidence, link, seen, user
from store_support.store_events import event
from suppilo.apps.capture.flush import Flusher
from suppilo.apps.capture.project import Projector
from suppilo.apps.capture.received import Received
from suppilo.apps.events.selectors import open_events
from suppilo.apps.people.services import record_evidence
from suppilo.lake import Lake

NAMES = ("view", "cart", "pay", "Order / Done")
LATER = datetime(2030, 1, 1, tzinfo=UTC)


def store_events(store, source, prefix, count, **given):
    """Store events of all names and some people, and return their ids once they are stored."""
    made = [
        event(
            f"{prefix}-{n}",
            **{
                "name": NAMES[n % len(NAMES)],
                "anonymous_id": f"device-{n % 7}",
                "at_us": 1_763_000_000_000_000 + n * 1_000_000,
                "properties": {"total": n, "n": f"v{n % 3}"},
                **given,
            },
        )
        for n in range(count)
    ]
    store.submit(Received(source.id, made)).result(10)
    return [one.id for one in made]


def project():
    """Hand what was stored on to the people."""
    projector = Projector(lambda: 0.0)
    while projector.project():
        pass


def flusher(home):
    """Return a flusher of a data folder."""
    return Flusher(home, Lake.create(home / "lake"))


def seen_ids(source=None):
    """Return the ids of all events that reports see, with how often each is seen."""
    source = open_events() if source is None else source
    counts = Counter()
    for paths in source.path_ranges():
        for name in source.event_names():
            table = source.read(name, paths)
            rows = np.arange(len(table.path)) + table.first_row
            counts.update(source.describe_rows(rows)["event_id"])
    return counts


def in_own_thread(work):
    """Return a function that does the work and leaves no connection open in its thread."""

    def run(*arguments):
        try:
            return work(*arguments)
        finally:
            connection.close()

    return run


def link_all(to):
    """Make several devices one person's."""
    devices = [f"device-{n}" for n in range(7)]
    parts = [seen(device, 1) for device in devices] + [user(to, 2)]
    parts += [link(device, to, 3) for device in devices[1:3]]
    record_evidence("merges:1", evidence(*parts))

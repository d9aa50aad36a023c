"""Processes that store and flush, to be killed.

``python -m store_support.store_process ROLE`` loads everything, and then forks one process for each
line on its standard input; the number of that process is the answer. So a kill costs no start.
"""

import itertools
import json
import os
import sys
import time
from pathlib import Path

BATCH = 25


def main() -> None:
    import django

    django.setup()
    role = {"write": write, "work": work}.get(sys.argv[1])
    if role is None:
        {"prepare": prepare, "report": report}[sys.argv[1]]()
        return
    load()
    for _line in sys.stdin:
        child = os.fork()
        if not child:
            role()
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
        os.waitpid(child, 0)
        sys.stdout.write("ended\n")
        sys.stdout.flush()


def load() -> None:
    """Import what is imported late, and read what is read once."""

    from store_support.store_events import event
    from suppilo.apps.capture.enrich import enrich
    from suppilo.apps.people.services import record_evidence

    assert record_evidence
    enrich(event("a", context={"userAgent": "Mozilla/5.0", "page": {"url": "https://a.example"}}))


def home() -> Path:
    return Path(os.environ["SUPPILO_HOME"])


def prepare() -> None:
    from django.core.management import call_command

    from suppilo.apps.capture.models import Source

    call_command("migrate", verbosity=0)
    Source.objects.create(id=1, name="Shop", kind="website")


def write() -> None:
    """Send batches for ever, four at a time, each again until it is answered; note the answered."""
    from store_support.store_events import event, now_us
    from suppilo.apps.capture.store import Received, Store, StoreBusy

    store = Store(home())
    while True:
        try:
            store.start()
            break
        except StoreBusy:  # PostgreSQL has not noticed yet that the one before is dead
            time.sleep(0.05)
            store = Store(home())
    noted = home() / "acked"
    done = len(noted.read_text().splitlines()) if noted.exists() else 0
    with noted.open("a") as acked:
        for number in itertools.count(max(0, done - 3)):
            items = [
                event(f"{number}-{i}", at_us=now_us(), received_us=now_us(), anonymous_id=f"d{i}")
                for i in range(BATCH)
            ]
            futures = [store.submit(Received(1, items)) for _ in range(2)]
            for future in futures:
                future.result(20)
            acked.write(f"{number}\n")
            acked.flush()


def work() -> None:
    """Hand on and flush for ever, in small batches, with a merge every now and then."""
    from suppilo.apps.capture import flush, runs, worker

    flush.FLUSH_ROWS, flush.FLUSH_AGE_US, flush.BATCH_ROWS = 200, 100_000, 300
    flush._DELETE_ROWS = 100
    runs.FAN_IN = 3
    worker._UPKEEP_EVERY = worker.timedelta(milliseconds=50)
    moving = worker.CaptureWorker(home())
    while True:
        moving.step()


def report() -> None:
    """Finish what is open, and print what is stored."""
    from django.db.models import Sum

    from store_support.store_reading import lake_ids
    from suppilo.apps.capture.models import Inbox, SourceCount
    from suppilo.apps.capture.rows import read_inbox
    from suppilo.apps.capture.selectors import check_ids
    from suppilo.apps.capture.worker import CaptureWorker

    before = [row.event.id for row in read_inbox(0)]
    moving = CaptureWorker(home())
    while moving.step() or Inbox.objects.exists():
        moving._flusher.flush(moving._now(), at_once=True)
    moving.close()
    names = ("received", "stored", "duplicate")
    found = {
        "lake": lake_ids(home()),
        "waited": len(before),
        "check": check_ids(),
        "counts": SourceCount.objects.aggregate(**{name: Sum(name) for name in names}),
    }
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()

"""Processes that record domain events and hand them on, to be killed.

``python -m outbox_support.relay_process live`` loads everything, and then forks one process for
each line on its standard input; the number of that process is the answer.
"""

import itertools
import json
import os
import sys
import time
from pathlib import Path


def main() -> None:
    import django

    django.setup()
    if sys.argv[1] != "live":
        {"prepare": prepare, "report": report}[sys.argv[1]]()
        return
    for _line in sys.stdin:
        child = os.fork()
        if not child:
            live()
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
        os.waitpid(child, 0)
        sys.stdout.write("ended\n")
        sys.stdout.flush()


def home() -> Path:
    return Path(os.environ["SUPPILO_HOME"])


def prepare() -> None:
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def live() -> None:
    """Hand on for ever, and record batches meanwhile; note each once it is committed."""
    from django.utils import timezone

    from suppilo.apps.capture.store import Store, StoreBusy
    from suppilo.apps.outbox.paths import deal_path
    from suppilo.apps.outbox.relay import Relay
    from suppilo.apps.outbox.services import NewEvent, record_events

    store = Store(home())
    while True:
        try:
            store.start()
            break
        except StoreBusy:  # PostgreSQL has not noticed yet that the one before is dead
            time.sleep(0.05)
            store = Store(home())
    Relay(store).start()
    with (home() / "noted").open("a") as noted:
        for number in itertools.count(noted.tell()):
            made = [
                NewEvent("deal_won", deal_path(i), timezone.now(), {"n": number})
                for i in range(1 + number % 90)
            ]
            record_events(made)
            noted.write(".")
            noted.flush()
            time.sleep(0.005)


def report() -> None:
    """Hand on what is left, and print what was recorded and what is stored."""
    from suppilo.apps.capture.models import SourceCount
    from suppilo.apps.capture.rows import iterate_inbox
    from suppilo.apps.capture.store import Store
    from suppilo.apps.outbox.models import DomainEvent
    from suppilo.apps.outbox.relay import Relay

    store = Store(home())
    store.start()
    left = DomainEvent.objects.filter(relayed_at=None).count()
    relay = Relay(store)
    while relay.relay():
        pass
    store.drain()
    found = {
        "recorded": list(DomainEvent.objects.order_by("id").values_list("event_id", flat=True)),
        "stored": [row.event.id for row in iterate_inbox(0)],
        "left": left,
        "counts": SourceCount.objects.values("received", "stored", "duplicate").first(),
    }
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()

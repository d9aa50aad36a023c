"""Handing domain events on to the capture store, exactly once and in their order.

An event's name is its message id. A relay that died after the store had taken events, and before
it was noted here, hands them on again: the store knows their ids, and they count once.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from django.db import Error as DatabaseError
from django.db import connection
from django.utils import timezone

from suppilo.apps.capture.event import CapturedEvent
from suppilo.apps.capture.models import Source, SourceKind
from suppilo.apps.capture.received import Overloaded, Received, StoreUnavailable
from suppilo.apps.outbox.models import DomainEvent
from suppilo.apps.outbox.paths import is_reserved
from suppilo.apps.outbox.services import NewEvent

if TYPE_CHECKING:
    from suppilo.apps.capture.store import Store

log = logging.getLogger(__name__)

SOURCE_NAME = "Suppilo"
RELAY_EVERY_S = 0.25
AT_ONCE = 1_000
"""Events of one submission: an import's thousands leave room for clients' between them."""
_ANSWER_WITHIN_S = 60.0
_LONGEST_PAUSE_S = 10.0


class Relay:
    """A thread that hands domain events on to this process's store.

    Parameters
    ----------
    store
        Where captured events go; it must be started.
    now_us
        The clock: microseconds since 1970 UTC.
    """

    def __init__(
        self, store: Store, now_us: Callable[[], int] = lambda: time.time_ns() // 1000
    ) -> None:
        self._store, self._now_us = store, now_us
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="event-relay", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, timeout_s: float = 3.0) -> bool:
        """End after the events at hand, and return whether that was in time.

        What waits stays in the database for the next start. Stop it before the store is drained.
        """
        self._stopping.set()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def relay(self) -> int:
        """Hand on the next events, wait until they are on disk, and return how many.

        Raises
        ------
        Overloaded, StoreUnavailable, TimeoutError
            If the store can't take them at present; then they are handed on again.
        DatabaseError
            If the database can't be used.
        """
        waiting = DomainEvent.objects.filter(relayed_at=None).order_by("id")[:AT_ONCE]
        rows = list(waiting)
        if not rows:
            return 0
        now_us = self._now_us()
        events = [captured(row, now_us) for row in rows]
        self._store.submit(Received(internal_source().pk, events)).result(_ANSWER_WITHIN_S)
        handed_on = DomainEvent.objects.filter(pk__in=[row.pk for row in rows])
        handed_on.update(relayed_at=timezone.now())
        return len(rows)

    def _run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            more = False
            try:
                more = self.relay() == AT_ONCE
                failures = 0
            except (DatabaseError, Overloaded, StoreUnavailable, TimeoutError) as error:
                failures += 1
                self._complain(failures, error)
            except Exception:
                failures += 1
                if failures == 1:
                    log.exception("domain events could not be handed on; trying again")
                connection.close()
            if not more:
                self._stopping.wait(min(RELAY_EVERY_S * 2 ** min(failures, 16), _LONGEST_PAUSE_S))
        connection.close()

    def _complain(self, failures: int, error: Exception) -> None:
        if failures in (1, 20):  # said once, and once more where it lasts
            log.warning("domain events wait to be handed on: %s", error)
        connection.close()


def captured(row: DomainEvent | NewEvent, received_us: int) -> CapturedEvent:
    """Return a domain event as a client would have sent it.

    A person's identifier goes as a device's: whether it is known, only those say who made it so.
    """
    at_us = round(row.at.timestamp() * 1_000_000)
    return CapturedEvent(
        id=row.event_id,
        kind="track",
        name=row.name,
        at_us=at_us,
        received_us=received_us,
        anonymous_id=row.path,
        session_id=row.path if is_reserved(row.path) else None,
        properties=dict(row.properties),
        original_at=row.at.isoformat(),
    )


def internal_source() -> Source:
    """Return the source that stands for this server's own events; it has no key."""
    found = Source.objects.filter(settings__internal=True).first()
    if found is None:
        settings = {"internal": True, "anonymise_ip": True, "drop_bots": False}
        found = Source.objects.create(name=SOURCE_NAME, kind=SourceKind.SERVER, settings=settings)
    return found

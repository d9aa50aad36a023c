"""Whether the server can do its work now: what a load balancer or a monitor asks."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from suppilo.apps.capture.models import Inbox
from suppilo.apps.capture.store import find_store
from suppilo.apps.jobs.models import Heartbeat, Role
from suppilo.apps.jobs.selectors import last_heartbeat

LEAST_FREE_BYTES = 16 * 1024**2
"""Below this the store could not make its reserve again. ``suppilo check`` warns long before."""
LONGEST_LAG = timedelta(minutes=2)
LONGEST_SILENCE = timedelta(seconds=30)
ASK_AGAIN_S = 1.0
WRITE_WITHIN_MS = 2_000
PROBE = "probe"


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing that was looked at.

    Attributes
    ----------
    reason
        What is wrong; empty where nothing is.
    """

    name: str
    reason: str = ""

    @property
    def ok(self) -> bool:
        """Whether this is as it should be."""
        return not self.reason


class Readiness:
    """Looks at all signs, at most once a second however often it is asked."""

    def __init__(
        self,
        now: Callable[[], datetime] = timezone.now,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._now = now
        self._monotonic_s = monotonic_s
        self._lock = threading.Lock()
        self._seen_s = float("-inf")
        self._signs: tuple[Sign, ...] = ()

    def look(self) -> tuple[Sign, ...]:
        """Return every sign, the bad ones with their reasons."""
        with self._lock:
            if self._monotonic_s() - self._seen_s >= ASK_AGAIN_S:
                self._signs = tuple(look_at_signs(self._now()))
                self._seen_s = self._monotonic_s()
            return self._signs


def look_at_signs(now_at: datetime) -> Iterator[Sign]:
    """Look at the database, the disk, the store, the flush and the worker."""
    database = Sign("database", _try_to_write(now_at))
    yield database
    yield Sign("disk", _look_at_disk())
    store = find_store()
    healthy = store is None or store.is_healthy
    yield Sign("store", "" if healthy else "received events can't be stored at present")
    if database.ok:
        yield Sign("flush", _look_at_lag(now_at))
        yield Sign("worker", _look_at_worker(now_at))


def flush_lag(now_at: datetime) -> timedelta:
    """Return how long the oldest event has waited to be moved to the event tables."""
    oldest_us = Inbox.objects.order_by("seq").values_list("received_us", flat=True).first()
    if oldest_us is None:
        return timedelta(0)
    return max(timedelta(0), timedelta(seconds=now_at.timestamp() - oldest_us / 1e6))


def _try_to_write(now_at: datetime) -> str:
    try:
        with _short_patience(), transaction.atomic():
            Heartbeat.objects.update_or_create(
                name=PROBE, defaults={"role": Role.WEB, "at": now_at, "started_at": now_at}
            )
    except DatabaseError as error:
        return f"can't be written: {str(error).strip().splitlines()[0]}"
    return ""


@contextmanager
def _short_patience() -> Iterator[None]:
    """Wait for a locked database no longer than a monitor waits for an answer."""
    usual_ms = 1000 * connection.settings_dict["OPTIONS"].get("timeout", 5)
    statement = "PRAGMA busy_timeout = {:d}"
    if connection.vendor == "postgresql":
        usual_ms, statement = 0, "SET lock_timeout = {:d}"
    with connection.cursor() as cursor:
        cursor.execute(statement.format(WRITE_WITHIN_MS))
        try:
            yield
        finally:
            cursor.execute(statement.format(usual_ms))


def _look_at_disk() -> str:
    free = shutil.disk_usage(settings.SUPPILO.home).free
    return "" if free >= LEAST_FREE_BYTES else f"only {free // 10**6} MB are free"


def _look_at_lag(now_at: datetime) -> str:
    lag = flush_lag(now_at)
    if lag <= LONGEST_LAG:
        return ""
    return f"events have waited for {int(lag.total_seconds())} s to reach the event tables"


def _look_at_worker(now_at: datetime) -> str:
    last = last_heartbeat()
    if last is None:
        return "no worker has been heard of; start one (suppilo serve, or suppilo worker)"
    silence = now_at - last.at
    if silence <= LONGEST_SILENCE:
        return ""
    return f"no worker has been heard of for {int(silence.total_seconds())} s"

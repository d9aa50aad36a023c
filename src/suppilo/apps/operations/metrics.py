"""The server's figures for Prometheus: what requests took, and what the database says."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator

from django.conf import settings
from django.db.models import Sum
from django.utils import timezone
from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from suppilo.apps.capture.models import Inbox, SourceCount
from suppilo.apps.capture.store import find_store
from suppilo.apps.jobs.selectors import count_waiting, last_heartbeat
from suppilo.apps.operations.backup import last_backup_s
from suppilo.apps.operations.health import flush_lag
from suppilo.apps.operations.wal import wal_bytes

OUTCOMES = ("stored", "duplicate", "quarantined", "suppressed", "filtered")

registry = CollectorRegistry()
request_seconds = Histogram(
    "suppilo_request_seconds",
    "Time to answer, by the name of the address.",
    ("method", "route", "status"),
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=registry,
)


class DatabaseCollector(Collector):
    """Reads figures when they are asked for, so that every process shows the same."""

    def __init__(self, now_s: Callable[[], float] = time.time) -> None:
        self._now_s = now_s

    def describe(self) -> list[Metric]:
        """Return nothing: to name the figures beforehand, the database would have to be asked."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Return the figures of now."""
        yield _count_events()
        yield from self._measure_inbox()
        yield from self._measure_worker()
        yield _gauge("jobs_waiting", "Jobs that wait for a worker.", count_waiting())
        yield _gauge("wal_bytes", "Size of SQLite's write-ahead log.", wal_bytes(settings.SUPPILO))
        free = shutil.disk_usage(settings.SUPPILO.home).free
        yield _gauge("disk_free_bytes", "Free space where the data is.", free)
        made_s = last_backup_s(settings.SUPPILO.home)
        if made_s is not None:
            age_s = max(0.0, self._now_s() - made_s)
            yield _gauge("backup_age_seconds", "Time since the last backup.", age_s)

    def _measure_inbox(self) -> Iterator[Metric]:
        waiting = Inbox.objects.count()
        yield _gauge("inbox_events", "Events not yet in the event tables.", waiting)
        lag_s = flush_lag(timezone.now()).total_seconds()
        yield _gauge("flush_lag_seconds", "How long the oldest of them has waited.", lag_s)
        store = find_store()
        if store is not None:
            events, size = store.depth
            yield _gauge("queue_events", "Received events that wait for their commit.", events)
            yield _gauge("queue_bytes", "Size of those events.", size)

    def _measure_worker(self) -> Iterator[Metric]:
        last = last_heartbeat()
        if last is None:
            return
        silence_s = max(0.0, self._now_s() - last.at.timestamp())
        yield _gauge("worker_silence_seconds", "Time since the worker's last sign.", silence_s)
        refused = last.figures.get("checkpoints_refused", 0)
        yield _gauge("checkpoints_refused", "Failed attempts in a row to cut the log.", refused)


registry.register(DatabaseCollector())


def write_metrics() -> bytes:
    """Return all figures in Prometheus's text format."""
    return generate_latest(registry)


def _count_events() -> Metric:
    family = CounterMetricFamily(
        "suppilo_events", "Received events, by what became of them.", labels=("source", "outcome")
    )
    sums = [Sum(outcome) for outcome in OUTCOMES]
    rows = SourceCount.objects.order_by("source_id").values_list("source_id", *sums)
    for source_id, *counts in rows:
        for outcome, count in zip(OUTCOMES, counts, strict=True):
            family.add_metric((str(source_id), outcome), count)
    return family


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"suppilo_{name}", text, value=value)

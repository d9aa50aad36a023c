"""The worker process, put together: capture, jobs, upkeep, signals."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading


def run_worker() -> None:
    """Work until SIGTERM or SIGINT; then end the step at hand and the process."""
    from suppilo.apps.attention.worker import AttentionWorker
    from suppilo.apps.capture.worker import CaptureWorker
    from suppilo.apps.deals.worker import DealWorker
    from suppilo.apps.forecasts.worker import ForecastWorker
    from suppilo.apps.jobs.worker import Stepper, Worker
    from suppilo.apps.leads.worker import LeadWorker
    from suppilo.apps.next_action.worker import NextActionWorker
    from suppilo.apps.operations.garbage import spare_loaded
    from suppilo.apps.operations.upkeep import Upkeep
    from suppilo.apps.outbox.worker import OutboxWorker
    from suppilo.apps.scores.worker import ScoreWorker
    from suppilo.apps.segments.worker import SegmentWorker
    from suppilo.apps.watch.worker import WatchWorker
    from suppilo.apps.webhooks.worker import WebhookWorker

    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    logging.getLogger(__name__).info("worker started")
    capture = CaptureWorker()
    beside: dict[str, Stepper] = {
        "leads": LeadWorker(),
        "outbox": OutboxWorker(),
        "deals": DealWorker(),
        "webhooks": WebhookWorker(),
        "attention": AttentionWorker(),
        "forecasts": ForecastWorker(),
        "scores": ScoreWorker(),
        "next_action": NextActionWorker(),
        "segments": SegmentWorker(),
        "watch": WatchWorker(),
    }
    spare_loaded()
    ended = Worker(stopping, capture, Upkeep(), beside=beside).run()
    logging.shutdown()
    sys.stderr.flush()
    if ended:
        capture.close()
    else:
        # A job that does not report can't be waited for. Its claim was given back.
        os._exit(0)

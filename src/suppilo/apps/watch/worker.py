"""The worker's share of watching: one look at all figures a day, and mails of what is new."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from suppilo.analytics.periods import find_timezone
from suppilo.apps.jobs.failures import told_failures
from suppilo.apps.jobs.pauses import Pause
from suppilo.apps.jobs.services import start_job
from suppilo.apps.watch.models import Figure, WatchDay
from suppilo.apps.watch.notices import send_notices

log = logging.getLogger(__name__)

EVERY = timedelta(minutes=1)
HOUR = 5
"""From this hour of the installation's day on yesterday is looked at: late events have come."""
KEPT = timedelta(days=60)


class WatchWorker:
    """Starts the day's look, and sends mails, once a minute.

    Parameters
    ----------
    now
        The time.
    """

    def __init__(self, now: Callable[[], datetime] = timezone.now) -> None:
        self._now = now
        self._pause = Pause(EVERY)

    def step(self) -> bool:
        """Do what is to be done now; there is never more at once."""
        now = self._now()
        if not self._pause.is_over(now):
            return False
        with told_failures(log, "watching failed; trying again later"):
            start_look(now)
            send_notices(now)
        return False


def start_look(now: datetime) -> bool:
    """Start the day's look at all figures, unless it was; return whether it was started now."""
    local = now.astimezone(find_timezone(settings.TIME_ZONE))
    if local.hour < HOUR or WatchDay.objects.filter(day=local.date()).exists():
        return False
    if not Figure.objects.exists():
        return False
    try:
        with transaction.atomic():
            WatchDay.objects.create(day=local.date(), started_at=now)
            start_job(None, "watch_figures", {})
    except IntegrityError:
        return False  # another worker was quicker
    WatchDay.objects.filter(day__lt=local.date() - KEPT).delete()
    return True

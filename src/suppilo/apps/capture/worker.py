"""Moving captured events on: people first, then the event tables, then the upkeep of both."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils import timezone

from suppilo.apps.capture.compact import compact_crowded
from suppilo.apps.capture.files import Reserve
from suppilo.apps.capture.flush import Flusher
from suppilo.apps.capture.patience import is_disk_full
from suppilo.apps.capture.project import Projector
from suppilo.apps.capture.runs import merge_next, remove_retired
from suppilo.lake import Lake

log = logging.getLogger(__name__)

_UPKEEP_EVERY = timedelta(minutes=1)


class CaptureWorker:
    """Does, step by step, what is to be done with captured events.

    What may take long (merging files) happens in a thread of its own; :meth:`close` waits for it.

    Parameters
    ----------
    home
        The data folder; by default that of the settings.
    now, clock_s
        The time, and a clock that counts the thread's seconds of work.
    """

    def __init__(
        self,
        home: Path | None = None,
        now: Callable[[], datetime] = timezone.now,
        clock_s: Callable[[], float] = time.thread_time,
    ) -> None:
        self._home: Path = settings.SUPPILO.home if home is None else home
        self._lake = Lake.create(self._home / "lake")
        self._now = now
        self._projector = Projector(clock_s)
        self._flusher = Flusher(self._home, self._lake)
        self._reserve = Reserve(self._home / "reserve")
        self._thread = ThreadPoolExecutor(1, "capture-upkeep")
        self._upkeep: Future[None] | None = None
        self._upkeep_at = now()

    def step(self) -> bool:
        """Do what is to be done now, and return whether there is more.

        Raises
        ------
        OperationalError, LakeError
            If the database or the event tables can't be used; the next step tries again.
        """
        handed_on = self._projector.project()
        try:
            flushed = self._flusher.flush(self._now())
        except Exception as error:
            # Deleting flushed rows is what frees space, and it needs some.
            if is_disk_full(error):
                self._reserve.release()
            raise
        if self._now() >= self._upkeep_at:
            self._begin_upkeep()
        return handed_on > 0 or flushed is not None

    def close(self) -> None:
        """Wait for the upkeep at hand."""
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _begin_upkeep(self) -> None:
        if self._upkeep is not None and not self._upkeep.done():
            return
        self._upkeep_at = self._now() + _UPKEEP_EVERY
        self._upkeep = self._thread.submit(self._do_upkeep)

    def _do_upkeep(self) -> None:
        try:
            while merge_next(self._home / "ids", self._now()):
                pass
            remove_retired(self._home / "ids", self._now())
            compact_crowded(self._lake)
        except Exception:
            log.exception("the upkeep of ids and event tables broke off")
        finally:
            connection.close()

"""What the worker does for the database beside its work: it keeps the write-ahead log short."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from suppilo.apps.operations.wal import WARN_BYTES, checkpoint, wal_bytes

logger = logging.getLogger(__name__)

CHECKPOINT_BYTES = 16 * 1024**2
WARN_EVERY_S = 600.0


@dataclass(slots=True)
class Upkeep:
    """Called with each heartbeat; returns the figures that are kept with it.

    Attributes
    ----------
    checkpoint_bytes
        The size from which the write-ahead log is written back and cut to nothing.
    """

    checkpoint_bytes: int = CHECKPOINT_BYTES
    monotonic_s: Callable[[], float] = time.monotonic
    _warned_s: float = field(default=float("-inf"), init=False)
    _busy: int = field(default=0, init=False)

    def __call__(self) -> dict[str, Any]:
        """Shorten the log where it is long, and return its size and how often that failed."""
        size = wal_bytes(settings.SUPPILO)
        if size >= self.checkpoint_bytes:
            self._busy = 0 if checkpoint(settings.SUPPILO) else self._busy + 1
            size = wal_bytes(settings.SUPPILO)
            self._warn(size)
        return {"wal_bytes": size, "checkpoints_refused": self._busy}

    def _warn(self, size: int) -> None:
        now_s = self.monotonic_s()
        if size < WARN_BYTES or now_s - self._warned_s < WARN_EVERY_S:
            return
        self._warned_s = now_s
        logger.warning(
            "the database's write-ahead log has %s MB and can't be shortened: something has been "
            "reading the database for long. Look for a program that has it open (lsof), or for a "
            "report or backup that does not end",
            size // 10**6,
        )

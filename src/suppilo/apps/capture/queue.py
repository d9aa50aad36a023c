"""The bounded queue between requests and the thread that stores them."""

from __future__ import annotations

import threading
from collections import deque

from suppilo.apps.capture.prepare import Submission
from suppilo.apps.capture.received import Overloaded

MAX_EVENTS = 20_000
MAX_BYTES = 64 << 20
GROUP_EVENTS = 2_000


class SubmissionQueue:
    """Requests' events waiting for the next commit.

    Parameters
    ----------
    max_events, max_bytes
        Over either of them, nothing more is taken.
    """

    def __init__(self, max_events: int = MAX_EVENTS, max_bytes: int = MAX_BYTES) -> None:
        self._max_events, self._max_bytes = max_events, max_bytes
        self._waiting: deque[Submission] = deque()
        self._events = self._bytes = 0
        self._closed = False
        self._changed = threading.Condition()

    def put(self, submission: Submission) -> None:
        """Add a request's events.

        Raises
        ------
        Overloaded
            If the queue is full or closed.
        """
        with self._changed:
            if self._closed:
                raise Overloaded("the server is shutting down")
            full = self._events >= self._max_events or self._bytes >= self._max_bytes
            if full:
                raise Overloaded(f"{self._events} events are waiting to be stored")
            self._waiting.append(submission)
            self._events += submission.count
            self._bytes += submission.size
            self._changed.notify_all()

    def take(self, timeout_s: float, most: int = GROUP_EVENTS) -> list[Submission]:
        """Return what is waiting, up to about ``most`` events; nothing if the time passes."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed, timeout_s)
            group: list[Submission] = []
            count = 0
            while self._waiting and count < most:
                group.append(self._waiting.popleft())
                count += group[-1].count
            self._events -= count
            self._bytes -= sum(submission.size for submission in group)
            return group

    def rest(self, time_s: float) -> None:
        """Let time pass, unless the queue is closed meanwhile."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed, time_s)

    def close(self) -> None:
        """Take no more; what is waiting can still be taken out."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def is_finished(self) -> bool:
        """Whether the queue is closed, and everything was taken out."""
        with self._changed:
            return self._closed and not self._waiting

    @property
    def depth(self) -> tuple[int, int]:
        """How many events, and how many bytes, are waiting."""
        with self._changed:
            return self._events, self._bytes

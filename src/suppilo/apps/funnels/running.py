"""Calculations beside the requests: bounded, with a time limit, ended when nobody waits for them.

A request starts a calculation and waits a little. Where that is not enough its page asks again;
every such request renews a lease. A page that was left asks no more, and the calculation ends.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

LEASE_S = 12.0
LIMIT_S = 60.0
KEPT_S = 1.0
"""How long an answer serves further requests: events are shown within two seconds."""
WORKERS = 2
MOST_WAITING = 16


class CalculationEndedError(Exception):
    """A calculation was ended; the message says why and what to do."""


class TooManyCalculationsError(Exception):
    """So many calculations wait that one more would only make all later."""


@dataclass
class Watch:
    """What a calculation looks at from time to time, to see whether it may go on."""

    clock: Callable[[], float] = time.monotonic
    limit_s: float = LIMIT_S
    started_at: float | None = None
    seen_at: float = 0.0
    cancelled: bool = False
    waiting: int = 0
    done_at: float | None = None
    lock: Lock = field(default_factory=Lock)

    def renew(self) -> None:
        """Say that somebody asked."""
        self.seen_at = self.clock()

    @contextmanager
    def awaited(self) -> Iterator[None]:
        """Hold the lease while somebody waits, however busy the machine is."""
        self._count(1)
        try:
            yield
        finally:
            self.renew()
            self._count(-1)

    def _count(self, more: int) -> None:
        with self.lock:
            self.waiting += more

    def check(self) -> None:
        """Return if the calculation may go on.

        Raises
        ------
        CalculationEndedError
            If it took too long, was cancelled, or nobody has asked for it lately.
        """
        now = self.clock()
        if self.started_at is None:
            self.started_at = now
        if self.cancelled or (now - self.seen_at > LEASE_S and not self.waiting):
            raise CalculationEndedError("nobody waits for this calculation any more")
        if now - self.started_at > self.limit_s:
            raise CalculationEndedError(
                f"the calculation took more than {self.limit_s:.0f} seconds and was ended; take "
                "fewer dates of entry, fewer steps, or a breakdown with fewer values"
            )


@dataclass
class Calculation:
    """Something that is being calculated, or has been."""

    watch: Watch
    future: Future[Any]
    version: Hashable = None
    is_owed: bool = False
    """Whether somebody was told to ask again, and nobody has had the answer since."""

    def wait(self, seconds: float) -> bool:
        """Wait, and return whether there is an answer (or an error) now."""
        with self.watch.awaited():
            try:
                self.future.exception(timeout=seconds)
            except NotYet:
                self.is_owed = True
                return False
        self.is_owed = False
        return True

    def is_past(self, version: Hashable) -> bool:
        """Return whether it has ended, is of another state of the events, and owed to nobody."""
        return self.future.done() and self.version != version and not self.is_owed

    def answer(self) -> Any:
        """Return the answer of a finished calculation; what it raised is raised here."""
        return self.future.result(timeout=0)


class Calculations:
    """All calculations of a process; the same question at the same time is answered once."""

    def __init__(self, workers: int = WORKERS, clock: Callable[[], float] = time.monotonic) -> None:
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="funnel")
        self._clock = clock
        self._lock = Lock()
        self._known: dict[Hashable, Calculation] = {}

    def start(
        self, key: Hashable, work: Callable[[Watch], Any], version: Hashable = None
    ) -> Calculation:
        """Start a calculation, or join one with the same key that runs or has just ended.

        Parameters
        ----------
        version
            Which state of the events it is about. One of another state is joined while it runs,
            and its answer is given to who was told to come back for it: where events come every
            second, nobody would ever get one otherwise.

        Raises
        ------
        TooManyCalculationsError
            If too many wait already.
        """
        with self._lock:
            self._forget()
            found = self._known.get(key)
            if found is None or found.is_past(version):
                if sum(not c.future.done() for c in self._known.values()) >= MOST_WAITING:
                    raise TooManyCalculationsError
                found = self._known[key] = self._submit(work, version)
        found.watch.renew()
        return found

    def _submit(self, work: Callable[[Watch], Any], version: Hashable) -> Calculation:
        watch = Watch(self._clock, seen_at=self._clock())

        def run() -> Any:
            watch.check()
            return work(watch)

        made = Calculation(watch, self._pool.submit(run), version)
        # Nothing that the future keeps may lead back to it: the events that it was computed from
        # would stay until Python looks for garbage.
        made.future.add_done_callback(lambda _: setattr(watch, "done_at", self._clock()))
        return made

    def _forget(self) -> None:
        now = self._clock()
        for key, known in list(self._known.items()):
            kept_s = LEASE_S if known.is_owed else KEPT_S
            done_at = known.watch.done_at
            if done_at is not None and now - done_at > kept_s:
                del self._known[key]

    def cancel(self, key: Hashable) -> None:
        """End a calculation that nobody wants any more."""
        with self._lock:
            if (found := self._known.pop(key, None)) is not None:
                found.watch.cancelled = True
                found.future.cancel()

    def end_all(self) -> None:
        """End all calculations."""
        for key in list(self._known):
            self.cancel(key)

    def close(self) -> None:
        """End all calculations and the threads."""
        self.end_all()
        self._pool.shutdown()

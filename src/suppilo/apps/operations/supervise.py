"""One parent, a few children: starts them, starts them again after a crash, stops them all.

Children end with their parent however it ends: each waits for the end of a pipe that only the
parent holds open (:func:`stop_with_parent`).
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

logger = logging.getLogger(__name__)

CRASHES = 5
WITHIN_S = 60.0
"""A child that crashes this often within this time is given up."""
FIRST_PAUSE_S = 0.5
STOP_WITHIN_S = 9.0
SPARING = {"MALLOC_ARENA_MAX": "2", "ARROW_DEFAULT_MEMORY_POOL": "system"}
"""Settings of a child's memory, which are read as it starts, unless the environment has its own.

Otherwise each thread has a heap of its own, and Arrow one more, that keep what was given back: that
was two thirds of a worker's memory, and a fifth of a web process's.
"""


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """A child to be run.

    Attributes
    ----------
    name
        As the log calls it.
    arguments
        The command.
    descriptors
        Open files that it inherits: its lock, its listening socket.
    """

    name: str
    arguments: tuple[str, ...]
    descriptors: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Ended:
    name: str
    code: int


@dataclass(frozen=True, slots=True)
class _Asked:
    signal: int


@dataclass(slots=True)
class _Child:
    spec: ChildSpec
    process: subprocess.Popen[bytes] | None = None
    start_at_s: float | None = 0.0
    crashes_at_s: deque[float] = field(default_factory=lambda: deque(maxlen=CRASHES))


class Supervisor:
    """Keeps children running until a signal says to stop, or one can't be kept running.

    Parameters
    ----------
    specs
        The children.
    on_stop
        Called once when stopping begins: the parent's own share in accepting connections ends.
    monotonic_s
        The clock; it must not jump when the system's time is set.
    """

    def __init__(
        self,
        specs: Sequence[ChildSpec],
        on_stop: Callable[[], None],
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._children = {spec.name: _Child(spec) for spec in specs}
        self._on_stop = on_stop
        self._monotonic_s = monotonic_s
        self._happened: SimpleQueue[_Ended | _Asked] = SimpleQueue()

    def run(self) -> int:
        """Run the children; return the exit code: 0 after a clean stop, 1 otherwise."""
        with self._signals():
            gave_up = self._keep_running()
            self._on_stop()
            return max(int(gave_up), self._stop())

    def _keep_running(self) -> bool:
        """Start what is due and wait for what happens; return True where a child is given up."""
        while True:
            wait_s = self._start_due()
            try:
                happened = self._happened.get(timeout=wait_s)
            except Empty:
                continue
            if isinstance(happened, _Asked):
                logger.info("stopping (%s)", signal.Signals(happened.signal).name)
                return False
            if self._note_crash(self._children[happened.name], happened.code):
                return True

    def _start_due(self) -> float | None:
        """Start the children whose time has come; return how long until the next one's."""
        now_s = self._monotonic_s()
        for child in self._children.values():
            if child.start_at_s is not None and child.start_at_s <= now_s:
                self._start(child)
        waiting = [c.start_at_s for c in self._children.values() if c.start_at_s is not None]
        return max(0.0, min(waiting) - now_s) if waiting else None

    def _start(self, child: _Child) -> None:
        child.start_at_s = None
        child.process = subprocess.Popen(  # noqa: S603 (our own command)
            child.spec.arguments,
            stdin=subprocess.PIPE,
            pass_fds=child.spec.descriptors,
            process_group=0,
            env=SPARING | os.environ,
        )
        logger.info("%s started (process %s)", child.spec.name, child.process.pid)
        watch = threading.Thread(
            target=self._watch, args=(child.spec.name, child.process), daemon=True
        )
        watch.start()

    def _watch(self, name: str, process: subprocess.Popen[bytes]) -> None:
        self._happened.put(_Ended(name, process.wait()))

    def _note_crash(self, child: _Child, code: int) -> bool:
        """Plan the child's next start; return True where it crashed too often."""
        now_s = self._monotonic_s()
        child.process = None
        child.crashes_at_s.append(now_s)
        recent = [at_s for at_s in child.crashes_at_s if now_s - at_s < WITHIN_S]
        if len(recent) >= CRASHES:
            logger.error(
                "%s stopped %s times within a minute (the last time with %s); giving up. "
                "The lines above say why; suppilo check looks for causes",
                child.spec.name, CRASHES, _describe(code),
            )  # fmt: skip
            return True
        pause_s = FIRST_PAUSE_S * 2 ** (len(recent) - 1)
        logger.warning(
            "%s stopped (%s); starting it again in %s s", child.spec.name, _describe(code), pause_s
        )
        child.start_at_s = now_s + pause_s
        return False

    def _stop(self) -> int:
        """Ask all children to end, wait for them, and kill what does not."""
        left = {name: child.process for name, child in self._children.items() if child.process}
        for process in left.values():
            process.send_signal(signal.SIGTERM)
        code, deadline_s = 0, self._monotonic_s() + STOP_WITHIN_S
        while left and (wait_s := deadline_s - self._monotonic_s()) > 0:
            try:
                happened = self._happened.get(timeout=wait_s)
            except Empty:
                break
            if isinstance(happened, _Ended) and happened.name in left:
                del left[happened.name]
                code = max(code, int(happened.code != 0))
        for name, process in left.items():
            logger.error("%s did not end in time and was killed", name)
            process.kill()
            process.wait()
            code = 1
        return code

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """Have SIGTERM, SIGINT and SIGHUP (the terminal was closed) put into the queue."""

        def note(number: int, _frame: object) -> None:
            self._happened.put(_Asked(number))

        numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
        before = {number: signal.signal(number, note) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def stop_with_parent() -> None:
    """Have this process asked to stop (SIGTERM) when its parent is gone.

    For children of a :class:`Supervisor`: standard input is a pipe that nothing is ever written
    to; it ends when the parent does.
    """

    def wait() -> None:
        while os.read(0, 1024):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="parent", daemon=True).start()


def _describe(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"

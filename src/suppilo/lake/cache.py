"""Decoded columns kept in memory, up to a number of bytes; the least recently used go first."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable, Hashable
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any, Protocol, TypeVar

LEAST_LIMIT_BYTES = 1 << 30
SHARE_OF_MEMORY = 0.25
_CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")


def default_limit() -> int:
    """Return how many bytes a cache may take: a quarter of the memory, at least 1 GiB.

    Where the process runs in a container, the memory is the container's.
    """
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with suppress(OSError, ValueError):  # no container, or one without a limit ("max")
        memory = min(memory, int(_CGROUP_LIMIT.read_text("ascii")))
    return max(LEAST_LIMIT_BYTES, int(memory * SHARE_OF_MEMORY))


class Sized(Protocol):
    """Something that knows its size in memory."""

    @property
    def nbytes(self) -> int:
        """Size in bytes."""


Value = TypeVar("Value", bound=Sized)


class ColumnCache:
    """Columns by key, together at most ``limit_bytes``. Any number of threads may share one.

    Without a limit of its own it takes :func:`default_limit`.

    Examples
    --------
    >>> import numpy as np
    >>> cache = ColumnCache(limit_bytes=100)
    >>> cache.get("a", lambda: np.zeros(10)).nbytes, cache.used_bytes
    (80, 80)
    """

    def __init__(self, limit_bytes: int | None = None) -> None:
        self.limit_bytes = default_limit() if limit_bytes is None else limit_bytes
        self.used_bytes = 0
        self._kept: OrderedDict[Hashable, Sized] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, load: Callable[[], Value]) -> Value:
        """Return what is kept under ``key``, or load it and keep it if it fits."""
        found: Any = self.peek(key)
        if found is not None:
            return found  # type: ignore[no-any-return]
        # Loading is not under the lock: two threads may load the same, none waits for another.
        loaded = load()
        self.put(key, loaded)
        return loaded

    def peek(self, key: Hashable) -> Sized | None:
        """Return what is kept under ``key``, or None."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def put(self, key: Hashable, value: Sized) -> None:
        """Keep a value; what has not been used for longest makes room."""
        with self._lock:
            self._drop(key)
            if value.nbytes > self.limit_bytes:
                return
            self._kept[key] = value
            self.used_bytes += value.nbytes
            while self.used_bytes > self.limit_bytes:
                self._drop(next(iter(self._kept)))

    def _drop(self, key: Hashable) -> None:
        dropped = self._kept.pop(key, None)
        self.used_bytes -= 0 if dropped is None else dropped.nbytes


SHARED = ColumnCache()
"""The cache that every source of this process uses unless told otherwise."""

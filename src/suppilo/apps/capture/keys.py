"""Write keys, and the sources they belong to, in memory."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping

from suppilo.apps.capture.models import SourceKey
from suppilo.apps.capture.received import SourceInfo

KEY_PREFIX = "wk_"
_LOOKUPS_A_SECOND = 50


def make_key() -> str:
    """Return a new write key. It is public: a website's visitors can read it."""
    return KEY_PREFIX + secrets.token_urlsafe(24)


def read_keys() -> dict[str, SourceInfo]:
    """Return the sources of all keys that are accepted."""
    live = SourceKey.objects.filter(revoked_at=None, source__is_enabled=True)
    return {
        found.key: SourceInfo(
            found.source_id,
            found.source.name,
            found.source.kind,
            tuple(found.source.allowed_origins),
            found.source.settings,
        )
        for found in live.select_related("source")
    }


class KeyRing:
    """The accepted keys. A key that is not known is looked up once, however often it is tried.

    Parameters
    ----------
    read
        Reads all keys; it may be called from any thread.
    clock_s
        Counts seconds; how many look-ups happen within one is bounded.
    """

    def __init__(
        self, read: Callable[[], Mapping[str, SourceInfo]], clock_s: Callable[[], float]
    ) -> None:
        self._read, self._clock_s = read, clock_s
        self._keys: Mapping[str, SourceInfo] = {}
        self._unknown: set[str] = set()
        self._lookups = (0, 0)
        self._lock = threading.Lock()

    def refresh(self) -> None:
        """Read all keys again."""
        self.adopt(self._read())

    def adopt(self, keys: Mapping[str, SourceInfo]) -> None:
        """Accept these keys and no others."""
        with self._lock:
            self._keys, self._unknown = keys, set()

    def find(self, key: str) -> SourceInfo | None:
        """Return a key's source, or None where the key is not accepted."""
        found = self._keys.get(key)
        if found is not None or key in self._unknown or not self._may_look():
            return found
        self.refresh()
        found = self._keys.get(key)
        if found is None:
            self._unknown.add(key)
        return found

    def _may_look(self) -> bool:
        second = int(self._clock_s())
        with self._lock:
            before = self._lookups[1] if self._lookups[0] == second else 0
            self._lookups = (second, before + 1)
        return before < _LOOKUPS_A_SECOND

"""The last few counts, for the sliders that ask for them again and again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable

from suppilo.apps.insights.what_if.counting import Counts

MOST = 32


class KeptCounts:
    """Counts by what they were asked; what is still being counted is not kept."""

    def __init__(self) -> None:
        self._found: OrderedDict[Hashable, Counts] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Counts | None]) -> Counts | None:
        """Return what was counted for the key, or count it."""
        with self._lock:
            if (found := self._found.get(key)) is not None:
                self._found.move_to_end(key)
                return found
        made = make()
        if made is None or made.failure:
            return made
        with self._lock:
            self._found[key] = made
            while len(self._found) > MOST:
                self._found.popitem(last=False)
        return made

    def forget(self) -> None:
        """Forget everything: what is asked next is counted anew."""
        with self._lock:
            self._found.clear()


KEPT = KeptCounts()

"""Things that are done every so often, between others."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(slots=True)
class Pause:
    """Says when it is time again; at once for the first time.

    Attributes
    ----------
    length
        From one time to the next.
    """

    length: timedelta
    _until: datetime | None = field(default=None, init=False)

    def is_over(self, now: datetime) -> bool:
        """Return whether it is time; if so, the next pause begins."""
        # An end further ahead than a pause is long was set before the clock went back.
        if self._until is not None and now < self._until <= now + self.length:
            return False
        self._until = now + self.length
        return True

"""Things that are done every so often, between others."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Q

SKEW = timedelta(minutes=1)
"""How far the clocks of two machines may be apart without their taking each other's work."""


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


def is_recent(at: datetime | None, now: datetime, length: timedelta) -> bool:
    """Return whether something was done so lately; not if its clock has since been put back."""
    return at is not None and now - length < at <= now + length


def was_recent(name: str, now: datetime, length: timedelta) -> Q:
    """Return :func:`is_recent` of the field ``name``, for a query."""
    return Q(**{f"{name}__gt": now - length, f"{name}__lte": now + length})


def has_come(name: str, now: datetime, longest: timedelta) -> Q:
    """Return whether the moment in the field ``name`` has come, for a query.

    One that is further ahead than the ``longest`` that is ever waited was set before the clock was
    put back. It counts as come, so that nothing stands still until the clock has caught up.
    """
    return Q(**{f"{name}__lte": now}) | Q(**{f"{name}__gt": now + longest + SKEW})

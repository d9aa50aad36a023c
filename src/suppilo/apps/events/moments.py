"""Times of events as moments that can be shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST, _LATEST = datetime(1, 1, 3, tzinfo=UTC), datetime(9999, 12, 29, tzinfo=UTC)
"""Within these, a moment has a local time in every zone."""


def to_moment(at_us: int) -> datetime:
    """Return microseconds since 1970 UTC as a moment; at the ends of time, a little off them."""
    return min(max(_EPOCH + timedelta(microseconds=at_us), _EARLIEST), _LATEST)

"""The value that a path's first or last touch carries, for breakdowns."""

from __future__ import annotations

import numpy as np

from suppilo.analytics.events import EventTable, Int64
from suppilo.analytics.funnel.kernels.touches import find_touches
from suppilo.analytics.funnel.rows import Units


class Touches:
    """Finds, table by table, each unit's first (or last) event that carries a value."""

    def __init__(self, units: Units, limit_us: Int64, *, last: bool) -> None:
        self._units, self._limit_us, self._last = units, limit_us, last
        self.code = np.full(len(units), -1, np.int64)
        self._at = np.zeros(len(units), np.int64)
        self._order = np.zeros(len(units), np.int64)

    def look(self, table: EventTable, codes: Int64) -> None:
        """Take in one table, with the code of each row's value."""
        find_touches(
            self._units.path, self._limit_us, int(self._last), table.path, table.at,
            table.order(), codes, self._at, self._order, self.code,
        )  # fmt: skip


def touch_limits(units: Units, as_of_us: int, *, last: bool) -> Int64:
    """Return until when a touch counts: the last one not after the counted chain's last event."""
    limit = np.full(len(units), as_of_us, np.int64)
    if last:
        limit[:] = -(2**62)
        for hit in units.hits:
            limit[hit.unit] = np.maximum(limit[hit.unit], hit.at)
    return limit

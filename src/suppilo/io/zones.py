"""Local times to UTC, column-wise, with what clock changes leave unclear counted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from suppilo.analytics.periods import EPOCH, MICROSECOND, to_microseconds

FIRST_US = to_microseconds(datetime.min.replace(tzinfo=UTC))
LAST_US = to_microseconds(datetime.max.replace(tzinfo=UTC))

_DAY = 86_400_000_000
_FIRST_DAY, _LAST_DAY = FIRST_US // _DAY, LAST_US // _DAY


def localize(naive_us: NDArray[np.int64], zone: ZoneInfo) -> tuple[NDArray[np.int64], int, int]:
    """Return local times as UTC, with how many the clocks showed twice and how many never.

    A time shown twice is the earlier of the two. A time never shown is moved forward by the gap
    (02:30 becomes 03:30), which keeps different times different and in order.
    """
    if zone.key == "UTC" or not len(naive_us):
        return naive_us, 0, 0
    # Offsets change on few days: all others have one offset from midnight to midnight.
    days, which = np.unique(naive_us // _DAY, return_inverse=True)
    starts = np.array([_offset_us(int(day), zone) for day in days])
    ends = np.array([_offset_us(int(day) + 1, zone) for day in days])
    utc = naive_us - starts[which]
    doubled = skipped = 0
    for index in np.flatnonzero((starts != ends)[which]):
        utc[index], twice, never = _localize_one(int(naive_us[index]), zone)
        doubled, skipped = doubled + twice, skipped + never
    return utc, doubled, skipped


def _offset_us(day: int, zone: ZoneInfo) -> int:
    day = min(max(day, _FIRST_DAY), _LAST_DAY)
    moment = datetime(1, 1, 1, tzinfo=zone) + timedelta(days=day - _FIRST_DAY)
    return (moment.utcoffset() or timedelta()) // MICROSECOND


def _localize_one(naive_us: int, zone: ZoneInfo) -> tuple[int, bool, bool]:
    if not FIRST_US <= naive_us <= LAST_US:
        return naive_us, False, False
    local = (EPOCH + timedelta(microseconds=naive_us)).replace(tzinfo=zone)
    earlier = local.utcoffset() or timedelta()
    later = local.replace(fold=1).utcoffset() or timedelta()
    # Both readings use the offset from before the change, as PEP 495 does for fold=0.
    return naive_us - earlier // MICROSECOND, later < earlier, later > earlier

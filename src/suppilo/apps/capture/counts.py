"""The accounting of each source and day: what came in, and what became of it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from suppilo.apps.capture.event import Outcome

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

Column = Outcome | Literal["conflicting"]

_COLUMNS: tuple[Column, ...] = (
    "stored",
    "duplicate",
    "conflicting",
    "quarantined",
    "suppressed",
    "filtered",
)
_ADD = (
    "INSERT INTO capture_sourcecount (source_id, day, received, stored, duplicate, conflicting,"
    " quarantined, suppressed, filtered, last_us) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
    " ON CONFLICT (source_id, day) DO UPDATE SET received = capture_sourcecount.received +"
    " excluded.received, stored = capture_sourcecount.stored + excluded.stored, duplicate ="
    " capture_sourcecount.duplicate + excluded.duplicate, conflicting ="
    " capture_sourcecount.conflicting + excluded.conflicting, quarantined ="
    " capture_sourcecount.quarantined + excluded.quarantined, suppressed ="
    " capture_sourcecount.suppressed + excluded.suppressed, filtered ="
    " capture_sourcecount.filtered + excluded.filtered, last_us ="
    " CASE WHEN excluded.last_us > capture_sourcecount.last_us THEN excluded.last_us"
    " ELSE capture_sourcecount.last_us END"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_US = 24 * 3600 * 1_000_000


def day_of(at_us: int) -> date:
    """Return the UTC day of a time."""
    return (_EPOCH + timedelta(days=at_us // _DAY_US)).date()


class Tally:
    """What a group of events adds to the accounts.

    ``received`` is never given: it is the sum of the five outcomes, so the accounts add up.
    """

    def __init__(self) -> None:
        self._counts: defaultdict[tuple[int, int], Counter[Column]] = defaultdict(Counter)
        self._last_us: dict[tuple[int, int], int] = {}

    def add(self, source_id: int, received_us: int, column: Column, count: int = 1) -> None:
        """Count events that arrived at a time."""
        key = (source_id, received_us // _DAY_US)
        self._counts[key][column] += count
        if column != "conflicting":
            self._last_us[key] = max(self._last_us.get(key, 0), received_us)

    def move(self, source_id: int, received_us: int, before: Outcome, after: Outcome) -> None:
        """Let an event that was counted as one outcome count as another, on its day of receipt."""
        key = (source_id, received_us // _DAY_US)
        self._counts[key][before] -= 1
        self._counts[key][after] += 1

    def save(self, cursor: CursorWrapper) -> None:
        """Add everything to the accounts, in the caller's transaction."""
        rows: list[tuple[int | date, ...]] = [
            (
                source_id,
                day_of(day * _DAY_US),
                _received(counts),
                *(counts[column] for column in _COLUMNS),
                self._last_us.get((source_id, day), 0),
            )
            for (source_id, day), counts in sorted(self._counts.items())
        ]
        if rows:
            cursor.executemany(_ADD, rows)


def _received(counts: Mapping[Column, int]) -> int:
    return sum(count for column, count in counts.items() if column != "conflicting")

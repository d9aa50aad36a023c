"""Events of a test, as the engine reads them: an ``EventSource`` over a list."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from oracle.bruteforce import Event, meets
from suppilo.analytics.events import ALL_PATHS, Bool, Int64, PathRange, PropertyValues


class MemoryTable:
    """The events of one name in one range of paths."""

    def __init__(self, name: str, events: Sequence[Event], first_row: int) -> None:
        self.name = name
        self.first_row = first_row
        self._events = events
        self.path = _int64(event.path for event in events)
        self.at = _int64(event.at for event in events)

    def order(self) -> Int64:
        return _int64(event.row for event in self._events)

    def matches(self, where: str) -> Bool:
        return np.array([meets(event, where) for event in self._events], dtype=np.bool_)

    def values(self, name: str) -> PropertyValues | None:
        found = [event.props.get(name) for event in self._events]
        labels = sorted({value for value in found if value is not None})
        if not labels:
            return None
        codes = [-1 if value is None else labels.index(value) for value in found]
        return PropertyValues(np.array(codes, dtype=np.int32), labels)


class MemorySource:
    """A list of events; ``ranges`` says in which ranges of paths the engine reads it.

    ``properties`` are known although perhaps no event here has them, as in a part of a whole.
    """

    def __init__(
        self,
        events: Sequence[Event],
        ranges: Sequence[PathRange] = (ALL_PATHS,),
        properties: Iterable[str] = (),
    ) -> None:
        self._properties = {*properties, *(name for event in events for name in event.props)}
        self.rows = sorted(events, key=lambda e: (e.name, e.path, e.at, e.row))
        self._ranges = ranges

    def event_names(self) -> Sequence[str]:
        return sorted({event.name for event in self.rows})

    def count_paths(self) -> int:
        return len({event.path for event in self.rows})

    def latest_at(self) -> int | None:
        return max((event.at for event in self.rows), default=None)

    def property_names(self) -> Sequence[str]:
        return sorted(self._properties)

    def path_ranges(self) -> Sequence[PathRange]:
        return self._ranges

    def read(self, name: str, paths: PathRange) -> MemoryTable:
        keys = [(event.name, event.path) for event in self.rows]
        low = bisect_left(keys, (name, paths[0]))
        high = bisect_right(keys, (name, paths[1]))
        return MemoryTable(name, self.rows[low:high], low)

    def describe_rows(self, rows: Int64) -> Mapping[str, Sequence[Any]]:
        found = [self.rows[int(row)] for row in rows]
        return {
            "path": [event.path for event in found],
            "event": [event.name for event in found],
            "at": [event.at for event in found],
            "event_id": [event.row for event in found],
        }


def _int64(values: Any) -> Int64:
    return np.fromiter(values, dtype=np.int64)

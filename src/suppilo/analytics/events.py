"""Events as the calculations see them: sorted columns, one table per event name.

This is the seam between the engine and wherever events are kept. A source gives tables; a table
gives its rows in (path, at, order) order. Both are structural types: the lake and the in-memory
tables implement them, and the engine knows neither.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Int64 = NDArray[np.int64]
Int32 = NDArray[np.int32]
Bool = NDArray[np.bool_]

PathRange = tuple[int, int]
"""Path keys ``[low, high]``, both included: the last key of ``int64`` must fit."""

ALL_PATHS: PathRange = (-(2**63), 2**63 - 1)


@dataclass(frozen=True, slots=True)
class PropertyValues:
    """One property of a table's rows, as codes into its distinct values.

    ``codes[row]`` is an index into ``labels``, or -1 where the row has no value.
    """

    codes: Int32
    labels: Sequence[Any]


class EventTable(Protocol):
    """All events of one name whose paths lie in one range, sorted by (path, at, order)."""

    @property
    def name(self) -> str:
        """The event's name, exactly as recorded."""

    @property
    def path(self) -> Int64:
        """The key of each row's path."""

    @property
    def at(self) -> Int64:
        """When each event happened, microseconds since 1970 UTC."""

    @property
    def first_row(self) -> int:
        """The source-wide number of row 0; row ``i`` has ``first_row + i``."""

    def order(self) -> Int64:
        """Return each row's place in the order in which rows were given, over all tables."""

    def matches(self, where: str) -> Bool:
        """Return which rows meet the condition; a row for which it is unknown does not.

        Raises
        ------
        WhereError
            If the condition can't be read or names a property that no event of the source has.
        """

    def values(self, name: str) -> PropertyValues | None:
        """Return a property's values, or None where no event of this name has it."""


class EventSource(Protocol):
    """Where events come from. Tables read from one source object are one snapshot."""

    def event_names(self) -> Sequence[str]:
        """Return the names of all events, in a stable order."""

    def count_paths(self) -> int:
        """Return how many different paths there are."""

    def latest_at(self) -> int | None:
        """Return the time of the last event; None where there are no events."""

    def property_names(self) -> Sequence[str]:
        """Return the names of all properties of all events."""

    def path_ranges(self) -> Sequence[PathRange]:
        """Return ranges that cover all paths, each small enough to be held in memory."""

    def read(self, name: str, paths: PathRange) -> EventTable:
        """Return the events of one name in one range; an empty table for a name never seen."""

    def describe_rows(self, rows: Int64) -> Mapping[str, Sequence[Any]]:
        """Return ``path``, ``event``, ``at`` (microseconds) and ``event_id`` of numbered rows."""

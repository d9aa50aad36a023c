"""One event's rows in the inbox, as reports take them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from suppilo.apps.capture.convert import FlatEvent
from suppilo.apps.capture.kinds import Kind, Kinds, common_kind, join_kinds, kinds_in, settle
from suppilo.apps.capture.tail_rows import TailRows

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    Int64 = NDArray[np.int64]

_COMBINE_AT = 32


@dataclass(frozen=True)
class TailTable:
    """One event's unflushed rows, in the order of arrival.

    Attributes
    ----------
    name
        The event's name.
    parts
        The rows, stretch by stretch.
    skipped
        So many rows of the first stretch don't count.
    """

    name: str
    parts: tuple[TailRows, ...]
    skipped: int = 0

    def __len__(self) -> int:
        """Return the number of rows."""
        return sum(map(len, self.parts)) - self.skipped

    @cached_property
    def seq(self) -> Int64:
        """The rows' inbox numbers, growing."""
        return self._join([part.seq for part in self.parts])

    @cached_property
    def at(self) -> Int64:
        """When each event happened, microseconds since 1970 UTC."""
        return self._join([part.at for part in self.parts])

    @cached_property
    def key(self) -> Int64:
        """The key of each row's path."""
        return self._join([part.key for part in self.parts])

    def _join(self, columns: Sequence[Int64]) -> Int64:
        return np.concatenate([np.empty(0, np.int64), *columns])[self.skipped :]

    @cached_property
    def by_path(self) -> Int64:
        """The rows' places, those of each stretch in the order of (path, at, arrival)."""
        starts = np.cumsum([-self.skipped, *map(len, self.parts)])
        places = [part.by_path + start for part, start in zip(self.parts, starts, strict=False)]
        joined = np.concatenate([np.empty(0, np.int64), *places])
        return joined[joined >= 0] if self.skipped else joined

    @cached_property
    def path(self) -> pa.ChunkedArray:
        """The path of each row."""
        import pyarrow as pa

        return pa.chunked_array([part.path for part in self.parts], pa.string())[self.skipped :]

    @property
    def events(self) -> pa.Table:
        """Columns ``path``, ``at``, ``event``, ``event_id`` and ``session_id``."""
        import pyarrow as pa

        columns = [part.read_payloads() for part in self.parts]
        ids = pa.chunked_array([one.event_id for one in columns], pa.string())
        sessions = pa.chunked_array([one.session_id for one in columns], pa.string())
        return pa.table(
            {
                "path": self.path,
                "at": pa.array(self.at).view(pa.timestamp("us", "UTC")),
                "event": pa.array([self.name] * len(self), pa.string()),
                "event_id": ids[self.skipped :],
                "session_id": sessions[self.skipped :],
            }
        )

    @property
    def properties(self) -> pa.Table:
        """The same rows' properties under their exact names; no column if none has any."""
        import pyarrow as pa

        return pa.table({name: self.column(name) for name in self.kinds})

    @cached_property
    def kinds(self) -> Mapping[str, Kind]:
        """The kind of each property that a row has."""
        names = dict.fromkeys(
            name for part in self.parts for name in part.read_payloads().properties
        )
        found = ((name, kinds_in(kinds for _, kinds in self._pieces(name))) for name in names)
        return {name: kind for name, there in found if (kind := common_kind(there)) is not None}

    def column(self, name: str) -> pa.Array | None:
        """Return a property's values, of the type that the event tables give them; None: none."""
        if name not in self.kinds:
            return None
        return settle(join_kinds(list(self._pieces(name))), len(self))

    def _pieces(self, name: str) -> Iterator[tuple[int, Kinds]]:
        """Yield a property's values, stretch by stretch, each with its number of rows."""
        skipped = self.skipped
        for part in self.parts:
            kinds = part.read_payloads().properties.get(name, {})
            if skipped:
                kinds = {kind: values.slice(skipped) for kind, values in kinds.items()}
            yield len(part) - skipped, kinds
            skipped = 0

    def describe(self, places: Sequence[int]) -> list[FlatEvent]:
        """Return some rows whole, each property as the row itself has it."""
        ends = np.cumsum([len(part) for part in self.parts])
        found: list[FlatEvent] = []
        for place in places:
            number = int(np.searchsorted(ends, place + self.skipped, "right"))
            part = self.parts[number]
            found += part.describe([place + self.skipped - int(ends[number]) + len(part)])
        return found

    def has_same_rows(self, other: TailTable) -> bool:
        """Return whether another table has the very same rows."""
        return (
            self.skipped == other.skipped
            and len(self.parts) == len(other.parts)
            and all(one is two for one, two in zip(self.parts, other.parts, strict=True))
        )

    def after(self, seq: int) -> TailTable:
        """Return the rows with a greater number than ``seq``."""
        leaving = int(np.searchsorted(self.seq, seq, "right"))
        if not leaving:
            return self
        leaving += self.skipped
        parts = list(self.parts)
        while parts and leaving >= len(parts[0]):
            leaving -= len(parts.pop(0))
        return TailTable(self.name, tuple(parts), leaving)

    def plus(self, more: TailRows) -> TailTable:
        """Return the table with rows that came after."""
        parts = (*self.parts, more)
        if len(parts) > _COMBINE_AT:
            parts = (TailRows.unite(parts),)
        return TailTable(self.name, parts, self.skipped)

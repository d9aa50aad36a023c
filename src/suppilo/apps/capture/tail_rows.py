"""Rows of the inbox as columns; what few questions need is read from the payloads when asked for.

Every question needs who and when, which are columns of the inbox. Properties are in the payloads:
reading those costs ten times as much, so it is done once for each row, and only of events whose
properties somebody asks for.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np

from suppilo.apps.capture.convert import FlatEvent, collect_columns, flatten_payload
from suppilo.apps.capture.kinds import Kinds, join_kinds, split_kinds

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    Int64 = NDArray[np.int64]

Value = TypeVar("Value")

COLUMNS = ("seq", "name", "at_us", "path", "session_id", "source_id", "payload")


@dataclass(slots=True)
class InboxRows:
    """Rows of the inbox, column by column: a value of each list is one row's."""

    seq: list[int] = field(default_factory=list)
    name: list[str] = field(default_factory=list)
    at_us: list[int] = field(default_factory=list)
    path: list[str] = field(default_factory=list)
    session_id: list[str] = field(default_factory=list)
    source_id: list[int] = field(default_factory=list)
    payload: list[bytes | memoryview] = field(default_factory=list)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.seq)

    @classmethod
    def of(cls, rows: Sequence[tuple[Any, ...]]) -> InboxRows:
        """Return rows of ``COLUMNS``."""
        return cls(*map(list, zip(*rows, strict=True)))

    def extend(self, more: InboxRows) -> None:
        """Add rows."""
        for name in COLUMNS:
            getattr(self, name).extend(getattr(more, name))


class Payloads(NamedTuple):
    """What rows say beside who and when, as it was stored: a value of each list is one row's.

    ``size`` is that of all that was said, in bytes.
    """

    sessions: Sequence[str]
    sources: Sequence[str]
    said: Sequence[bytes | memoryview]
    size: int


@dataclass(frozen=True, slots=True)
class Columns:
    """What was read from payloads.

    Attributes
    ----------
    properties
        Each property's values by their kinds (:mod:`suppilo.apps.capture.kinds`).
    """

    event_id: pa.Array
    session_id: pa.Array
    properties: Mapping[str, Kinds]


class TailRows:
    """Some rows of one event, in the order of arrival.

    Attributes
    ----------
    name
        The event's name.
    seq
        Their inbox numbers, growing.
    at
        When they happened, microseconds since 1970 UTC.
    key
        The keys of their paths (:mod:`suppilo.lake.keys`).
    path
        Their paths.
    """

    def __init__(
        self,
        name: str,
        seq: Int64,
        at: Int64,
        key: Int64,
        path: pa.Array,
        content: Payloads | Columns,
    ) -> None:
        self.name, self.seq, self.at, self.key, self.path = name, seq, at, key, path
        self._content = content
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self.seq)

    @property
    def unread_bytes(self) -> int:
        """The size of the payloads that have not been read."""
        content = self._content
        return 0 if isinstance(content, Columns) else content.size

    def read_payloads(self) -> Columns:
        """Return what the payloads say, and keep only that from now on."""
        with self._lock:
            if not isinstance(self._content, Columns):
                self._content = _read_columns(self._flatten(self._content, range(len(self))))
            return self._content

    @cached_property
    def by_path(self) -> Int64:
        """The rows' places in the order of (path, at, arrival)."""
        return np.lexsort((self.at, self.key))

    def describe(self, places: Sequence[int]) -> list[FlatEvent]:
        """Return some rows whole, each property as the row itself has it."""
        content = self._content
        if isinstance(content, Columns):
            return [self._describe(content, place) for place in places]
        return self._flatten(content, places)

    def _flatten(self, content: Payloads, places: Sequence[int]) -> list[FlatEvent]:
        sessions, sources, said, _ = content
        return [
            flatten_payload(int(self.seq[place]), sessions[place], sources[place], said[place])
            for place in places
        ]

    def _describe(self, content: Columns, place: int) -> FlatEvent:
        found: dict[str, Any] = {}
        for name, kinds in content.properties.items():
            given = (values[place].as_py() for values in kinds.values())
            value = next((value for value in given if value is not None), None)
            if value is not None:
                found[name] = value
        return FlatEvent(
            int(self.seq[place]),
            self.path[place].as_py(),
            int(self.at[place]),
            self.name,
            content.event_id[place].as_py(),
            content.session_id[place].as_py(),
            found,
        )

    @classmethod
    def unite(cls, parts: Sequence[TailRows]) -> TailRows:
        """Return several stretches, one after the other, as one."""
        import pyarrow as pa

        unread = [content for part in parts if isinstance(content := part._content, Payloads)]
        united: Payloads | Columns
        if len(unread) == len(parts):
            united = Payloads(
                list(chain.from_iterable(content.sessions for content in unread)),
                list(chain.from_iterable(content.sources for content in unread)),
                list(chain.from_iterable(content.said for content in unread)),
                sum(content.size for content in unread),
            )
        else:
            united = _join_columns([part.read_payloads() for part in parts])
        return cls(
            parts[0].name,
            np.concatenate([part.seq for part in parts]),
            np.concatenate([part.at for part in parts]),
            np.concatenate([part.key for part in parts]),
            pa.concat_arrays([part.path for part in parts]),
            united,
        )


def split_rows(rows: InboxRows, sources: Mapping[int, str]) -> dict[str, TailRows]:
    """Return rows of the inbox by event name, each event's by growing number.

    Parameters
    ----------
    rows
        At least one.
    sources
        The sources' names.
    """
    import pyarrow as pa

    from suppilo.lake.keys import path_keys

    seq, at = np.array(rows.seq, np.int64), np.array(rows.at_us, np.int64)
    path = pa.array(rows.path, pa.string())
    coded = path.dictionary_encode()
    key = path_keys(coded.dictionary)[coded.indices.to_numpy()]
    named = pa.array(rows.name, pa.string()).dictionary_encode()
    codes = named.indices.to_numpy()
    order = np.lexsort((seq, codes))
    ends = np.cumsum(np.bincount(codes, minlength=len(named.dictionary)))
    parts = np.split(order, ends[:-1])
    return {
        name: TailRows(
            name,
            seq[part],
            at[part],
            key[part],
            path.take(pa.array(part)),
            _pick(rows, part.tolist(), sources),
        )
        for name, part in zip(named.dictionary.to_pylist(), parts, strict=True)
    }


def _pick(rows: InboxRows, places: Sequence[int], sources: Mapping[int, str]) -> Payloads:
    said = _take(rows.payload, places)
    names = {source_id: sources.get(source_id, "") for source_id in set(rows.source_id)}
    named = [names[source_id] for source_id in _take(rows.source_id, places)]
    return Payloads(_take(rows.session_id, places), named, said, sum(map(len, said)))


def _take(column: Sequence[Value], places: Sequence[int]) -> Sequence[Value]:
    """Return the values at some places; of one place alone, ``itemgetter`` gives the bare value."""
    if len(places) == 1:
        return (column[places[0]],)
    found: tuple[Value, ...] = itemgetter(*places)(column)
    return found


def _read_columns(rows: Sequence[FlatEvent]) -> Columns:
    import pyarrow as pa

    properties = collect_columns([row.properties for row in rows])
    return Columns(
        pa.array([row.event_id for row in rows], pa.string()),
        pa.array([row.session_id for row in rows], pa.string()),
        {name: split_kinds(values) for name, values in properties.items()},
    )


def _join_columns(parts: Sequence[Columns]) -> Columns:
    import pyarrow as pa

    names = dict.fromkeys(name for part in parts for name in part.properties)
    nothing: Kinds = {}
    return Columns(
        pa.concat_arrays([part.event_id for part in parts]),
        pa.concat_arrays([part.session_id for part in parts]),
        {
            name: join_kinds(
                [(len(part.event_id), part.properties.get(name, nothing)) for part in parts]
            )
            for name in names
        },
    )

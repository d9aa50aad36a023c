"""Rows of the inbox as columns; what few questions need is read from the payloads when asked for.

Every question needs who and when, which are columns of the inbox. Properties are in the payloads:
reading those costs ten times as much, so it is done once for each row, and only of events whose
properties somebody asks for.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from suppilo.apps.capture.convert import FlatEvent, collect_columns, flatten_payload
from suppilo.apps.capture.kinds import Kinds, join_kinds, split_kinds

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    Int64 = NDArray[np.int64]

InboxRow = tuple[int, str, int, str, str, int, "bytes | memoryview"]
"""``seq``, ``name``, ``at_us``, ``path``, ``session_id``, ``source_id`` and ``payload``."""


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


def split_rows(rows: Sequence[InboxRow], sources: Mapping[int, str]) -> dict[str, TailRows]:
    """Return rows of the inbox by event name.

    Parameters
    ----------
    rows
        At least one, by growing number.
    sources
        The sources' names.
    """
    import pyarrow as pa

    from suppilo.lake.keys import path_keys

    numbers, names, times, paths, *_ = zip(*rows, strict=True)
    seq, at = np.array(numbers, np.int64), np.array(times, np.int64)
    path = pa.array(paths, pa.string())
    coded = path.dictionary_encode()
    key = path_keys(coded.dictionary)[coded.indices.to_numpy()]
    named = pa.array(names, pa.string()).dictionary_encode()
    codes = named.indices.to_numpy()
    order = np.argsort(codes, kind="stable")
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


def _pick(rows: Sequence[InboxRow], places: Sequence[int], sources: Mapping[int, str]) -> Payloads:
    sessions, source_ids, said = zip(*(rows[place][4:] for place in places), strict=True)
    named = [sources.get(source_id, "") for source_id in source_ids]
    return Payloads(sessions, named, said, sum(map(len, said)))


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

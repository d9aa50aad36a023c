"""A batch of events, taken apart by event name and sorted by (path, at, order given).

Sorting is by counting: 16 bits at a time over the ranks of the batch's distinct paths, which is
several times as fast as comparing rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from suppilo.analytics.events import Int32, Int64
from suppilo.lake.arrays import codes_of, null_mask
from suppilo.lake.errors import LakeError
from suppilo.lake.keys import path_keys
from suppilo.lake.schema import TIME, normalise

MAX_EVENT_NAMES = 10_000
EARLIEST_US, LATEST_US = -62_135_596_800_000_000, 253_402_300_799_999_999
"""The years 1 to 9999: beyond them neither Python nor Delta can write a time."""


@dataclass(frozen=True, slots=True)
class EventRows:
    """One event's rows of a batch, sorted.

    ``system`` are the columns before ``_rest``, by name; ``properties`` are normalised values by
    exact property name, only those of which a row has a value.
    """

    event: str
    system: dict[str, pa.Array]
    properties: dict[str, pa.Array]

    @property
    def count(self) -> int:
        """The number of rows."""
        return len(self.system["at"])


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch, checked and sorted; :meth:`rows` cuts out one event's."""

    events: tuple[str, ...]
    order: Int64
    bounds: Int64
    ranks: Int32
    keys: Int64
    paths: pa.StringArray
    at: Int64
    row_order: Int64
    ids: dict[str, pa.Array | None]
    properties: dict[str, pa.Array]

    def rows(self, index: int) -> EventRows:
        """Return the rows of the event at ``index`` of ``events``."""
        rows = self.order[self.bounds[index] : self.bounds[index + 1]]
        take = pa.array(rows)
        ranks = self.ranks[rows]
        system = {
            "path_key": pa.array(self.keys[ranks]),
            "path": self._paths(ranks),
            "at": pa.array(self.at[rows]).view(TIME),
            "row_order": pa.array(self.row_order[rows]),
        }
        for name, values in self.ids.items():
            system[name] = pa.nulls(len(rows), pa.string()) if values is None else values.take(take)
        return EventRows(self.events[index], system, dict(self._properties(take)))

    def _paths(self, ranks: Int32) -> pa.DictionaryArray:
        """Return sorted rows' paths, each text kept once."""
        first = np.flatnonzero(np.diff(ranks, prepend=-1))
        codes = np.repeat(np.arange(len(first), dtype=np.int32), np.diff(first, append=len(ranks)))
        return pa.DictionaryArray.from_arrays(codes, self.paths.take(pa.array(ranks[first])))

    def _properties(self, take: pa.Array) -> Iterator[tuple[str, pa.Array]]:
        for name, values in self.properties.items():
            taken = values.take(take)
            if taken.null_count < len(taken):
                yield name, drop_unused(taken)


def drop_unused(values: pa.Array) -> pa.Array:
    """Return a dictionary without values that no row has: they belong to other events' rows."""
    if not pa.types.is_dictionary(values.type):
        return values
    codes = codes_of(values)
    used = np.zeros(len(values.dictionary) + 1, np.bool_)
    used[codes] = True
    used[-1] = False
    if used[:-1].all():
        return values
    renumbered = np.cumsum(used, dtype=np.int32) - np.int32(1)
    return pa.DictionaryArray.from_arrays(
        pa.array(renumbered[codes], mask=codes < 0),
        values.dictionary.take(pa.array(np.flatnonzero(used))),
    )


def sort_batch(events: pa.Table, properties: pa.Table | None, row_order: Int64 | int) -> Batch:
    """Check a batch, and sort it.

    Parameters
    ----------
    events
        Columns ``path``, ``at`` and ``event``; ``event_id`` and ``session_id`` may be missing.
    properties
        The properties of the same rows, under their exact names.
    row_order
        The ``row_order`` of each row, growing; or the first one's where they follow each other.

    Raises
    ------
    LakeError
        If a column is missing, a path, time or event name is null, a time is outside the years
        1 to 9999, or the batch has more than 10,000 event names.
    """
    _check_columns(events, properties)
    with ThreadPoolExecutor(2) as pool:
        coming = pool.submit(_encode, events, "path")
        names, name_codes = _encode(events, "event")
        check_event_count(len(names))
        at = _times(events)
        normalised = _normalise_all(properties)
        paths, path_codes = coming.result()
    keys = path_keys(paths)
    by_key = np.argsort(keys, kind="stable")
    ranks = np.empty(len(keys), np.int32)
    ranks[by_key] = np.arange(len(keys), dtype=np.int32)
    row_ranks = ranks[path_codes]
    order = _sort_rows(at, row_ranks, name_codes, len(keys))
    counts = np.bincount(name_codes, minlength=len(names))
    return Batch(
        events=tuple(names.to_pylist()),
        order=order,
        bounds=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        ranks=row_ranks,
        keys=keys[by_key],
        paths=paths.take(pa.array(by_key)),
        at=at,
        row_order=_number_rows(row_order, len(at)),
        ids={name: _ids(events, name) for name in ("event_id", "session_id")},
        properties=normalised,
    )


def _number_rows(row_order: Int64 | int, count: int) -> Int64:
    if isinstance(row_order, int):
        return np.arange(row_order, row_order + count, dtype=np.int64)
    return row_order


def check_event_count(count: int) -> None:
    """Refuse more event names than a lake may have.

    Raises
    ------
    LakeError
        If there are more than 10,000.
    """
    if count > MAX_EVENT_NAMES:
        raise LakeError(
            f"there would be {count:,} different event names, a lake holds up to "
            f"{MAX_EVENT_NAMES:,}; an identifier was probably taken for the event name: "
            "name another column as the event and keep this one as a property"
        )


def _check_columns(events: pa.Table, properties: pa.Table | None) -> None:
    for name in ("path", "at", "event"):
        if name not in events.column_names:
            raise LakeError(f"the events have no column {name!r}; path, at and event are needed")
    if properties is not None and properties.num_rows != events.num_rows:
        raise LakeError(
            f"{properties.num_rows} rows of properties do not go with {events.num_rows} events"
        )
    if properties is not None and len(set(properties.column_names)) < properties.num_columns:
        raise LakeError("two properties have the same name; give each its own")


def _refuse_null(values: pa.Array, name: str) -> None:
    if values.null_count:
        row = int(np.flatnonzero(null_mask(values))[0])
        raise LakeError(f"row {row + 1} has no {name}; leave such rows out of the batch")


def _encode(events: pa.Table, name: str) -> tuple[pa.StringArray, NDArray[np.int32]]:
    """Return a text column's distinct values and each row's index into them."""
    column = events.column(name)
    if not pa.types.is_dictionary(column.type):
        column = column.cast(pa.string()).dictionary_encode()
    array = column.unify_dictionaries().combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = pa.DictionaryArray.from_arrays(pa.array([], pa.int32()), pa.array([], pa.string()))
    _refuse_null(array, name)
    array = drop_unused(array)
    return array.dictionary.cast(pa.string()), array.indices.cast(pa.int32()).to_numpy(False)


def _times(events: pa.Table) -> Int64:
    column = events.column("at")
    values = column.combine_chunks()
    if isinstance(values, pa.ChunkedArray):
        values = pa.concat_arrays(values.chunks)
    _refuse_null(values, "at")
    if not pa.types.is_timestamp(values.type):
        raise LakeError(
            f"the column at holds {values.type}, it must hold times (microseconds, UTC)"
        )
    at: Int64 = (
        values.cast(pa.timestamp("us", values.type.tz), safe=False).view(pa.int64()).to_numpy()
    )
    outside = (at < EARLIEST_US) | (at > LATEST_US)
    if outside.any():
        raise LakeError(f"row {int(np.argmax(outside)) + 1}: at is not in the years 1 to 9999")
    return at


def _ids(events: pa.Table, name: str) -> pa.Array | None:
    if name not in events.column_names:
        return None
    values = normalise(events.column(name))
    return None if values is None else values.cast(pa.string())


def _normalise_all(properties: pa.Table | None) -> dict[str, pa.Array]:
    if properties is None:
        return {}
    found = {name: normalise(properties.column(name)) for name in properties.column_names}
    return {name: values for name, values in found.items() if values is not None}


def _sort_rows(at: Int64, ranks: Int32, events: NDArray[np.int32], paths: int) -> Int64:
    """Return the order of rows by (event, path, at), rows that tie as given."""
    in_time = bool(np.all(at[1:] >= at[:-1]))
    order = np.arange(len(at)) if in_time else np.argsort(at, kind="stable")
    order = _count_sort(order, (ranks & 0xFFFF).astype(np.uint16))
    if paths > 0xFFFF:
        order = _count_sort(order, (ranks >> 16).astype(np.uint16))
    return _count_sort(order, events.astype(np.uint16))


def _count_sort(order: Int64, digits: NDArray[np.uint16]) -> Int64:
    # numpy's stable sort of 16-bit integers is a radix sort: linear, and as cheap as two copies.
    return order[np.argsort(digits[order], kind="stable")]

"""What a table's columns are like, from the files' statistics and a sample: no long reading."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from suppilo.analytics.events import Int64
from suppilo.lake.arrays import raw_values
from suppilo.lake.cache import SHARED, ColumnCache
from suppilo.lake.folder import explain_reading
from suppilo.lake.parquet import open_parquet
from suppilo.lake.schema import ARROW_TYPES
from suppilo.lake.snapshot import DataFile, TableSnapshot
from suppilo.lake.values import code_values

SAMPLE_ROWS = 20_000
TOP_VALUES = 10
HOUR_US = 3_600_000_000


@dataclass(frozen=True, slots=True)
class ColumnSample:
    """One property of one event.

    Attributes
    ----------
    name, type
        Its exact name, and ``bool``, ``int``, ``float``, ``text`` or ``time``.
    filled
        How many of the event's rows have a value.
    sampled
        How many rows were looked at for the values.
    distinct
        How many different values these rows have.
    top
        The most frequent values among them and how often each occurs, most frequent first.
    """

    name: str
    type: str
    filled: int
    sampled: int
    distinct: int
    top: tuple[tuple[Any, int], ...]


@dataclass(frozen=True, slots=True)
class _Sample:
    columns: tuple[ColumnSample, ...]

    @property
    def nbytes(self) -> int:
        return 512 * len(self.columns)


def describe_columns(table: TableSnapshot, cache: ColumnCache = SHARED) -> tuple[ColumnSample, ...]:
    """Return what each property of a table is like, by name.

    The values are those of about 20,000 rows of the files written last. Files are sorted by a
    hash of the path, so a file's first rows are those of paths taken at random.

    Raises
    ------
    LakeError
        If a file can't be read.
    """

    def look() -> _Sample:
        with explain_reading(table.folder):
            return _Sample(tuple(_describe(table)))

    return cache.get((table.key, "sample"), look).columns


def _describe(table: TableSnapshot) -> Iterable[ColumnSample]:
    filled = _count_filled(table)
    chunks = list(_sample_rows(table))
    for column in sorted(table.columns, key=lambda c: c.name):
        kind = ARROW_TYPES[column.type]
        values = pa.concat_arrays(
            [
                chunk.column(column.column).combine_chunks().cast(kind)
                if column.column in chunk.column_names
                else pa.nulls(chunk.num_rows, kind)
                for chunk in chunks
            ]
            or [pa.nulls(0, kind)]
        )
        distinct, top = count_values(values, TOP_VALUES)
        rows = len(values)
        yield ColumnSample(column.name, column.type, filled[column.column], rows, distinct, top)


def count_values(values: pa.Array, most: int) -> tuple[int, tuple[tuple[Any, int], ...]]:
    """Return how many different values there are, and the most frequent with their counts."""
    coded = code_values(values)
    counts = np.bincount(coded.codes[coded.codes >= 0], minlength=len(coded.labels))
    places = np.argsort(-counts, kind="stable")[:most]
    top = tuple((coded.labels[place], int(counts[place])) for place in places.tolist())
    return int(np.count_nonzero(counts)), tuple(one for one in top if one[1])


def _sample_rows(table: TableSnapshot) -> Iterable[pa.Table]:
    wanted = SAMPLE_ROWS
    for file in sorted(table.files, key=lambda f: f.first_order, reverse=True):
        if wanted <= 0:
            return
        with explain_reading(table.folder / file.name):
            parquet = open_parquet(table.folder / file.name)
            if not parquet.metadata.num_row_groups:
                continue
            have = set(parquet.schema_arrow.names)
            columns = [c.column for c in table.columns if c.column in have]
            rows = parquet.read_row_group(0, columns=columns).slice(0, wanted)
        wanted -= min(wanted, parquet.metadata.row_group(0).num_rows)
        # A table without columns forgets how many rows it has.
        yield rows if columns else pa.table({"": pa.nulls(file.rows)}).slice(0, SAMPLE_ROWS)


def _count_filled(table: TableSnapshot) -> dict[str, int]:
    filled = {column.column: 0 for column in table.columns}
    for file in table.files:
        with explain_reading(table.folder / file.name):
            metadata = pq.read_metadata(table.folder / file.name)
        for place, name in enumerate(metadata.schema.names):
            if name in filled:
                filled[name] += _valid_values(metadata, place)
    return filled


def _valid_values(metadata: Any, place: int) -> int:
    groups = [metadata.row_group(g).column(place) for g in range(metadata.num_row_groups)]
    return sum(c.num_values - (c.statistics.null_count if c.statistics else 0) for c in groups)


@dataclass(frozen=True, slots=True)
class HourCounts:
    """How many events there were in each hour that has any; hours are counted from 1970 UTC."""

    hours: Int64
    counts: Int64

    @property
    def nbytes(self) -> int:
        """Size in bytes."""
        return self.hours.nbytes + self.counts.nbytes


def count_hours(at: Int64) -> HourCounts:
    """Return how many of some times (microseconds since 1970 UTC) lie in each hour."""
    hours = at // HOUR_US
    if not len(hours):
        return HourCounts(hours, hours)
    low, high = int(hours.min()), int(hours.max())
    if high - low < 1_000_000:  # a century
        counts = np.bincount(hours - low)
        there = np.flatnonzero(counts)
        return HourCounts(there + low, counts[there])
    return HourCounts(*np.unique(hours, return_counts=True))


def join_hours(parts: Sequence[HourCounts]) -> HourCounts:
    """Return several counts as one."""
    empty = np.empty(0, np.int64)
    hours = np.concatenate([empty, *(part.hours for part in parts)])
    counts = np.concatenate([empty, *(part.counts for part in parts)])
    unique, place = np.unique(hours, return_inverse=True)
    return HourCounts(unique, np.bincount(place, counts, len(unique)).astype(np.int64))


def table_hours(table: TableSnapshot, cache: ColumnCache = SHARED) -> HourCounts:
    """Return how many events of a table there were in each hour; each file is read once.

    Raises
    ------
    LakeError
        If a file can't be read.
    """
    return join_hours([_file_hours(table, file, cache) for file in table.files])


def _file_hours(table: TableSnapshot, file: DataFile, cache: ColumnCache) -> HourCounts:
    def count() -> HourCounts:
        with explain_reading(table.folder / file.name):
            column = open_parquet(table.folder / file.name).read(columns=["at"])
        chunks = column.column(0).chunks
        return join_hours([count_hours(raw_values(chunk, np.int64)) for chunk in chunks])

    return cache.get((table.folder / file.name, "hours"), count)

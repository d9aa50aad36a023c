"""Wide tables, as CRMs export them: one row per path, a column per stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from suppilo.io import rejects
from suppilo.io.blocks import RawBlock, text_of
from suppilo.io.convert import CORE, Bool, Converter, Sieve, is_missing
from suppilo.io.errors import InputError
from suppilo.io.formats import SourceFile
from suppilo.io.mapping import Mapping
from suppilo.io.natural import UTC_TIME
from suppilo.io.readers import read_blocks
from suppilo.io.rejects import RejectLog
from suppilo.io.roles import as_text, find_place, list_columns, plain_array, values_at
from suppilo.io.times import looks_like_time

_NOT_HAPPENED = pa.array(["0", "false", "no", "n", "f"])


def read_wide(
    files: Sequence[SourceFile], mapping: Mapping, log: RejectLog
) -> tuple[pa.Table, pa.Table]:
    """Return the events of wide tables: core columns and properties, stage by stage.

    Each cell with a time in a stage's column is an event of that stage. A column whose values
    are not times is a flag: the event happened at the row's ``mapping.at``. Several files are
    joined by the path; an event carries the other columns of all of them. The tables are held
    in memory.

    Raises
    ------
    InputError
        If no file has a stage's column, or a flag has no time.
    """
    parts = [_WidePart(source, mapping, log) for source in files]
    _check_columns(parts, mapping)
    joined = [_joined_properties(part, parts) for part in parts]
    cores, properties = [], []
    for column, event in mapping.stages:
        for part, own in zip(parts, joined, strict=True):
            if column in part.block.table.column_names:
                rows, at = part.stage_times(column, parts)
                cores.append(_core(part, rows, at, event))
                properties.append(own.take(pa.array(rows)))
    return (
        pa.concat_tables(cores),
        pa.concat_tables(properties, promote_options="permissive"),
    )


@dataclass(frozen=True, slots=True)
class _Lookup:
    """The first row of each path in a part."""

    paths: pa.Array
    rows: NDArray[np.int64]

    def find(self, paths: pa.Array) -> pa.Array:
        codes = pc.index_in(paths, value_set=self.paths)
        return pa.array(self.rows).take(codes)


class _WidePart:
    """One file of a wide table, whole."""

    def __init__(self, source: SourceFile, mapping: Mapping, log: RejectLog) -> None:
        self.name, self._mapping, self._log = source.name, mapping, log
        self.block = _load(source, mapping, log)
        self._converter = Converter(mapping, source.name, log)
        columns = self.block.table.column_names
        self._path = find_place(mapping.path or "", columns, "--path", source.name)
        sieve = Sieve(self.block, self.name, log)
        values = values_at(self.block.table, self._path)
        self.paths = self._converter.paths(values, self._path.column, sieve)
        self.keep = sieve.keep

    def own_properties(self) -> pa.Table:
        """Return the columns that are neither path, stage nor time."""
        taken = {column for column, _ in self._mapping.stages} | {self._mapping.at}
        if not self._path.keys:
            taken.add(self._path.column)
        names = [name for name in self.block.table.column_names if name not in taken]
        rest = RawBlock(
            self.block.table.select(names), self.block.rows, self.block.typed, self.block.commas
        )
        return self._converter.properties(rest)

    def lookup(self) -> _Lookup:
        """Return where each path stands first."""
        kept = np.flatnonzero(self.keep)
        encoded = pc.dictionary_encode(self.paths.take(pa.array(kept)))
        _, first = np.unique(np.asarray(encoded.indices), return_index=True)
        return _Lookup(encoded.dictionary, kept[first])

    def stage_times(
        self, column: str, parts: Sequence[_WidePart]
    ) -> tuple[NDArray[np.int64], pa.Array]:
        """Return the rows where a stage happened, and when; what can't be read is rejected."""
        values = plain_array(self.block.table.column(column))
        wanted = self.keep & ~is_missing(values)
        sieve = Sieve(self.block, self.name, self._log)
        if _is_flag(values, wanted):
            wanted &= ~_is_false(values)
            sieve.keep &= wanted
            at = self._flag_times(column, parts)
            sieve.reject(_is_null(at), self._mapping.at or "", rejects.MISSING_TIME, at)
        else:
            sieve.keep &= wanted
            at = self._converter.times(values, column, sieve)
        rows = np.flatnonzero(sieve.keep)
        return rows, at.take(pa.array(rows))

    def _flag_times(self, column: str, parts: Sequence[_WidePart]) -> pa.Array:
        for part in (self, *parts):
            times = part.row_times()
            if times is None:
                continue
            if part is self:
                return times
            return times.take(part.lookup().find(self.paths))
        raise InputError(
            f"{self.name}: column {column} is a stage without times ({_example(self, column)}); "
            "name the column that says when with --at"
        )

    def row_times(self) -> pa.Array | None:
        """Return the times of ``--at``, or None where this file has no such column."""
        table, at = self.block.table, self._mapping.at
        if at is None:
            return None
        try:
            place = find_place(at, table.column_names, "--at", self.name)
        except InputError:
            return None
        values = values_at(table, place)
        times = self._converter.parse(values, at, self.keep & ~is_missing(values))
        return pa.array(times.us, mask=~times.valid).cast(UTC_TIME)


def _load(source: SourceFile, mapping: Mapping, log: RejectLog) -> RawBlock:
    blocks = list(read_blocks(source, mapping, log))
    if not blocks:
        raise InputError(f"{source.name}: a header and no rows; there is nothing to read")
    table = pa.concat_tables([block.table for block in blocks], promote_options="permissive")
    rows = np.concatenate([block.rows for block in blocks])
    return RawBlock(table, rows, blocks[0].typed, blocks[0].commas)


def _check_columns(parts: Sequence[_WidePart], mapping: Mapping) -> None:
    known = list(dict.fromkeys(n for part in parts for n in part.block.table.column_names))
    for column, _ in mapping.stages:
        find_place(column, known, "--wide", " and ".join(part.name for part in parts))
        if column not in known:
            raise InputError(
                f"there is no column {column}; --wide names columns of: {list_columns(known)}"
            )


def _joined_properties(part: _WidePart, parts: Sequence[_WidePart]) -> pa.Table:
    """Return a part's properties with those of the others, looked up by path."""
    found = part.own_properties()
    for other in parts:
        if other is not part:
            theirs = other.own_properties().take(other.lookup().find(part.paths))
            found = _add_columns(found, theirs)
    return found


def _add_columns(own: pa.Table, theirs: pa.Table) -> pa.Table:
    for name in theirs.column_names:
        column = theirs.column(name)
        if name not in own.column_names:
            own = own.append_column(name, column)
        elif own.column(name).type == column.type:
            both = pc.coalesce(own.column(name), column)
            own = own.set_column(own.column_names.index(name), name, both)
    return own


def _core(part: _WidePart, rows: NDArray[np.int64], at: pa.Array, event: str) -> pa.Table:
    nothing = pa.nulls(len(rows), pa.string())
    names = pa.repeat(pa.scalar(event), len(rows))
    paths = part.paths.take(pa.array(rows))
    return pa.table([paths, at, names, nothing, nothing], schema=CORE)


def _is_flag(values: pa.Array, wanted: Bool) -> bool:
    if pa.types.is_timestamp(values.type) or pa.types.is_date(values.type):
        return False
    present = pc.unique(as_text(values.filter(pa.array(wanted)))).to_pylist()
    return bool(present) and not any(looks_like_time(text) for text in present)


def _is_false(values: pa.Array) -> Bool:
    lowered = pc.utf8_lower(pc.utf8_trim_whitespace(as_text(values)))
    false = pc.is_in(lowered, value_set=_NOT_HAPPENED)
    return np.asarray(false.to_numpy(zero_copy_only=False), np.bool_)


def _is_null(values: pa.Array) -> Bool:
    return np.asarray(pc.is_null(values).to_numpy(zero_copy_only=False), np.bool_)


def _example(part: _WidePart, column: str) -> str:
    values = plain_array(part.block.table.column(column)).drop_null()
    return repr(text_of(values[0].as_py())) if len(values) else "empty"

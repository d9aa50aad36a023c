"""Rows of a file to events: the five core columns, the properties, and what is left out."""

from __future__ import annotations

from collections.abc import Mapping as AbstractMapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from suppilo.analytics.periods import find_timezone
from suppilo.io import rejects
from suppilo.io.blocks import RawBlock
from suppilo.io.errors import InputError, place
from suppilo.io.mapping import Mapping
from suppilo.io.natural import UTC_TIME, NaturalTypes
from suppilo.io.rejects import RejectLog
from suppilo.io.roles import RolePlace, as_text, find_place, plain_array, values_at
from suppilo.io.times import AmbiguousDateError, NaiveTimesError, ParsedTimes, TimeRule, parse_times

CORE = pa.schema(
    [
        ("path", pa.string()),
        ("at", UTC_TIME),
        ("event", pa.string()),
        ("event_id", pa.string()),
        ("session_id", pa.string()),
    ]
)
_EMPTY_WORDS = pa.array(["", "NULL", "null", "\\N", "None"])
_INFINITE_WORDS = pa.array(["nan", "inf", "+inf", "-inf", "infinity", "+infinity", "-infinity"])

Bool = NDArray[np.bool_]


def time_rule(mapping: Mapping) -> TimeRule:
    """Return how a mapping reads times.

    Raises
    ------
    InputError
        If there is no such time zone.
    """
    try:
        zone = None if mapping.timezone is None else find_timezone(mapping.timezone)
    except ValueError as error:
        raise InputError(str(error)) from error
    return TimeRule(zone, mapping.dayfirst)


class Sieve:
    """Which rows of a block are still good; the first fault of a row is the one reported."""

    def __init__(self, block: RawBlock, file: str, log: RejectLog) -> None:
        self._block, self._file, self._log = block, file, log
        self.keep: Bool = np.ones(len(block.rows), np.bool_)

    def reject(self, bad: Bool, column: str, reason: str, values: pa.Array) -> None:
        """Leave out the rows that are ``bad`` and were good so far."""
        bad = bad & self.keep
        if bad.any():
            self.keep &= ~bad
            faulty = values.filter(pa.array(bad)).to_pylist()
            rows = self._block.rows[bad].tolist()
            self._log.add_many(self._file, rows, column, reason, faulty)


class Converter:
    """Turns the blocks of one file into events."""

    def __init__(self, mapping: Mapping, file: str, log: RejectLog) -> None:
        self._mapping, self._file, self._log = mapping, file, log
        self._rule = time_rule(mapping)
        self._types = NaturalTypes(self._rule.zone, mapping.decimal, log)

    def convert(self, block: RawBlock) -> tuple[pa.Table, pa.Table]:
        """Return the core columns and the properties of the good rows, in file order."""
        places = self._find_places(block.table.column_names)
        sieve = Sieve(block, self._file, self._log)
        core = self._core(block, places, sieve)
        own = {place.column for place in places.values() if not place.keys}
        names = [name for name in block.table.column_names if name not in own]
        rest = RawBlock(block.table.select(names), block.rows, block.typed, block.commas)
        return core.filter(pa.array(sieve.keep)), self.properties(rest, sieve.keep)

    def properties(self, block: RawBlock, keep: Bool | None = None) -> pa.Table:
        """Return a block's columns in their natural types."""
        table = block.table if keep is None or keep.all() else block.table.filter(pa.array(keep))
        columns = [
            self._types.settle(name, plain_array(table.column(name)), block.typed, block.commas)
            for name in table.column_names
        ]
        if not columns:
            # A table without columns would forget how many rows it has.
            return table
        return pa.table(columns, names=table.column_names)

    def paths(self, values: pa.Array, column: str, sieve: Sieve) -> pa.Array:
        """Return the text of path keys; rows that have none are left out."""
        text = as_text(values)
        sieve.reject(is_missing(text), column, rejects.MISSING_PATH, text)
        infinite = _is_in(pc.utf8_lower(text), _INFINITE_WORDS)
        sieve.reject(infinite, column, rejects.NOT_FINITE, text)
        return text

    def times(self, values: pa.Array, column: str, sieve: Sieve) -> pa.Array:
        """Return times in UTC; rows whose time is missing or can't be read are left out."""
        missing = is_missing(values)
        sieve.reject(missing, column, rejects.MISSING_TIME, values)
        times = self.parse(values, column, sieve.keep)
        infinite = _is_infinite(values) & ~times.valid
        sieve.reject(infinite, column, rejects.NOT_FINITE, values)
        sieve.reject(~times.valid, column, rejects.UNREADABLE_TIME, values)
        return pa.array(times.us, mask=~times.valid).cast(UTC_TIME)

    def parse(self, values: pa.Array, column: str, wanted: Bool) -> ParsedTimes:
        """Return times in UTC where they are ``wanted``; the others are not valid."""
        if not wanted.all():
            # What is out already must not raise questions about its zone.
            values = pc.if_else(pa.array(wanted), values, pa.scalar(None, values.type))
        try:
            times = parse_times(values, self._rule)
        except NaiveTimesError as error:
            raise InputError(
                f"{place(self._file)}: column {column} has times without a time zone ({error}); "
                "add --timezone, e.g. --timezone Europe/Riga or --timezone UTC"
            ) from error
        except AmbiguousDateError as error:
            raise InputError(
                f"{place(self._file)}: column {column} has dates such as {error} that can be read "
                "with the day or the month first; add --dayfirst or --monthfirst"
            ) from error
        self._log.note(f"{column}: local time shown twice, the earlier taken", times.doubled)
        self._log.note(f"{column}: local time skipped by the clocks, moved on", times.skipped)
        return times

    def _find_places(self, columns: list[str]) -> AbstractMapping[str, RolePlace]:
        mapping = self._mapping
        roles = {
            "path": (mapping.path, "--path"),
            "event": (mapping.event, "--event"),
            "at": (mapping.at, "--at"),
            "event_id": (mapping.event_id, "--event-id"),
            "session_id": (mapping.session, "--session"),
        }
        return {
            role: find_place(reference, columns, option, self._file)
            for role, (reference, option) in roles.items()
            if reference is not None
        }

    def _core(
        self, block: RawBlock, places: AbstractMapping[str, RolePlace], sieve: Sieve
    ) -> pa.Table:
        found = {role: values_at(block.table, place) for role, place in places.items()}
        names: dict[str, Any] = {
            "path": self._mapping.path, "event": self._mapping.event, "at": self._mapping.at
        }  # fmt: skip
        count = len(block.rows)
        path = self.paths(found["path"], names["path"], sieve)
        event = self._events(found.get("event"), names["event"], sieve, count)
        at = self.times(found["at"], names["at"], sieve)
        rest = [_optional(found.get(role), count) for role in ("event_id", "session_id")]
        return pa.table([path, at, event, *rest], schema=CORE)

    def _events(self, values: pa.Array | None, column: str, sieve: Sieve, count: int) -> pa.Array:
        if values is None:
            return pa.repeat(pa.scalar(self._mapping.event_name), count)
        text = as_text(values)
        sieve.reject(is_missing(text), column, rejects.MISSING_EVENT, text)
        return text


def is_missing(values: pa.Array) -> Bool:
    """Return where there is no value: null, blank, or a word for it such as NULL."""
    if not pa.types.is_string(values.type):
        return np.asarray(pc.is_null(values).to_numpy(zero_copy_only=False), np.bool_)
    absent = pc.or_(pc.is_null(values), _in(pc.utf8_trim_whitespace(values), _EMPTY_WORDS))
    return np.asarray(absent.to_numpy(zero_copy_only=False), np.bool_)


def _is_infinite(values: pa.Array) -> Bool:
    if pa.types.is_floating(values.type):
        return ~np.asarray(np.isfinite(values.to_numpy(zero_copy_only=False)), np.bool_)
    if not pa.types.is_string(values.type):
        return np.zeros(len(values), np.bool_)
    return _is_in(pc.utf8_lower(pc.utf8_trim_whitespace(values)), _INFINITE_WORDS)


def _in(values: pa.Array, words: pa.Array) -> pa.Array:
    return pc.is_in(values, value_set=words)


def _is_in(values: pa.Array, words: pa.Array) -> Bool:
    return np.asarray(_in(values, words).to_numpy(zero_copy_only=False), np.bool_)


def _optional(values: pa.Array | None, count: int) -> pa.Array:
    if values is None:
        return pa.nulls(count, pa.string())
    text = as_text(values)
    return pc.if_else(_in(text, _EMPTY_WORDS), pa.scalar(None, pa.string()), text)

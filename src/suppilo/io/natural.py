"""The natural types of properties: bool, int64, float64, timestamp, else text."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from suppilo.io.blocks import text_of
from suppilo.io.rejects import RejectLog
from suppilo.io.times import NaiveTimesError, TimeRule, cast_iso, parse_times, try_cast

NULL_WORDS = pa.array(["", "NULL", "null", "\\N"])
UTC_TIME = pa.timestamp("us", "UTC")

_TRUE, _FALSE = ("true", "True", "TRUE"), ("false", "False", "FALSE")
_KEEP_AS_TEXT = r"^(?:\+|-?0[0-9xX]|-?\d{19,})"  # 00371, 0x1F, +371 …: codes, not quantities
_NOT_EXACT = r"^(?:\+|-?0[0-9]|-?\d{16,}$)"  # as float64, 16 digits would lose the last ones
_COMMA_NUMBER = r"^[+-]?(?:\d{1,3}(?:\.\d{3})+|\d+)(?:,\d+)?$"


class NaturalTypes:
    """Gives each property its type, and keeps to it from batch to batch.

    A type only ever widens: no type yet (all empty) to any, int64 to float64, any to text.
    """

    def __init__(self, zone: ZoneInfo | None, decimal: str | None, log: RejectLog) -> None:
        self._zone, self._decimal, self._log = zone, decimal, log
        self._known: dict[str, pa.DataType] = {}

    def settle(self, name: str, values: pa.Array, typed: bool, commas: bool) -> pa.Array:
        """Return one property's values in the narrowest type that holds all seen so far."""
        known = self._known.get(name, pa.null())
        if typed:
            found = self._widen(self._from_typed(values), known)
        else:
            found = self._from_text(values, known, commas)
        if pa.types.is_floating(found.type):
            found = self._drop_infinite(name, found)
        self._known[name] = found.type
        return found

    def _widen(self, values: pa.Array, known: pa.DataType) -> pa.Array:
        if values.type == known or pa.types.is_null(known):
            return values
        if pa.types.is_null(values.type):
            return values.cast(known)
        numbers = {pa.int64(), pa.float64()}
        if known in numbers and values.type in numbers:
            return values.cast(pa.float64())
        return _as_text(values)

    def _from_typed(self, values: pa.Array) -> pa.Array:
        kind = values.type
        if pa.types.is_boolean(kind) or pa.types.is_null(kind) or kind == pa.string():
            return values
        if pa.types.is_integer(kind):
            return _cast(values, pa.int64())
        if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
            return _cast(values, pa.float64())
        if pa.types.is_timestamp(kind):
            return self._from_stamps(values)
        return _as_text(values)

    def _from_stamps(self, values: pa.Array) -> pa.Array:
        try:
            times = parse_times(values, TimeRule(self._zone))
        except NaiveTimesError:
            return _as_text(values)
        return pa.array(times.us, mask=~times.valid).cast(UTC_TIME)

    def _from_text(self, values: pa.Array, known: pa.DataType, commas: bool) -> pa.Array:
        empty = pc.is_in(values, value_set=NULL_WORDS)
        values = pc.if_else(empty, pa.scalar(None, pa.string()), values)
        if values.null_count == len(values):
            return pa.nulls(len(values), known)
        if known != pa.string():
            for reader in self._readers(known, commas):
                if (found := reader(values)) is not None:
                    return found
        return values

    def _readers(
        self, known: pa.DataType, commas: bool
    ) -> tuple[Callable[[pa.Array], pa.Array | None], ...]:
        numbers = (_comma_float,) if commas else ()
        # Where the comma was said to be the decimal sign, 1.234 is a thousand and more.
        numbers = (*numbers, _plain_float) if self._decimal == "," else (_plain_float, *numbers)
        if pa.types.is_null(known):
            return (_boolean, _integer, *numbers, self._timestamp)
        if known == pa.int64():
            return (_integer, *numbers)
        if known == pa.float64():
            return numbers
        return (_boolean,) if pa.types.is_boolean(known) else (self._timestamp,)

    def _timestamp(self, values: pa.Array) -> pa.Array | None:
        first = values.drop_null()[0].as_py()
        if ":" not in first or (stamps := cast_iso(values)) is None:
            return None
        found = self._from_stamps(stamps)
        return found if found.type == UTC_TIME and found.null_count == values.null_count else None

    def _drop_infinite(self, name: str, values: pa.Array) -> pa.Array:
        finite = pc.is_finite(values)
        count = len(values) - values.null_count - (pc.sum(finite).as_py() or 0)
        if not count:
            return values
        self._log.note(f"{name}: not a finite number, left empty", count)
        return pc.if_else(finite, values, pa.scalar(None, pa.float64()))


def _cast(values: pa.Array, target: pa.DataType) -> pa.Array:
    try:
        return values.cast(target)
    except pa.ArrowInvalid:
        return _as_text(values)


def _as_text(values: pa.Array) -> pa.Array:
    if pa.types.is_integer(values.type) or pa.types.is_large_string(values.type):
        return values.cast(pa.string())
    return pa.array([text_of(value) for value in values.to_pylist()], pa.string())


def _any(values: pa.Array, pattern: str) -> bool:
    return bool(pc.any(pc.match_substring_regex(values, pattern)).as_py())


def _boolean(values: pa.Array) -> pa.Array | None:
    if values.drop_null()[0].as_py() not in _TRUE + _FALSE:
        return None
    true = pc.is_in(values, value_set=pa.array(_TRUE))
    false = pc.is_in(values, value_set=pa.array(_FALSE))
    known = pc.or_(true, false)
    if pc.sum(known).as_py() != len(values) - values.null_count:
        return None
    return pc.if_else(known, true, pa.scalar(None, pa.bool_()))


def _integer(values: pa.Array) -> pa.Array | None:
    found = try_cast(values, pa.int64())
    return None if found is None or _any(values, _KEEP_AS_TEXT) else found


def _plain_float(values: pa.Array) -> pa.Array | None:
    found = try_cast(values, pa.float64())
    return None if found is None or _any(values, _NOT_EXACT) else found


def _comma_float(values: pa.Array) -> pa.Array | None:
    if not _any(values, ","):
        return None
    if not pc.all(pc.match_substring_regex(values, _COMMA_NUMBER)).as_py():
        return None
    plain = pc.replace_substring(pc.replace_substring(values, ".", ""), ",", ".")
    return plain.cast(pa.float64())

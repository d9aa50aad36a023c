"""Which columns an event's table has, and how values are made to fit them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pyarrow as pa

from suppilo.analytics.events import Bool
from suppilo.lake.arrays import raw_values, valid_mask
from suppilo.lake.names import column_name

if TYPE_CHECKING:
    from deltalake import Schema

PropertyType = Literal["bool", "int", "float", "text", "time"]

TIME = pa.timestamp("us", "UTC")
ARROW_TYPES: dict[PropertyType, pa.DataType] = {
    "bool": pa.bool_(), "int": pa.int64(), "float": pa.float64(), "text": pa.string(),
    "time": TIME,
}  # fmt: skip
_DELTA_TYPES: dict[str, PropertyType] = {
    "boolean": "bool", "long": "int", "double": "float", "string": "text", "timestamp": "time",
}  # fmt: skip
EXACT_INT = 2**53
"""Integers up to here, either sign, are exact as float64."""

SYSTEM_FIELDS = (
    pa.field("path_key", pa.int64(), nullable=False),
    pa.field("path", pa.string(), nullable=False),
    pa.field("at", TIME, nullable=False),
    pa.field("row_order", pa.int64(), nullable=False),
    pa.field("event_id", pa.string()),
    pa.field("session_id", pa.string()),
    pa.field("_rest", pa.string()),
    pa.field("_batch", pa.string()),
)
BATCH = SYSTEM_FIELDS[-1]
"""The batch that a row came with; null in rows written before there was such a column."""
_ORIGINAL = "suppilo.property"


@dataclass(frozen=True, slots=True)
class PropertyColumn:
    """A property as a table keeps it: its exact name, its column and its type."""

    name: str
    column: str
    type: PropertyType

    def field(self) -> pa.Field:
        """Return the column's Arrow field, which carries the exact name."""
        return pa.field(self.column, ARROW_TYPES[self.type], metadata={_ORIGINAL: self.name})


def arrow_schema(columns: Sequence[PropertyColumn]) -> pa.Schema:
    """Return the Arrow schema of a table's files."""
    taken = {column.column for column in columns}
    system = [field for field in SYSTEM_FIELDS if field.name not in taken]
    return pa.schema([*system, *(column.field() for column in columns)])


def has_batches(schema: Schema) -> bool:
    """Return whether a table's log records the column of batches."""
    return any(
        field["name"] == BATCH.name and not _is_property(field)
        for field in json.loads(schema.to_json())["fields"]
    )


def delta_schema(columns: Sequence[PropertyColumn]) -> Schema:
    """Return the schema that the table's log records."""
    from deltalake import Schema

    return Schema.from_arrow(arrow_schema(columns))


def read_columns(schema: Schema) -> tuple[PropertyColumn, ...]:
    """Return the property columns that a table's log records.

    A column of a type that we don't make (another tool added it) is left out.
    """
    system = {field.name for field in SYSTEM_FIELDS}
    return tuple(
        PropertyColumn(
            field["metadata"].get(_ORIGINAL, field["name"]),
            field["name"],
            _DELTA_TYPES[field["type"]],
        )
        for field in json.loads(schema.to_json())["fields"]
        if (field["name"] not in system or _is_property(field))
        and str(field["type"]) in _DELTA_TYPES
    )


def _is_property(field: dict[str, Any]) -> bool:
    # A property called "_batch" may have had the column before rows had batches.
    return _ORIGINAL in field["metadata"]


def new_column(name: str, kind: PropertyType, columns: Sequence[PropertyColumn]) -> PropertyColumn:
    """Return the column that a property seen for the first time gets beside ``columns``."""
    return PropertyColumn(name, column_name(name, {c.column.casefold() for c in columns}), kind)


def type_of(values: pa.Array) -> PropertyType:
    """Return the property type of values that :func:`normalise` made."""
    kind = values.type.value_type if pa.types.is_dictionary(values.type) else values.type
    return next(name for name, arrow in ARROW_TYPES.items() if arrow == kind)


def normalise(values: pa.Array | pa.ChunkedArray) -> pa.Array | None:
    """Return values as one of the five property types; None where all are null.

    Text with few distinct values comes back as a dictionary. Naive times are taken as UTC,
    finer ones are cut to microseconds; decimals become the nearest float; lists and structures
    become JSON text.
    """
    array = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    if isinstance(array, pa.ChunkedArray):  # more than 2 GiB of text stays in chunks
        array = pa.concat_arrays([c.cast(pa.large_string()) for c in array.chunks])
    if array.null_count == len(array):
        return None
    kind = array.type
    if pa.types.is_dictionary(kind) and _is_text(kind.value_type):
        return _encode(array.cast(pa.dictionary(pa.int32(), pa.string())))
    if pa.types.is_dictionary(kind):
        return normalise(array.dictionary_decode())
    return _convert(array)


def _convert(array: pa.Array) -> pa.Array:
    kind = array.type
    if pa.types.is_boolean(kind):
        return array
    if pa.types.is_integer(kind):
        return _convert_integers(array)
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return array.cast(pa.float64(), safe=False)
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return array.cast(pa.timestamp("us", getattr(kind, "tz", None)), safe=False).cast(TIME)
    if _is_text(kind):
        return _encode(array)
    return _encode(pa.array([_as_text(value) for value in array.to_pylist()], pa.string()))


def _is_text(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def _convert_integers(array: pa.Array) -> pa.Array:
    try:
        return array.cast(pa.int64())
    except pa.ArrowInvalid:  # unsigned and beyond int64: text keeps them exactly
        return array.cast(pa.string())


def _as_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return json.dumps(value, ensure_ascii=False, default=str)


def _encode(array: pa.Array, sample: int = 8192) -> pa.Array:
    """Return text as a dictionary where a sample says that values repeat, else as plain text."""
    if pa.types.is_dictionary(array.type):
        return array
    import pyarrow.compute as pc

    some = array.slice(0, sample)
    if len(array) > sample and pc.count_distinct(some).as_py() > sample // 2:
        return array.cast(pa.string())
    return array.cast(pa.string()).dictionary_encode()


@dataclass(frozen=True, slots=True)
class Fitted:
    """Values as a column takes them; ``unfit`` marks those that it doesn't (None: all fit)."""

    values: pa.Array
    unfit: Bool | None


def fit_values(values: pa.Array, kind: PropertyType) -> Fitted:
    """Make normalised values fit a column of type ``kind``, exactly or not at all."""
    given = type_of(values)
    if given == kind:
        return Fitted(values, None)
    if given == "int" and kind == "float":
        return _keep_where(values, _is_exact(values), pa.float64())
    if given == "float" and kind == "int":
        return _keep_where(values, _is_whole(values), pa.int64())
    return Fitted(pa.nulls(len(values), ARROW_TYPES[kind]), valid_mask(values))


def needs_widening(values: pa.Array, kind: PropertyType) -> bool:
    """Return whether an int column must become float to hold these values."""
    if kind != "int" or type_of(values) != "float":
        return False
    return bool(not np.all(_is_whole(values)[valid_mask(values)]))


def is_exact_range(low: int, high: int) -> bool:
    """Return whether all integers in ``[low, high]`` are exact as float64."""
    return low >= -EXACT_INT and high <= EXACT_INT


def _is_exact(values: pa.Array) -> Bool:
    numbers = raw_values(values, np.int64)
    return np.asarray((numbers >= -EXACT_INT) & (numbers <= EXACT_INT), np.bool_)


def _is_whole(values: pa.Array) -> Bool:
    numbers = raw_values(values, np.float64)
    with np.errstate(invalid="ignore"):
        whole = (np.trunc(numbers) == numbers) & (np.abs(numbers) <= EXACT_INT)
    return np.asarray(whole, np.bool_)


def _keep_where(values: pa.Array, fits: Bool, kind: pa.DataType) -> Fitted:
    valid = valid_mask(values)
    numbers = raw_values(values, np.int64 if kind == pa.float64() else np.float64)
    kept = pa.array(np.where(fits, numbers, 0).astype(kind.to_pandas_dtype()), mask=~(valid & fits))
    unfit = valid & ~fits
    return Fitted(kept, unfit if unfit.any() else None)


def rest_texts(unfit: Sequence[tuple[str, pa.Array, Bool]], rows: int) -> pa.Array:
    """Return the ``_rest`` column: JSON objects of the values that fit no column.

    Parameters
    ----------
    unfit
        For each property: its name, its values, and which of them are set aside.
    rows
        The number of rows.
    """
    if not unfit:
        return pa.nulls(rows, pa.string())
    kept: dict[int, dict[str, Any]] = {}
    for name, values, aside in unfit:
        places = np.flatnonzero(aside)
        for row, value in zip(
            places.tolist(), values.take(pa.array(places)).to_pylist(), strict=True
        ):
            kept.setdefault(row, {})[name] = _as_json(value)
    texts: list[str | None] = [None] * rows
    for row, values_of_row in kept.items():
        texts[row] = json.dumps(values_of_row, ensure_ascii=False)
    return pa.array(texts, pa.string())


def _as_json(value: Any) -> Any:
    if isinstance(value, float) and not np.isfinite(value):
        return str(value)  # JSON has no NaN and no infinity
    return value if isinstance(value, bool | int | float | str) else value.isoformat()

"""A role's values: from a column, or from inside the JSON that a column holds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from suppilo.io.blocks import text_of
from suppilo.io.errors import InputError


@dataclass(frozen=True, slots=True)
class RolePlace:
    """A column, and the keys that lead to the value inside it (none: the cell itself)."""

    column: str
    keys: tuple[str, ...] = ()


def find_place(reference: str, columns: Sequence[str], option: str, file: str) -> RolePlace:
    """Return where a role's values are: ``user_id``, or ``action.type`` in the JSON of ``action``.

    Raises
    ------
    InputError
        If there is no such column.
    """
    if reference in columns:
        return RolePlace(reference)
    parts = reference.split(".")
    for length in range(len(parts) - 1, 0, -1):
        if (column := ".".join(parts[:length])) in columns:
            return RolePlace(column, tuple(parts[length:]))
    near = get_close_matches(reference, columns, 1, 0.6)
    hint = f"did you mean {near[0]}? " if near else ""
    raise InputError(
        f"{file}: there is no column {reference}; {hint}set {option} to one of: "
        f"{list_columns(columns)}"
    )


def list_columns(columns: Sequence[str]) -> str:
    """Return column names as a message shows them: the first 30."""
    more = f" and {len(columns) - 30} more" if len(columns) > 30 else ""
    return ", ".join(columns[:30]) + more


def values_at(table: pa.Table, place: RolePlace) -> pa.Array:
    """Return a role's values, row by row, as the file has them (text from inside JSON)."""
    column = plain_array(table.column(place.column))
    return _dig(column, place.keys) if place.keys else column


def plain_array(column: pa.ChunkedArray) -> pa.Array:
    """Return a column as one array, without dictionary encoding."""
    values = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    if isinstance(values, pa.ChunkedArray):
        values = pa.concat_arrays(values.chunks) if values.num_chunks else pa.nulls(0)
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if pa.types.is_large_string(values.type) or pa.types.is_string_view(values.type):
        return values.cast(pa.string())
    return _decode(values) if _is_bytes(values.type) else values


def _is_bytes(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _decode(values: pa.Array) -> pa.Array:
    try:
        return values.cast(pa.string())
    except pa.ArrowInvalid:
        return values


def as_text(values: pa.Array) -> pa.Array:
    """Return values as text: as written, or the decimal text of a number (whole: without .0)."""
    kind = values.type
    if pa.types.is_string(kind):
        return values
    if pa.types.is_integer(kind) or pa.types.is_null(kind):
        return values.cast(pa.string())
    if pa.types.is_floating(kind):
        numbers = values.to_numpy(zero_copy_only=False)
        finite = numbers[np.isfinite(numbers)]
        if len(finite) == len(numbers) and (finite == np.rint(finite)).all():
            return values.cast(pa.int64(), safe=False).cast(pa.string())
    return pa.array([text_of(value) for value in values.to_pylist()], pa.string())


def _dig(column: pa.Array, keys: tuple[str, ...]) -> pa.Array:
    # The same JSON stands in many rows: each different text is read once.
    encoded = pc.dictionary_encode(as_text(column))
    found = [_dig_one(text, keys) for text in encoded.dictionary.to_pylist()]
    return pa.array(found, pa.string()).take(encoded.indices)


def _dig_one(text: str, keys: tuple[str, ...]) -> str | None:
    try:
        value: Any = json.loads(text)
    except (ValueError, RecursionError):
        return None
    for key in keys:
        if isinstance(value, list):
            index = int(key) if key.isdecimal() else 0
            value = value[index] if index < len(value) else None
            if key.isdecimal():
                continue
        value = value.get(key) if isinstance(value, dict) else None
    return text_of(value)

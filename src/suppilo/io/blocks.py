"""What every reader yields: rows as Arrow columns, with their numbers in the file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

CELL_LIMIT = 1 << 20
"""The largest cell that is read, in bytes."""


@dataclass(frozen=True, slots=True)
class RawBlock:
    """Some rows of one file.

    ``rows`` are their numbers in the file. ``typed`` says that the file itself gave types;
    otherwise all columns are text whose types are still to be found, and ``commas`` says that
    their numbers may have a decimal comma.
    """

    table: pa.Table
    rows: NDArray[np.int64]
    typed: bool
    commas: bool = False


def table_of(records: Sequence[Mapping[str, Any]], names: Iterable[str]) -> pa.Table:
    """Return Python values as a table; a column of mixed kinds becomes text."""
    columns = {name: array_of([record.get(name) for record in records]) for name in names}
    return pa.table(columns)


def array_of(values: Sequence[Any]) -> pa.Array:
    """Return Python values as an Arrow array of the one type that they have.

    Objects and lists become JSON text, whole numbers too long for ``int64`` and mixed kinds text.
    """
    kinds = {type(value) for value in values} - {type(None)}
    target = _common_type(kinds)
    if target is not None:
        try:
            return pa.array(values, target)
        except (pa.ArrowInvalid, OverflowError, UnicodeEncodeError):
            pass
    return pa.array([text_of(value) for value in values], pa.string())


def _common_type(kinds: set[type]) -> pa.DataType | None:
    if not kinds:
        return pa.null()
    for allowed, target in (
        ({str}, pa.string()),
        ({bool}, pa.bool_()),
        ({int}, pa.int64()),
        ({int, float}, pa.float64()),
        ({date}, pa.date32()),
    ):
        if kinds <= allowed:
            return target
    return pa.timestamp("us") if kinds == {datetime} else None


def text_of(value: Any) -> str | None:
    """Return a value as the text that a CSV would hold; whole floats without ``.0``.

    Examples
    --------
    >>> text_of(12.0), text_of(True), text_of({"a": 1})
    ('12', 'true', '{"a": 1}')
    """
    if value is None or isinstance(value, str):
        # A lone surrogate (possible in JSON) has no UTF-8 form.
        return value and value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**63:
        return str(int(value))
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return str(value.total_seconds()) if isinstance(value, timedelta) else str(value)

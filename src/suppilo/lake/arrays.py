"""Arrow arrays as numpy sees them.

Several of Arrow's conveniences (``fill_null``, scalars, ``pa.table``) load pandas, where it is
installed, only to find out that they were not given any of it: two seconds in a cold process.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from suppilo.analytics.events import Bool, Int32


def raw_values(array: pa.Array, kind: type[np.generic]) -> NDArray[Any]:
    """Return an array's values without copying; what stands in place of a null is arbitrary."""
    if not len(array):
        return np.empty(0, kind)
    values = np.frombuffer(array.buffers()[1], kind)
    return values[array.offset : array.offset + len(array)]


def integers(values: NDArray[np.int64]) -> pa.Array:
    """Return int64 values as an Arrow array without copying."""
    return pa.Array.from_buffers(pa.int64(), len(values), [None, pa.py_buffer(values)])


def null_mask(array: pa.Array) -> Bool:
    """Return which values are null."""
    return ~valid_mask(array)


def valid_mask(array: pa.Array) -> Bool:
    """Return which values are not null."""
    return unpack_bools(array.is_valid())


def unpack_bools(array: pa.BooleanArray) -> Bool:
    """Return booleans, one byte each; what stands in place of a null is arbitrary."""
    if not len(array):
        return np.empty(0, np.bool_)
    packed = np.frombuffer(array.buffers()[1], np.uint8)
    bits = np.unpackbits(packed, count=array.offset + len(array), bitorder="little")
    return bits[array.offset :].view(np.bool_)


def codes_of(array: pa.DictionaryArray) -> Int32:
    """Return each value's place in the dictionary, -1 for null."""
    indices = array.indices.cast(pa.int32())
    codes = raw_values(indices, np.int32)
    if not array.null_count:
        return codes
    codes = codes.copy()
    codes[null_mask(array)] = -1
    return codes


def without_nan(array: pa.Array) -> pa.Array:
    """Return floats with null in place of NaN."""
    values = raw_values(array, np.float64)
    nan = np.isnan(values)
    return pa.array(values, mask=nan | null_mask(array)) if nan.any() else array

"""A simulated company's events as the lake takes them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from suppilo.analytics.events import PropertyValues
from suppilo.analytics.simulate import World

_WHOLE_NUMBERS = frozenset({"product_count"})


def make_tables(world: World, first: int, last: int) -> tuple[pa.Table, pa.Table]:
    """Return the events ``[first, last)`` and their properties, as ``Lake.write`` takes them."""
    rows, drawn = slice(first, last), world.events
    identifiers = pa.array(world.identifiers, pa.string())
    events = pa.table(
        {
            "path": identifiers.take(pa.array(drawn.identifier[rows])),
            "at": pa.array(drawn.at_us[rows]).cast(pa.timestamp("us", "UTC")),
            "event": _texts(drawn.name, rows),
            "event_id": pa.array(drawn.event_id[rows], pa.string()),
            "session_id": _texts(drawn.session_id, rows),
        }
    )
    properties = {
        name: _texts(values, rows) if isinstance(values, PropertyValues) else
        _numbers(values[rows], whole=name in _WHOLE_NUMBERS)
        for name, values in drawn.properties.items()
    }  # fmt: skip
    return events, pa.table(properties)


def _texts(values: PropertyValues, rows: slice) -> pa.Array:
    codes = values.codes[rows]
    labels = pa.array(values.labels, pa.string())
    return labels.take(pa.array(codes, mask=codes < 0))


def _numbers(values: NDArray[np.float64], *, whole: bool) -> pa.Array:
    missing = np.isnan(values)
    if not whole:
        return pa.array(values, mask=missing)
    return pa.array(np.where(missing, 0, values).astype(np.int64), mask=missing)

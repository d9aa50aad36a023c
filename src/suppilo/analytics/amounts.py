"""Properties that are amounts of money, or other figures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from suppilo.analytics.events import EventTable

Float64 = NDArray[np.float64]


def read_amounts(table: EventTable, name: str) -> Float64 | None:
    """Return a property of each row as a number; NaN where it is none.

    None stands for a property that no event of this name has.
    """
    values = table.values(name)
    if values is None:
        return None
    return np.array([*map(read_number, values.labels), np.nan])[values.codes]


def read_number(label: object) -> float:
    """Return the number that a value is, also one that is written as text; NaN for what is none."""
    try:
        number = float(str(label))
    except ValueError:
        return float("nan")
    return number if np.isfinite(number) else float("nan")

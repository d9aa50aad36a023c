"""Time to convert of each value of a breakdown, and whether they differ."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from suppilo.analytics.durations import LogRank, Quantile, curve_quantile, kaplan_meier, log_rank
from suppilo.analytics.events import Int64
from suppilo.analytics.funnel.run import FunnelResult
from suppilo.analytics.funnel.times import Waits, check_time_steps, find_waits

MOST_VALUES = 12
SHARES = (0.25, 0.5, 0.75, 0.9)


@dataclass(frozen=True, slots=True)
class ValueTimes:
    """How long it takes under one value, in seconds.

    ``quantiles`` are when 25, 50, 75 and 90 % of all have converted, by Kaplan-Meier: whoever has
    not counts as waiting for as long as they were seen to. They are None where so many never do.
    """

    value: Any
    converted: int
    censored: int
    quantiles: tuple[Quantile, ...]


@dataclass(frozen=True, slots=True)
class TimesByValue:
    """The times of a breakdown's largest values, and the log-rank test between them.

    ``left_out`` is how many smaller values there are.
    """

    by: str
    values: tuple[ValueTimes, ...]
    test: LogRank
    left_out: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return asdict(self)


def times_by_value(
    result: FunnelResult, from_step: int = 1, to_step: int | None = None
) -> TimesByValue | None:
    """Return how long each value of a funnel's breakdown takes from one step to a later one.

    None without a breakdown, or where it is by ``all``: a unit has one value here, or it would
    be compared with itself.

    Raises
    ------
    DefinitionError
        If the steps (from 1) are not two required steps in this order.
    """
    definition, values = result.definition, result.values
    if values is None or values.code is None:
        return None
    to_step = definition.required[-1] + 1 if to_step is None else to_step
    check_time_steps(definition, from_step, to_step)
    waits = find_waits(result, from_step, to_step)
    codes = values.code[waits.unit]
    largest, others = _largest(codes, len(values.labels))
    group = np.full(len(values.labels) + 1, -1, np.int64)  # the code -1 is no value
    group[largest] = np.arange(len(largest))
    groups = group[codes]
    kept = groups >= 0
    return TimesByValue(
        definition.by or "",
        tuple(
            _times(values.labels[code], waits, groups == number)
            for number, code in enumerate(largest.tolist())
        ),
        log_rank(waits.seconds[kept], waits.ended[kept], groups[kept], len(largest)),
        others,
    )


def _largest(codes: Int64, values: int) -> tuple[Int64, int]:
    """Return the codes of the values that most units have, and how many others there are."""
    counts = np.bincount(codes[codes >= 0], minlength=values)
    order = np.argsort(-counts, kind="stable")
    seen = int(np.count_nonzero(counts))
    return order[: min(seen, MOST_VALUES)].astype(np.int64), max(0, seen - MOST_VALUES)


def _times(value: Any, waits: Waits, chosen: np.ndarray[Any, np.dtype[np.bool_]]) -> ValueTimes:
    ended = waits.ended[chosen]
    curve = kaplan_meier(waits.seconds[chosen], ended)
    return ValueTimes(
        value,
        int(np.count_nonzero(ended)),
        int(np.count_nonzero(~ended)),
        tuple(curve_quantile(curve, share) for share in SHARES),
    )

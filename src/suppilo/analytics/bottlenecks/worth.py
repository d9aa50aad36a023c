"""What one conversion brings: given by hand, or measured in a property of the last step.

Own definition: ``docs/explanation/algorithms/bottlenecks.md``, "Loss".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from math import isfinite, nan, sqrt
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from suppilo.analytics.bottlenecks.report import Estimate, Worth
from suppilo.analytics.events import EventSource, EventTable, Int64
from suppilo.analytics.funnel.rows import Hits
from suppilo.analytics.funnel.run import FunnelResult
from suppilo.analytics.funnel.select import TableReader
from suppilo.analytics.funnel.spec import DefinitionError

GUESSES = ("value", "amount", "total", "revenue")
"""Properties that are taken for what a conversion brings where nobody said it."""
CURRENCY = "currency"

Float64 = NDArray[np.float64]


def read_worth(text: str, result: FunnelResult, source: EventSource) -> Worth | None:
    """Return what a conversion brings, as written: ``49.90``, ``49.90 EUR``, or a property.

    Raises
    ------
    DefinitionError
        If it is neither an amount nor a property in which the last step has numbers.
    """
    given = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]{3})?\s*", text)
    if given is not None:
        value = float(given[1])
        return Worth(Estimate(value, value, value), (given[2] or "").upper())
    name = text.strip()
    if name not in source.property_names():
        raise DefinitionError(
            f'"worth": {name!r} is neither an amount such as 49.90 EUR nor a property of events'
        )
    found = measure_worth(name, result, source)
    if found is None and len(_last_hits(result).unit):
        raise DefinitionError(f'"worth": events of the last step have no numbers in {name!r}')
    return found


def guess_worth(result: FunnelResult, source: EventSource) -> Worth | None:
    """Return what a conversion brings by the first property that looks like it; None without."""
    known = source.property_names()
    for name in GUESSES:
        if name in known and (found := measure_worth(name, result, source)) is not None:
            return found
    return None


def measure_worth(
    name: str, result: FunnelResult, source: EventSource, level: float = 0.95
) -> Worth | None:
    """Return the mean of a property over the counted conversions; None where none has a number.

    Where they carry several currencies it is the mean of those in the one that most have:
    currencies are never added up. The range is that of the mean, by the normal distribution.
    """
    found: dict[Any, list[Float64]] = {}
    unmeasured = 0
    for values, currency in _read_parts(name, result, source):
        known = ~np.isnan(values)
        unmeasured += int(np.count_nonzero(~known))
        found.setdefault(currency, []).append(values[known])
    sums = {currency: np.concatenate(parts) for currency, parts in found.items()}
    measured = sum(map(len, sums.values()))
    if not measured:
        return None
    # Of equal ones the first by name: the answer must not depend on the order of tables.
    currency = min(sums, key=lambda key: (-len(sums[key]), str(key)))
    return Worth(
        each=_mean(sums[currency], level),
        currency="" if currency is None else str(currency),
        name=name,
        measured=len(sums[currency]),
        unmeasured=unmeasured,
        foreign=measured - len(sums[currency]),
    )


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return nan
    return float(value) if isfinite(value) else nan


def _mean(values: Float64, level: float) -> Estimate:
    mean = float(values.mean())
    if len(values) < 2:
        return Estimate(mean, mean, mean)
    error = float(values.std(ddof=1)) / sqrt(len(values))
    half = NormalDist().inv_cdf(0.5 + level / 2) * error
    return Estimate(mean, max(min(mean, 0.0), mean - half), mean + half)


def _last_hits(result: FunnelResult) -> Hits:
    return result.units.hits[result.definition.required[-1]]


def _read_parts(
    name: str, result: FunnelResult, source: EventSource
) -> Iterator[tuple[Float64, Any]]:
    """Yield the conversions' values, table by table and currency by currency; NaN is none."""
    rows = _last_hits(result).row
    step = result.definition.steps[result.definition.required[-1]]
    events = None if result.definition.order == "any" else step.events
    for paths in source.path_ranges():
        reader = TableReader(source, paths, result.as_of_us or 0)
        for table in reader.tables(events):
            here = rows[(rows >= table.first_row) & (rows < table.first_row + len(table.path))]
            if len(here):
                yield from _split_currencies(table, name, here - table.first_row)


def _split_currencies(table: EventTable, name: str, places: Int64) -> Iterator[tuple[Float64, Any]]:
    labels, codes = _labels_at(table, name, places)
    values = np.array([_number(label) for label in labels])[codes]
    labels, codes = _labels_at(table, CURRENCY, places)
    for code, currency in enumerate(labels):
        yield values[codes == code], currency


def _labels_at(table: EventTable, name: str, places: Int64) -> tuple[list[Any], Int64]:
    """Return the different values at some rows (None for none), and each row's place in them."""
    values = table.values(name)
    if values is None:
        return [None], np.zeros(len(places), np.int64)
    found, codes = np.unique(values.codes[places], return_inverse=True)
    labels = [None if code < 0 else values.labels[code] for code in found.tolist()]
    return labels, codes.astype(np.int64)

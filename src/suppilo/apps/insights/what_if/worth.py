"""What one at the last level of a funnel is worth: the average amount that its events carry."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from suppilo.analytics.events import EventSource, EventTable
from suppilo.analytics.funnel import FunnelDefinition, Step

AMOUNTS = ("value", "amount", "total", "revenue")
"""What amounts are usually called, the likeliest first."""


@dataclass(frozen=True, slots=True)
class AverageAmount:
    """The average of a property, by its name."""

    name: str
    amount: float


def find_average_amount(source: EventSource, definition: FunnelDefinition) -> AverageAmount | None:
    """Return the average amount of the events of a funnel's last step.

    Events since the beginning of the funnel's dates count, each once. None where they carry no
    amount.

    Raises
    ------
    WhereError
        If the step's condition can't be read.
    """
    last = definition.steps[definition.required[-1]]
    known = set(source.property_names())
    for name in AMOUNTS:
        if name in known and (amount := _average(source, definition, last, name)) is not None:
            return AverageAmount(name, amount)
    return None


def _average(
    source: EventSource, definition: FunnelDefinition, step: Step, name: str
) -> float | None:
    total, number = 0.0, 0
    for paths in source.path_ranges():
        for event in step.events or ():
            some, many = _sum(source.read(event, paths), definition, step, name)
            total, number = total + some, number + many
    return total / number if number and total > 0 else None


def _sum(
    table: EventTable, definition: FunnelDefinition, step: Step, name: str
) -> tuple[float, int]:
    values = table.values(name)
    if values is None:
        return 0.0, 0
    # A label that is no number has no weight.
    amounts = np.array([_number(label) for label in values.labels], np.float64)
    counted = values.codes >= 0
    if definition.from_us is not None:
        counted &= table.at >= definition.from_us
    if definition.as_of_us is not None:
        counted &= table.at <= definition.as_of_us
    if step.where is not None:
        counted &= table.matches(step.where)
    each = np.bincount(values.codes[counted], minlength=len(amounts))
    is_number = np.isfinite(amounts)
    return float(each[is_number] @ amounts[is_number]), int(each[is_number].sum())


def _number(label: object) -> float:
    if isinstance(label, int | float | Decimal) and not isinstance(label, bool):
        return float(label)
    return float("nan")

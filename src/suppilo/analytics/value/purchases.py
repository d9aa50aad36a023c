"""Purchases out of events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from suppilo.analytics.amounts import read_amounts
from suppilo.analytics.events import EventSource, EventTable
from suppilo.analytics.value.fit import Float64

Int64 = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Purchases:
    """One row a purchase: whose (the path's key), when, for how much, and its event's row.

    ``unpriced`` purchases had no amount that is a number, and count with 0.
    """

    customer: Int64
    at_us: Int64
    amount: Float64
    row: Int64
    unpriced: int


def read_purchases(
    events: EventSource, names: Sequence[str], amount: str | None = None, where: str | None = None
) -> Purchases:
    """Return the events of some names as purchases.

    Parameters
    ----------
    amount
        The property that says for how much; without one every purchase is worth 0.
    where
        A condition that the events must meet.

    Raises
    ------
    ValueError
        If no event has one of the names, or none of them the property.
    WhereError
        If the condition can't be read.
    """
    known = set(events.event_names())
    if missing := [name for name in names if name not in known]:
        raise ValueError(f"there is no event {missing[0]!r}; there are {', '.join(sorted(known))}")
    parts, has_amount = [], amount is None
    for paths in events.path_ranges():
        for name in names:
            table = events.read(name, paths)
            part, found = _read(table, amount, where)
            parts.append(part)
            has_amount |= found
    if not has_amount:
        raise ValueError(f"no such event has a property {amount!r}")
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    customer, at_us, paid, row = columns
    unpriced = int(np.isnan(paid).sum())
    return Purchases(customer, at_us, np.nan_to_num(paid), row, unpriced)


def _read(
    table: EventTable, amount: str | None, where: str | None
) -> tuple[tuple[Int64, Int64, Float64, Int64], bool]:
    row = np.arange(table.first_row, table.first_row + len(table.path), dtype=np.int64)
    found = None if amount is None else read_amounts(table, amount)
    paid = np.zeros(len(row)) if amount is None else np.full(len(row), np.nan)
    if found is not None:
        paid = found
    keep = slice(None) if where is None else table.matches(where)
    path, at_us = np.asarray(table.path), np.asarray(table.at)
    return (path[keep], at_us[keep], paid[keep], row[keep]), found is not None

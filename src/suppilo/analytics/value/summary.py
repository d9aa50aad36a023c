"""What the models of repeat purchases need to know of each customer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]
DAY_US = 86_400_000_000


@dataclass(frozen=True, slots=True)
class CustomerSummary:
    """One row a customer; the columns have one length.

    Attributes
    ----------
    customer
        The customers' keys, ascending.
    frequency
        Repeat purchases: periods with a purchase after the first one's.
    recency
        From the first to the last purchase, in periods; 0 where there was one.
    age
        From the first purchase to the end of the observation, in periods.
    value
        Mean money of the repeat purchases; 0 where there are none.
    total
        Money of all purchases, the first too.
    """

    customer: Int64
    frequency: Float64
    recency: Float64
    age: Float64
    value: Float64
    total: Float64

    def __len__(self) -> int:
        return len(self.customer)

    def among(self, rows: Int64) -> CustomerSummary:
        """Return some customers."""
        return CustomerSummary(
            self.customer[rows], self.frequency[rows], self.recency[rows], self.age[rows],
            self.value[rows], self.total[rows],
        )  # fmt: skip


def summarise_purchases(
    customer: Int64, at_us: Int64, amount: Float64, as_of_us: int, period_us: int = DAY_US
) -> CustomerSummary:
    """Sum up purchases by customer.

    Purchases of one customer in one period are one purchase, as in Fader, Hardie and Lee (2005);
    those after ``as_of_us`` are not looked at.

    Parameters
    ----------
    customer, at_us, amount
        One row a purchase, in any order: whose, when (UTC, microseconds), for how much.
    as_of_us
        When the observation ends.
    period_us
        The unit of the times, such as a day or a week.
    """
    seen = at_us <= as_of_us
    return sum_up_periods(
        customer[seen], at_us[seen] // period_us, amount[seen], as_of_us // period_us
    )


def sum_up_periods(
    customer: Int64, period: Int64, amount: Float64, last_period: int
) -> CustomerSummary:
    """Sum up purchases by customer, each of a period that has a number.

    Parameters
    ----------
    last_period
        The period in which the observation ends; no purchase is later.
    """
    order = np.lexsort((period, customer))
    customer, period, amount = customer[order], period[order], amount[order]
    begins = _changes(customer) | _changes(period)
    visit_amount = np.add.reduceat(amount, np.flatnonzero(begins)) if len(amount) else amount
    visitor, visit_period = customer[begins], period[begins]
    first = np.flatnonzero(_changes(visitor))
    if not len(first):
        none = np.empty(0, np.float64)
        return CustomerSummary(visitor, none, none, none, none, none)
    last = np.append(first[1:], len(visitor)) - 1
    frequency = (last - first).astype(np.float64)
    total = np.add.reduceat(visit_amount, first)
    repeats = total - visit_amount[first]
    value = np.divide(repeats, frequency, out=np.zeros_like(repeats), where=frequency > 0)
    began = visit_period[first]
    return CustomerSummary(
        visitor[first],
        frequency,
        (visit_period[last] - began).astype(np.float64),
        (last_period - began).astype(np.float64),
        value,
        total,
    )


def _changes(column: Int64) -> NDArray[np.bool_]:
    """Return where a value differs from the one before; the first always does."""
    changed = np.ones(len(column), np.bool_)
    changed[1:] = column[1:] != column[:-1]
    return changed


def count_alike(*columns: Float64) -> tuple[tuple[Float64, ...], Float64]:
    """Return the different rows of some columns, and how many there are of each."""
    if not len(columns[0]):
        return columns, np.empty(0, np.float64)
    rows = np.column_stack(columns)
    order = np.lexsort(rows.T[::-1])
    rows = rows[order]
    begins = np.ones(len(rows), np.bool_)
    begins[1:] = np.any(rows[1:] != rows[:-1], axis=1)
    starts = np.flatnonzero(begins)
    counts = np.diff(np.append(starts, len(rows))).astype(np.float64)
    return tuple(rows[starts].T), counts

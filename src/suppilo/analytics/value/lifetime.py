"""Customer lifetime value: expected purchases times their expected value, discounted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from suppilo.analytics.value.bgnbd import BgNbd
from suppilo.analytics.value.summary import CustomerSummary

Float64 = NDArray[np.float64]


def discounted_value(
    model: BgNbd,
    summary: CustomerSummary,
    value: Float64,
    periods: int,
    period_length: float = 1.0,
    discount: float = 0.0,
) -> Float64:
    """Return what each customer's purchases of the next periods are worth today.

    Parameters
    ----------
    value
        The expected value (or margin) of each customer's purchases.
    periods, period_length
        How many periods ahead, and how long each is in the summary's unit.
    discount
        The rate per period; what is bought in period k counts 1 / (1 + discount) ** k.
    """
    columns = (summary.frequency, summary.recency, summary.age)
    before = np.zeros(len(summary))
    worth = np.zeros(len(summary))
    for k in range(1, periods + 1):
        bought = model.expected_from(k * period_length, *columns)
        worth += (bought - before) * value / (1 + discount) ** k
        before = bought
    return worth


def simple_value(value: float, purchases: float, lifetime: float, margin: float = 1.0) -> float:
    """Return the plain lifetime value: money a purchase × purchases a period × periods × margin.

    It takes everybody to be alike and to stay for the same time: a figure to compare with, not
    to decide on.
    """
    return value * purchases * lifetime * margin

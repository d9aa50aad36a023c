"""Rounding figures so that they still add up."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor


def round_to_sum(values: Sequence[float], digits: int = 1) -> tuple[float, ...]:
    """Return values rounded so that they add up to their rounded sum.

    Each is rounded down; what is missing of the sum goes, a unit of the last digit each, to those
    that lost most (A. Hamilton's method of largest remainders).

    Examples
    --------
    >>> round_to_sum([100 / 3] * 3)
    (33.4, 33.3, 33.3)
    """
    unit = 10.0**digits
    scaled = [value * unit for value in values]
    whole = [floor(value) for value in scaled]
    missing = round(sum(scaled)) - sum(whole)
    by_loss = sorted(range(len(values)), key=lambda i: whole[i] - scaled[i])
    for i in by_loss[:missing]:
        whole[i] += 1
    return tuple(number / unit for number in whole)

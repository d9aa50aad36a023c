"""How a measure spreads over the days of the week."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]

FEWEST_WEEKS = 4
FEWEST_COUNTS = 50
"""With less than this a weekday's share is more chance than habit: then all days weigh the same."""
_WEEK = 7


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What each day of the week weighs, Monday first; 1 on average.

    ``weeks`` is how many it was taken from; 0 where all days weigh the same.
    """

    weights: tuple[float, ...] = (1.0,) * _WEEK
    weeks: int = 0

    def days(self, first_weekday: int, days: int) -> Float64:
        """Return the weights of so many days in a row; ``first_weekday`` 0 is a Monday."""
        return np.array(self.weights)[(first_weekday + np.arange(days)) % _WEEK]

    def share_gone(self, first_weekday: int, days: int, gone: float) -> float:
        """Return the share of a period that is due once ``gone`` of its days are over, 0..1.

        A day that is not over counts by the share of it that is.

        Examples
        --------
        >>> Rhythm((2, 2, 1, 1, 1, 0, 0), 4).share_gone(0, 7, 1.5)
        0.42857142857142855
        """
        weights = self.days(first_weekday, days)
        over = np.clip(gone - np.arange(days), 0.0, 1.0)
        return min(float((weights * over).sum() / weights.sum()), 1.0)


EVEN = Rhythm()


def find_rhythm(counts: Float64, first_weekday: int) -> Rhythm:
    """Return the habit of past days: each weekday's share of the counts.

    Parameters
    ----------
    counts
        How many there were on each of some days in a row. Whole weeks are used, from the end.
    first_weekday
        Of the first of them; 0 is a Monday.

    Notes
    -----
    One is added to each weekday's count (Laplace's rule of succession, "Essai philosophique sur
    les probabilités", 1814): a weekday without any so far is rare, not impossible. Where there are
    fewer than 4 whole weeks or 50 counts, all days weigh the same.

    Examples
    --------
    >>> found = find_rhythm(np.array([19.0, 9, 9, 9, 9, 4, 4] * 4), 0)
    >>> [round(weight, 2) for weight in found.weights]
    [2.08, 1.0, 1.0, 1.0, 1.0, 0.46, 0.46]
    """
    weeks = len(counts) // _WEEK
    used = counts[len(counts) - weeks * _WEEK :]
    if weeks < FEWEST_WEEKS or used.sum() < FEWEST_COUNTS:
        return EVEN
    start = (first_weekday + len(counts) - len(used)) % _WEEK
    by_place = used.reshape(weeks, _WEEK).sum(axis=0) + 1
    by_weekday = np.roll(by_place, start)
    return Rhythm(tuple((by_weekday / by_weekday.mean()).tolist()), weeks)

"""Whether a change is the season's: as large as the one of a year before, on the same weekdays.

The days before and since a break are compared with those 52 weeks before them (a seasonal naive
comparison: R. J. Hyndman and G. Athanasopoulos, Forecasting: Principles and Practice, 3rd ed. 2021,
section 5.2). The logarithms of both ratios scatter as those of Poisson sums, times the dispersion.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from suppilo.analytics.watch.series import Float64

YEAR_DAYS = 364
"""52 weeks: the same weekdays a year before."""
WOBBLE_DAYS = 3
"""An odd day may lie so many days earlier or later than a year before: holidays have dates."""
_LEAST_BEFORE, _LEAST_SINCE = 28, 3
_THERE, _APART = 2.0, 2.5


@dataclass(frozen=True, slots=True)
class Sums:
    """What came within some days, what it is out of, and how many days of them are known."""

    x: float
    exposure: float
    days: int

    @classmethod
    def of(cls, x: Float64, exposure: Float64) -> Sums:
        """Add days up; those without exposure are not known."""
        return cls(float(x.sum()), float(exposure.sum()), int(np.count_nonzero(exposure > 0)))


def is_of_season(now: tuple[Sums, Sums], then: tuple[Sums, Sums], phi: float) -> bool:
    """Return whether a change came a year before as well, and nothing beyond it is left.

    Parameters
    ----------
    now, then
        The days before and since the break; the same a year before.
    phi
        How much sums scatter more than Poisson's.

    Examples
    --------
    >>> calm, high = Sums(2800, 28, 28), Sums(1040, 8, 8)
    >>> is_of_season((calm, high), (calm, high), 1.0)
    True
    >>> is_of_season((calm, high), (calm, Sums(800, 8, 8)), 1.0)
    False
    """
    if then[0].days < _LEAST_BEFORE or then[1].days < _LEAST_SINCE:
        return False
    if min(one.x for one in (*now, *then)) <= 0:
        return False
    moved, error = _log_ratio(now, phi)
    usual, usual_error = _log_ratio(then, phi)
    sign = 1.0 if moved > 0 else -1.0
    is_there = sign * usual > _THERE * usual_error
    is_left = sign * (moved - usual) > _APART * float(np.hypot(error, usual_error))
    return is_there and not is_left


def _log_ratio(sides: tuple[Sums, Sums], phi: float) -> tuple[float, float]:
    before, since = sides
    ratio = (since.x / since.exposure) / (before.x / before.exposure)
    return float(np.log(ratio)), float(np.sqrt(max(phi, 1e-12) * (1 / before.x + 1 / since.x)))

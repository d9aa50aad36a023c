"""Intervals of rates and ratios."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist


@dataclass(frozen=True, slots=True)
class Interval:
    """The interval of a rate, 0..1: ``[lower, upper]`` at confidence ``level``."""

    lower: float
    upper: float
    level: float = 0.95
    method: str = "wilson"


def wilson_interval(successes: int, trials: int, level: float = 0.95) -> Interval | None:
    """Return the Wilson score interval of ``successes / trials``; None where there are no trials.

    Source: E. B. Wilson (1927), "Probable inference, the law of succession, and statistical
    inference", JASA 22, 209-212; without continuity correction.

    Examples
    --------
    >>> found = wilson_interval(842, 8000)
    >>> round(found.lower, 5), round(found.upper, 5)
    (0.09871, 0.11217)
    """
    if trials == 0:
        return None
    if not 0 <= successes <= trials:
        raise ValueError(f"{successes} successes in {trials} trials is not a rate")
    z = NormalDist().inv_cdf(0.5 + level / 2)
    rate, z2 = successes / trials, z * z
    centre = (rate + z2 / (2 * trials)) / (1 + z2 / trials)
    half = z / (1 + z2 / trials) * sqrt(rate * (1 - rate) / trials + z2 / (4 * trials * trials))
    # The bounds at 0 and at all are exact; floating point would miss them by 1e-17.
    lower = 0.0 if successes == 0 else max(0.0, centre - half)
    upper = 1.0 if successes == trials else min(1.0, centre + half)
    return Interval(lower, upper, level)

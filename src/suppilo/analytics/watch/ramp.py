"""Telling a slow trend from a step: a ramp fitted beside the steps that were found.

The ramp is constant until a day and a straight line from there on: J. D. Hinkley (1971),
"Inference in two-phase regression", JASA 66, 736-743; fitted by weighted least squares to figures
without their weekday's share, so that squares are in units of their variance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from suppilo.analytics.watch.series import Float64, Int

SHORTEST = 14
"""Of fewer days, nobody can tell a trend from a step."""
_SLOPE_COSTS, _STEP_COSTS = 2.0, 9.0
"""By how much a slope, or one more step with its day, has to lower the sum of squares."""


@dataclass(frozen=True, slots=True)
class Ramp:
    """A level that was constant, and has risen or fallen steadily since day ``first``.

    ``slope`` is what a day adds, and ``error`` its standard error, in shares of ``level``.
    """

    first: int
    level: float
    slope: float
    error: float


def find_ramp(
    x: Float64, exposure: Float64, phi: float, steps: Sequence[int], since: int
) -> Ramp | None:
    """Return the ramp, if it fits better than steps.

    Parameters
    ----------
    x, exposure
        The figures, and what they are out of, day by day from ``since`` on.
    phi
        How much figures scatter more than Poisson counts.
    steps
        The first days of the levels that were found, counted as ``since`` is.
    """
    known = exposure > 0
    places = np.flatnonzero(known)
    if not x.sum():
        return None
    y = x[known] / exposure[known]
    weight = exposure[known] / (phi * x.sum() / exposure.sum())
    step_square = _steps_square(y, weight, places, [step - since for step in steps])
    kinks = np.arange(places[0] + 3, places[-1] - SHORTEST + 2)
    if not len(kinks):
        return None
    square, level, slope, error, kink = _fit(y, weight, places, kinks)
    if square + _SLOPE_COSTS > step_square + _STEP_COSTS * (len(steps) - 1) or level <= 0:
        return None
    return Ramp(since + kink + 1, level, slope / level, error / level)


def _steps_square(y: Float64, weight: Float64, places: Int, steps: list[int]) -> float:
    part = np.searchsorted(np.array(steps), places, "right")
    total = np.bincount(part, weight, len(steps) + 1)
    mean = np.bincount(part, weight * y, len(steps) + 1) / np.maximum(total, 1e-12)
    return float((weight * (y - mean[part]) ** 2).sum())


def _fit(
    y: Float64, weight: Float64, places: Int, kinks: Int
) -> tuple[float, float, float, float, int]:
    """Return sum of squares, level, slope, its error and the kink of the line that fits best.

    Lines are weighted; of those that fit as well as each other it is that with the first kink.
    """
    whole = weight.sum()
    run = np.maximum(places - kinks[:, None], 0.0)
    x_mean, y_mean = run @ weight / whole, (weight * y).sum() / whole
    apart = run - x_mean[:, None]
    spread = np.maximum((weight * apart**2).sum(axis=1), 1e-12)
    slope = (weight * apart * (y - y_mean)).sum(axis=1) / spread
    level = y_mean - slope * x_mean
    square = (weight * (y - level[:, None] - slope[:, None] * run) ** 2).sum(axis=1)
    best = int(np.argmin(square))
    error = 1 / np.sqrt(spread[best])
    found = float(square[best]), float(level[best]), float(slope[best]), float(error)
    return *found, int(kinks[best])

"""Each channel's effect for every elasticity and half-life of a grid, and between its points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from suppilo.analytics.budget.adstock import Float64, carry_over, find_retention
from suppilo.analytics.budget.history import SpendHistory

ELASTICITY_STEP, HALF_LIFE_STEP = 0.05, 0.5
ELASTICITIES = np.arange(0.05, 0.9501, ELASTICITY_STEP)
LOG2_HALF_LIVES = np.arange(-2.0, 6.01, HALF_LIFE_STEP)
"""From six hours to 64 days."""
_START_WEEKS = 4


@dataclass(frozen=True, slots=True)
class Corners:
    """Four neighbours of places in the grid.

    ``effects`` are their rows, each of shape (places, channels, periods); the others their
    weights, and how these change with the elasticity and with the logarithm (base 2) of the
    half-life, each of shape (places, channels).
    """

    effects: tuple[Float64, ...]
    weights: tuple[Float64, ...]
    by_elasticity: tuple[Float64, ...]
    by_half_life: tuple[Float64, ...]


@dataclass(frozen=True, slots=True)
class EffectGrid:
    """Effects at the reference level 1; ``values`` (channels, elasticities, half-lives, periods).

    Spend is first bent, then carried over: a week's money works less the more of it there is in
    the same week, and what it does is spread over the weeks after (the second order that Jin and
    others, 2017, discuss). Between points of the grid the effect is bilinear: no more than half a
    percent off, and as quick as looking it up.
    """

    values: NDArray[np.float64]
    reference: Float64

    def find_corners(self, elasticity: Float64, half_life_days: Float64) -> Corners:
        """Return the neighbours of places; beyond the grid its edge holds."""
        x = (elasticity - ELASTICITIES[0]) / ELASTICITY_STEP
        y = (np.log2(half_life_days) - LOG2_HALF_LIVES[0]) / HALF_LIFE_STEP
        i, a, inside_x = _split(x, len(ELASTICITIES))
        j, b, inside_y = _split(y, len(LOG2_HALF_LIVES))
        channel = np.arange(len(self.values))
        rows = tuple(
            self.values[channel, i + right, j + up] for right in (0, 1) for up in (0, 1)
        )  # fmt: skip
        dx, dy = inside_x / ELASTICITY_STEP, inside_y / HALF_LIFE_STEP
        return Corners(
            rows,
            ((1 - a) * (1 - b), (1 - a) * b, a * (1 - b), a * b),
            (-(1 - b) * dx, -b * dx, (1 - b) * dx, b * dx),
            (-(1 - a) * dy, (1 - a) * dy, -a * dy, a * dy),
        )


def _split(place: Float64, points: int) -> tuple[NDArray[np.intp], Float64, Float64]:
    """Return the point below, how far beyond it a place lies (0..1), and whether it is inside."""
    held = np.clip(place, 0, points - 1)
    below = np.minimum(held.astype(np.intp), points - 2)
    return below, held - below, np.asarray((held == place) * 1.0)


def build_grid(history: SpendHistory) -> EffectGrid:
    """Return the grid of a history; the reference is the mean spend of periods with spend.

    What was spent before the history is not known: its effect is taken to be that of a usual
    period of the first four weeks.
    """
    spent = history.spend > 0
    reference = history.spend.sum(axis=0) / np.maximum(spent.sum(axis=0), 1)
    reference = np.where(reference > 0, reference, 1.0)
    relative = (history.spend / reference)[..., np.newaxis]
    bent = np.where(spent[..., np.newaxis], relative**ELASTICITIES, 0.0)[..., np.newaxis]
    first = bent[: _START_WEEKS * 7 // history.period_days].mean(axis=0)
    kept = find_retention(2.0**LOG2_HALF_LIVES, history.period_days)
    values = carry_over(bent, kept, np.broadcast_to(first, (*first.shape[:2], len(kept))))
    return EffectGrid(np.ascontiguousarray(np.moveaxis(values, 0, -1)), reference)

"""The best split of a budget over concave curves.

Source: the equal marginal principle (H. Gossen, 1854; for advertising R. Dorfman and P. Steiner,
1954, "Optimal advertising and optimal quality", American Economic Review 44(5), 826-836): at the
best split one more unit of money brings the same in every channel whose bounds don't hold it, no
more in one held by its upper bound and no less in one held by its lower bound. The problem is
convex, so that these conditions (Karush-Kuhn-Tucker) are enough.
"""

from __future__ import annotations

import numpy as np

from suppilo.analytics.budget.adstock import Float64
from suppilo.analytics.budget.curves import Curves
from suppilo.analytics.budget.history import BudgetError

_HALVINGS, _LEAST = 60, 1e-9


def allocate(curves: Curves, budget: float, lower: Float64, upper: Float64) -> Float64:
    """Return the spends that bring most, on average over the draws, for at most the budget.

    More always brings more, so that the budget is spent as far as the upper bounds let it.

    Parameters
    ----------
    lower, upper
        Of each channel, ``0 <= lower <= upper``.

    Raises
    ------
    BudgetError
        If the lower bounds together are more than the budget, or one is above its upper bound.

    Examples
    --------
    >>> curves = Curves(np.array([[3.0, 4.0]]), np.ones(2), np.full((1, 2), 0.5), np.ones((1, 2)))
    >>> allocate(curves, 100.0, np.zeros(2), np.full(2, 100.0)).round(6).tolist()
    [36.0, 64.0]
    """
    if (lower < 0).any() or (lower > upper).any():
        raise BudgetError("each lower bound lies between 0 and its upper bound")
    if lower.sum() > budget * (1 + 1e-9) + 1e-9:
        raise BudgetError(
            f"the lower bounds add up to {lower.sum():,.2f}, more than the budget of {budget:,.2f}"
        )
    if upper.sum() <= budget:
        return upper.copy()
    return _fill(curves, budget, lower, upper)


def _fill(curves: Curves, budget: float, lower: Float64, upper: Float64) -> Float64:
    """Find the marginal return at which the channels take the budget up."""
    from scipy.optimize import brentq

    floor = np.maximum(lower, _LEAST * curves.reference)
    ceiling = np.maximum(upper, floor)

    def left(log_return: float) -> float:
        return float(_take_up(curves, log_return, floor, ceiling).sum() - budget)

    slopes = np.log(curves.slope(np.stack([floor, ceiling])[:, np.newaxis]).mean(axis=1))
    low, high = float(slopes[1].min()) - 1, float(slopes[0].max()) + 1
    if left(high) >= 0:
        return lower.copy()
    found = _take_up(curves, float(brentq(left, low, high, xtol=1e-12)), floor, ceiling)
    free = (found > floor) & (found < ceiling)
    # What the search leaves over is no more than its own rounding.
    found[free] += (budget - found.sum()) * found[free] / max(found[free].sum(), _LEAST)
    return np.asarray(np.clip(found, lower, upper))


def _take_up(curves: Curves, log_return: float, floor: Float64, ceiling: Float64) -> Float64:
    """Return the spends at which each channel's mean slope is that return, within the bounds."""
    steepness = np.log(curves.level * curves.elasticity / curves.reference) - log_return
    power = curves.elasticity - 1
    low, high = np.log(floor / curves.reference), np.log(ceiling / curves.reference)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        is_steeper = np.exp(steepness + power * middle).mean(axis=0) > 1
        low, high = np.where(is_steeper, middle, low), np.where(is_steeper, high, middle)
    found = np.asarray(np.exp((low + high) / 2) * curves.reference)
    at_floor = np.exp(steepness + power * np.log(floor / curves.reference)).mean(axis=0) <= 1
    at_ceiling = np.exp(steepness + power * np.log(ceiling / curves.reference)).mean(axis=0) >= 1
    return np.where(at_floor, floor, np.where(at_ceiling, ceiling, found))

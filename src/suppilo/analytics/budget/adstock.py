"""Geometric adstock: how what is spent now still works later.

Source: S. Broadbent (1979), "One way TV advertisements work", Journal of the Market Research
Society 21(3), 139-166; in the normalised form of Y. Jin and others (2017), "Bayesian methods for
media mix modeling with carryover and shape effects", Google, equation 1: weights add up to one, so
that a steady spend works, in the long run, as much as is spent.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Float64 = NDArray[np.float64]


def find_retention(half_life_days: ArrayLike, period_days: int) -> Float64:
    """Return the share of an effect that is left after a period, 0..1.

    Examples
    --------
    >>> float(find_retention(7.0, 7))
    0.5
    """
    return np.asarray(0.5 ** (period_days / np.asarray(half_life_days, np.float64)))


def carry_over(effect: ArrayLike, retention: ArrayLike, before: ArrayLike = 0.0) -> Float64:
    """Return effects spread over the periods after them, by geometric weights that add up to one.

    Parameters
    ----------
    effect
        What each period's spend does in all; periods are the first axis.
    retention
        The share that is left after a period, 0..1; broadcast against a period's effects.
    before
        The state that the first period finds.

    Examples
    --------
    >>> carry_over([8.0, 0.0, 0.0], 0.5).tolist()
    [4.0, 2.0, 1.0]
    """
    effects, kept = np.asarray(effect, np.float64), np.asarray(retention, np.float64)
    shape = np.broadcast_shapes(effects.shape[1:], kept.shape)
    state = np.broadcast_to(np.asarray(before, np.float64), shape)
    found = np.empty((len(effects), *shape))
    fresh = 1 - kept
    for period, one in enumerate(effects):
        state = kept * state + fresh * one
        found[period] = state
    return found

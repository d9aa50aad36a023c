"""How unusual a day's figure is, as the score of a normal distribution."""

from __future__ import annotations

import numpy as np

from suppilo.analytics.watch.series import Bool, Float64

_TINY = 1e-12


def normal_score(x: Float64, mean: Float64, variance: Float64, is_sum: Bool) -> Float64:
    """Return how unusual figures are, as standard normal scores.

    The score is that of the middle of the figure's probability (mid-p), so that small counts are
    judged by their own skew distribution. Counts have the member of the class of Panjer (1981)
    with that mean and variance: negative binomial, Poisson or binomial; sums a gamma distribution.

    Examples
    --------
    >>> score = normal_score(np.array([4.0]), np.array([4.0]), np.array([4.0]), np.array([False]))
    >>> float(abs(score[0])) < 0.2
    True
    """
    from scipy.special import gammainc, ndtri

    mean = np.maximum(mean, _TINY)
    variance = np.maximum(variance, _TINY)
    x = np.maximum(x, 0)
    share = np.empty_like(mean)
    own = x[is_sum], mean[is_sum], variance[is_sum]
    share[is_sum] = gammainc(own[1] * own[1] / own[2], own[0] * own[1] / own[2])
    counts = x[~is_sum], mean[~is_sum], variance[~is_sum]
    share[~is_sum] = (_count_cdf(*counts) + _count_cdf(counts[0] - 1, *counts[1:])) / 2
    return np.asarray(ndtri(np.clip(share, 1e-15, 1 - 1e-15)))


def _count_cdf(x: Float64, mean: Float64, variance: Float64) -> Float64:
    """Return the chance of at most ``x``."""
    from scipy.special import betainc, gammaincc

    ratio, shown = variance / mean, np.maximum(x, 0)
    wide, narrow = ratio > 1 + 1e-6, ratio < 1 - 1e-6
    found = np.empty_like(mean)
    above, at = ratio[wide] - 1, shown[wide]
    found[wide] = betainc(mean[wide] / above, at + 1, 1 / (1 + above))
    below, at = 1 - ratio[narrow], shown[narrow]
    trials = mean[narrow] / below
    inside = betainc(np.maximum(trials, at + _TINY) - at, at + 1, 1 - below)
    found[narrow] = np.where(at >= trials, 1, inside)
    plain = ~(wide | narrow)
    found[plain] = gammaincc(shown[plain] + 1, mean[plain])
    return np.where(x < 0, 0, found)

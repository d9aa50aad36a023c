"""What is usual on a day: its weekday's share of the level, and how far days scatter.

Sources: the quasi-Poisson baseline, its dispersion from Pearson's residuals and the damping of
past outliers are those of C. P. Farrington and others (1996), "A statistical algorithm for the
early detection of outbreaks of infectious disease", JRSS A 159, 547-563, as improved by A. Noufaily
and others (2013), Statistics in Medicine 32, 1206-1222; here residuals are clipped (Huber 1964)
rather than weighted. Weekday factors are drawn together as in B. Efron and C. Morris (1973), JASA
68, 117-130.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from suppilo.analytics.watch.series import WEEK, Bool, Float64

CLIP = 3.0
"""So many standard deviations a day's figure may pull the baseline."""
_ROUNDS = 4
_TINY = 1e-12


@dataclass(frozen=True, slots=True)
class Family:
    """How the variance of a day follows from its mean: ``base + theta * extra``.

    Counts: mean + theta mean² (negative binomial). Rates: n p q + theta (n - 1) n p q
    (beta-binomial). Sums: theta mean (a compound Poisson sum).
    """

    is_rate: Bool
    is_sum: Bool

    def parts(self, mean: Float64, of: Float64) -> tuple[Float64, Float64]:
        """Return ``base`` and ``extra`` of each day."""
        rest = np.clip(1 - mean / np.maximum(of, 1), 0, 1)
        base = np.where(self.is_rate, mean * rest, np.where(self.is_sum, 0, mean))
        by_rate = base * np.maximum(of - 1, 0)
        extra = np.where(self.is_rate, by_rate, np.where(self.is_sum, mean, mean * mean))
        return base, extra

    def variance(self, mean: Float64, of: Float64, theta: Float64) -> Float64:
        """Return each day's variance; ``theta`` has one value for each row."""
        base, extra = self.parts(mean, of)
        return np.asarray(base + theta[:, None] * extra)


@dataclass(frozen=True, slots=True)
class Baseline:
    """What is usual, one row for each series.

    Attributes
    ----------
    weekday
        By how much each weekday differs from the mean of the week: factors with mean 1.
    level
        The figure of a mean day now: a count, a sum or a rate.
    theta
        How much more days scatter than chance alone has it; see :class:`Family`.
    weight
        The expected figures that level and weekday factors were taken from, in all: what they
        are worth.
    """

    weekday: Float64
    level: Float64
    theta: Float64
    weight: Float64


def fit_baseline(
    x: Float64, of: Float64, past: Float64, use: Bool, weekdays: Float64, family: Family
) -> Baseline:
    """Fit what is usual to some days.

    Parameters
    ----------
    x, of
        The figures, 0 of 0 where a day is not known.
    past
        The level of days before the last break, NaN since then.
    use
        The days to fit to.
    weekdays
        Which weekday each column is, as rows of 0 and 1.
    """
    of = np.where(use, of, 0)
    x = np.where(use, x, 0)
    now = np.isnan(past)
    known = of > 0
    free = np.maximum(known.sum(axis=1) - WEEK, 1) / np.maximum(known.sum(axis=1), 1)
    level, weekday, theta = np.zeros(len(x)), np.ones((len(x), WEEK)), np.zeros(len(x))
    clipped = x
    mean = of
    for rounds in range(_ROUNDS):
        shape = of * (weekday @ weekdays.T)
        level = (clipped * now).sum(axis=1) / np.maximum((shape * now).sum(axis=1), _TINY)
        flat = of * np.where(now, level[:, None], past)
        phi = scatter(mean, family.variance(mean, of, theta)) if rounds else np.ones(len(x))
        weekday = _weekday_factors(clipped @ weekdays, flat @ weekdays, phi)
        mean = flat * (weekday @ weekdays.T)
        theta = _dispersion(clipped, mean, of, family) / free
        reach = CLIP * np.sqrt(family.variance(mean, of, theta))
        clipped = np.clip(x, mean - reach, mean + reach)
    return Baseline(weekday, level, theta, mean.sum(axis=1))


def scatter(mean: Float64, variance: Float64) -> Float64:
    """Return of each row by how much sums of its days scatter more than Poisson counts would."""
    return np.asarray(variance.sum(axis=1) / np.maximum(mean.sum(axis=1), _TINY))


def _weekday_factors(x: Float64, base: Float64, phi: Float64) -> Float64:
    """Return weekday factors, drawn together as far as chance alone explains how they differ."""
    raw = x / np.maximum(base, _TINY)
    raw = np.where(base > _TINY, raw, 1)
    apart = (base * (raw - 1) ** 2).sum(axis=1) / np.maximum(phi, _TINY)
    kept = np.clip(1 - (WEEK - 3) / np.maximum(apart, _TINY), 0, 1)
    factors = 1 + kept[:, None] * (raw - 1)
    mean = factors.mean(axis=1, keepdims=True)
    return np.asarray(np.maximum(factors / np.maximum(mean, _TINY), 1e-3))


def _dispersion(x: Float64, mean: Float64, of: Float64, family: Family) -> Float64:
    """Return the dispersion by the method of moments, weighted as sums of days weigh them."""
    base, extra = family.parts(mean, of)
    square = (x - mean) ** 2
    above = (square - base).sum(axis=1) / np.maximum(extra.sum(axis=1), _TINY)
    return np.asarray(np.maximum(above, 0))


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
    middle = (_count_cdf(x, mean, variance) + _count_cdf(x - 1, mean, variance)) / 2
    by_sum = gammainc(mean * mean / variance, x * mean / variance)
    share = np.where(is_sum, by_sum, middle)
    return np.asarray(ndtri(np.clip(share, 1e-15, 1 - 1e-15)))


def _count_cdf(x: Float64, mean: Float64, variance: Float64) -> Float64:
    """Return the chance of at most ``x``."""
    from scipy.special import betainc, gammaincc

    ratio = variance / mean
    above = np.maximum(ratio - 1, 1e-9)
    below = np.maximum(1 - ratio, 1e-9)
    shown = np.maximum(x, 0)
    wide = betainc(mean / above, shown + 1, 1 / (1 + above))
    trials = np.maximum(mean / below, shown + _TINY)
    narrow = np.where(shown >= mean / below, 1, betainc(trials - shown, shown + 1, 1 - below))
    found = np.where(ratio > 1 + 1e-6, wide, gammaincc(shown + 1, mean))
    found = np.where(ratio < 1 - 1e-6, narrow, found)
    return np.where(x < 0, 0, found)

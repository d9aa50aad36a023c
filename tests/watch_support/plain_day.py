"""A day judged as plainly as can be: whole arrays, all rows at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from suppilo.analytics.watch.scan import (
    GUARD,
    LEAST_EFFECT,
    LONGEST,
    SHORTEST,
    WINDOW,
    YOUNG,
)
from suppilo.analytics.watch.series import WEEK, Board, Bool, Float64, Int

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


def best_split(x: Float64, exposure: Float64, known: Bool, phi: Float64, shortest: int) -> Float64:
    """Return each row's largest signed root of the likelihood ratio of two levels to one."""
    rows = zip(x, exposure, known, phi, strict=True)
    return np.array([_best_of_row(*row, shortest) for row in rows])


def _best_of_row(x: Float64, exposure: Float64, known: Bool, phi: float, shortest: int) -> float:
    best = 0.0
    for length in range(shortest, min(LONGEST, len(x) - WEEK) + 1):
        cut = len(x) - length
        if known[:cut].sum() < WEEK or known[cut:].sum() < shortest:
            continue
        sides = [(x[part].sum(), exposure[part].sum()) for part in (slice(cut), slice(cut, None))]
        # Half a figure stands in for none, so that a fall to nothing has a size.
        before, after = (max(count, 0.5) / out_of for count, out_of in sides)
        if max(before, after) / min(before, after) <= 1 + LEAST_EFFECT:
            continue
        score = _root(sides, phi)
        if abs(score) > abs(best):
            best = score
    return best


def _root(sides: list[tuple[float, float]], phi: float) -> float:
    """Return the signed root of twice the gain in Poisson log-likelihood, over the dispersion."""
    together = sum(count for count, _ in sides) / sum(out_of for _, out_of in sides)
    apart = [count / out_of for count, out_of in sides]
    gain = sum(
        _log_likelihood(*side, rate) - _log_likelihood(*side, together)
        for side, rate in zip(sides, apart, strict=True)
    )
    size = np.sqrt(2 * max(gain, 0.0) / phi)
    return float(size if apart[1] >= apart[0] else -size)


def _log_likelihood(count: float, out_of: float, rate: float) -> float:
    """Return that of a sum of Poisson counts, but for what does not depend on the rate."""
    return float(special.xlogy(count, rate) - out_of * rate)


@dataclass(frozen=True)
class PlainDay:
    """What is told of each row, as of :func:`suppilo.analytics.watch.kernels.judge_day`."""

    weekday: Float64
    mean: Float64
    variance: Float64
    weight: Float64
    phi: Float64
    score: Float64


def judge_plainly(board: Board, past: Float64, odd: Bool, start: Int, day: int) -> PlainDay:
    """Judge one day of each row, going by the days until then."""
    family = Family(board.is_rate, board.is_sum)
    low = max(0, day - WINDOW + 1)
    days, columns = slice(low, day + 1), np.arange(low, day + 1)
    is_young = (day - start < YOUNG)[:, None]
    use = ((columns <= day - GUARD) | (is_young & (columns < day))) & ~odd[:, days]
    x, of, weekdays = board.x[:, days], board.of[:, days], board.weekdays()[days]
    fit = fit_baseline(x, of, past[:, days], use, weekdays, family)
    shape = fit.weekday @ weekdays.T
    mean = of * fit.level[:, None] * shape
    variance = family.variance(mean, of, fit.theta)
    inside = (columns >= start[:, None]) & (of > 0)
    reach = CLIP * np.sqrt(variance)
    phi = scatter(mean * inside, variance * inside)
    seen = np.clip(x, mean - reach, mean + reach) * inside
    score = best_split(seen, of * shape * inside, inside, phi, SHORTEST)
    return PlainDay(fit.weekday, mean[:, -1], variance[:, -1], fit.weight, phi, score)

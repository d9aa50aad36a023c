"""How much more often something came after an action than without it, over many small strata.

Within a stratum both sides are alike. Their differences are averaged with the weights of N. Mantel
and W. Haenszel (1959), "Statistical aspects of the analysis of data from retrospective studies of
disease", JNCI 22, 719-748, n1 n0 / (n1 + n0): a stratum tells the more, the more there are on both
sides of it. One deal has several moments, so the variance adds up what each deal brings (K.-Y.
Liang and S. L. Zeger (1986), "Longitudinal data analysis using generalized linear models",
Biometrika 73, 13-22).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

import numpy as np

from suppilo.analytics.durations import Float64
from suppilo.analytics.events import Bool, Int64
from suppilo.analytics.intervals import Interval
from suppilo.analytics.shrinkage import FEWEST_GROUPS


@dataclass(frozen=True, slots=True)
class Lift:
    """A mean without an action, and by how much it differs with it.

    Attributes
    ----------
    without
        A share, 0..1; or a number of days.
    difference, interval
        In the same unit; positive where it was more with the action.
    """

    without: float
    difference: float
    interval: Interval

    @property
    def with_it(self) -> float:
        """The mean with the action."""
        return self.without + self.difference


@dataclass(frozen=True, slots=True)
class Compared:
    """Moments of both sides that have somebody of the other side in their stratum.

    Attributes
    ----------
    stratum, group
        Numbers from 0; a stratum belongs to one group.
    deal
        Whose moment it is.
    is_doing
        Whether the action was done at it.
    """

    stratum: Int64
    group: Int64
    deal: Int64
    is_doing: Bool

    def among(self, chosen: Bool) -> Compared:
        """Return some of the moments."""
        return Compared(
            self.stratum[chosen], self.group[chosen], self.deal[chosen], self.is_doing[chosen]
        )


@dataclass(frozen=True, slots=True)
class Estimates:
    """The differences of groups, their variances, what was without, and the weight of each."""

    difference: Float64
    variance: Float64
    without: Float64
    weight: Float64


def match_strata(moments: Compared) -> Bool:
    """Return which moments have both sides in their stratum."""
    size = int(moments.stratum.max(initial=0)) + 1
    doing = np.bincount(moments.stratum[moments.is_doing], minlength=size)
    others = np.bincount(moments.stratum[~moments.is_doing], minlength=size)
    matched: Bool = ((doing > 0) & (others > 0))[moments.stratum]
    return matched


def compare_groups(moments: Compared, value: Float64, groups: int) -> Estimates:
    """Return the difference of each group; each has moments, and ``moments`` are matched.

    A group in which everybody did the same does not pass for known exactly: its spread is that of
    all, until it has shown one of its own.
    """
    strata = _read_strata(moments, value)
    group_of = np.zeros(len(strata.weight), np.int64)
    group_of[moments.stratum] = moments.group
    whole = np.bincount(group_of, strata.weight, groups)
    gaps = strata.means[0] - strata.means[1]
    scale = np.bincount(group_of, strata.weight**2 * strata.inverse, groups) / whole**2
    clustered = _add_up_deals(moments, strata.shares(moments, value) / whole[moments.group], groups)
    return Estimates(
        np.bincount(group_of, strata.weight * gaps, groups) / whole,
        np.maximum(clustered, _spread_of(moments, value, groups) * scale),
        np.bincount(group_of, strata.weight * strata.means[1], groups) / whole,
        whole.astype(np.float64),
    )


@dataclass(frozen=True, slots=True)
class _Strata:
    """Of each stratum: how many are on both sides, their means, its weight, 1 / n1 + 1 / n0."""

    counts: tuple[Float64, Float64]
    means: tuple[Float64, Float64]
    weight: Float64
    inverse: Float64

    def shares(self, moments: Compared, value: Float64) -> Float64:
        """Return what each moment adds to the weighted sum of differences, but for chance 0."""
        n1, n0 = (count[moments.stratum] for count in self.counts)
        centre = (n1 * self.means[0][moments.stratum] + n0 * self.means[1][moments.stratum]) / (
            n1 + n0
        )
        # One mean is taken from each stratum, so N - 1 of its N deviations are free.
        free = np.sqrt((n1 + n0) / (n1 + n0 - 1))
        weight = self.weight[moments.stratum] * np.where(moments.is_doing, 1 / n1, -1 / n0)
        shares: Float64 = weight * (value - centre) * free
        return shares


def _read_strata(moments: Compared, value: Float64) -> _Strata:
    size = int(moments.stratum.max(initial=0)) + 1
    counts, means = [], []
    for side in (moments.is_doing, ~moments.is_doing):
        stratum = moments.stratum[side]
        count = np.bincount(stratum, minlength=size).astype(np.float64)
        counts.append(count)
        means.append(np.bincount(stratum, value[side], size) / np.maximum(count, 1))
    n1, n0 = counts
    both = np.minimum(n1, n0) > 0
    inverse = np.where(both, 1 / np.maximum(n1, 1) + 1 / np.maximum(n0, 1), np.inf)
    return _Strata((n1, n0), (means[0], means[1]), 1 / inverse, np.where(both, inverse, 0.0))


def _add_up_deals(moments: Compared, brought: Float64, groups: int) -> Float64:
    """Return each group's variance: the squares of what each of its deals brings, added up."""
    deals = int(moments.deal.max(initial=0)) + 1
    cell, place = np.unique(moments.group * deals + moments.deal, return_inverse=True)
    squares = np.bincount(place, brought, len(cell)) ** 2
    return np.bincount(cell // deals, squares, groups).astype(np.float64)


def _spread_of(moments: Compared, value: Float64, groups: int) -> Float64:
    """Return the variance of a value in each group, with one moment's worth of all groups'."""
    n = np.bincount(moments.group, minlength=groups)
    mean = np.bincount(moments.group, value, groups) / np.maximum(n, 1)
    squares = np.bincount(moments.group, (value - mean[moments.group]) ** 2, groups)
    spread: Float64 = (squares + (value.var() if len(value) else 0.0)) / (n + 1)
    return spread


def compare_all(moments: Compared, value: Float64) -> Estimates:
    """Return the difference over all strata: one group."""
    one = np.zeros_like(moments.group)
    whole = Compared(moments.stratum, one, moments.deal, moments.is_doing)
    return compare_groups(whole, value, 1)


def read_lift(found: Estimates, level: float) -> Lift:
    """Return the lift of the only group."""
    without, difference = float(found.without[0]), float(found.difference[0])
    return make_lift(without, difference, float(found.variance[0]), level)


def make_lift(without: float, difference: float, variance: float, level: float) -> Lift:
    """Return a difference with its interval."""
    half = NormalDist().inv_cdf(0.5 + level / 2) * sqrt(variance)
    interval = Interval(difference - half, difference + half, level, "mantel-haenszel")
    return Lift(float(without), float(difference), interval)


@dataclass(frozen=True, slots=True)
class Shrunk:
    """Groups' differences drawn towards that of all, with their variances.

    ``new_variance`` is that of a group of which nothing is known yet: its difference is that of
    all.
    """

    difference: Float64
    variance: Float64
    new_variance: float


def shrink_groups(found: Estimates, whole: Estimates) -> Shrunk:
    """Draw groups' differences towards that of all, the more, the less each tells by itself.

    How much groups differ is estimated by R. DerSimonian and N. Laird (1986), "Meta-analysis in
    clinical trials", Controlled Clinical Trials 7, 177-188; the rest is C. N. Morris (1983),
    "Parametric empirical Bayes inference", JASA 78, 47-55. Of fewer than three groups it can't be
    told: all of them are taken for alike.
    """
    difference, variance = float(whole.difference[0]), float(whole.variance[0])
    between = _between(found)
    share = found.weight / found.weight.sum()
    mean_variance = variance + between * float((share**2).sum())
    if not between:
        same = np.full(len(found.difference), 1.0)
        return Shrunk(difference * same, mean_variance * same, mean_variance)
    towards = found.variance / (found.variance + between)
    drawn = towards * difference + (1 - towards) * found.difference
    spread = (1 - towards) * found.variance + towards**2 * mean_variance
    return Shrunk(drawn, spread, mean_variance + between)


def _between(found: Estimates) -> float:
    """Return the variance of groups' true differences."""
    if len(found.difference) < FEWEST_GROUPS:
        return 0.0
    weight = 1 / found.variance
    mean = (weight * found.difference).sum() / weight.sum()
    excess = (weight * (found.difference - mean) ** 2).sum() - (len(weight) - 1)
    scale = weight.sum() - (weight**2).sum() / weight.sum()
    return float(max(0.0, excess / scale))

"""How long things take when some are not finished yet."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from suppilo.analytics.events import Bool

Float64 = NDArray[np.float64]


_MOMENTS_AT_ONCE = 8_192
"""So many columns a table of groups by moments has: a million moments of 60 would fill memory."""


@dataclass(frozen=True, slots=True)
class SurvivalCurve:
    """A Kaplan-Meier curve: after ``time``, the share that is still waiting, with its interval.

    Times are those at which something ended; shares are 0..1.
    """

    time: Float64
    share: Float64
    lower: Float64
    upper: Float64
    level: float = 0.95


def kaplan_meier(durations: Float64, ended: Bool, level: float = 0.95) -> SurvivalCurve:
    """Estimate the share still waiting over time; who has not ended is right-censored.

    Parameters
    ----------
    durations
        How long each was watched, any unit.
    ended
        Whether the wait ended then; otherwise it was still on when last seen.
    level
        Of the interval, by the log(-log) transformation, which keeps it in 0..1.

    Notes
    -----
    Kaplan and Meier (1958), "Nonparametric estimation from incomplete observations", JASA 53;
    variance by Greenwood (1926); the transformation as in Kalbfleisch and Prentice (1980).
    Who is censored at a moment counts as at risk at it.
    """
    moments, index = np.unique(durations, return_inverse=True)
    leaving = np.bincount(index, minlength=len(moments))
    ends = np.bincount(index, weights=ended, minlength=len(moments))
    at_risk = leaving[::-1].cumsum()[::-1]
    here = ends > 0
    ends, at_risk = ends[here], at_risk[here].astype(np.float64)
    share = np.cumprod(1 - ends / at_risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.cumsum(ends / (at_risk * (at_risk - ends)))
        log_share = np.log(share)
        half = NormalDist().inv_cdf(0.5 + level / 2) * np.sqrt(greenwood) / log_share
        lower, upper = np.exp(log_share * np.exp(-half)), np.exp(log_share * np.exp(half))
    # With nobody left the share is 0 and the interval has no width to speak of.
    lower, upper = np.where(share > 0, lower, 0.0), np.where(share > 0, upper, 0.0)
    return SurvivalCurve(moments[here], share, lower, upper, level)


@dataclass(frozen=True, slots=True)
class Quantile:
    """The time by which a share has ended, with its interval; None where the curve ends before."""

    share: float
    time: float | None
    lower: float | None
    upper: float | None


def curve_quantile(curve: SurvivalCurve, share: float) -> Quantile:
    """Return when ``share`` (0..1) of all have ended; the median is at 0.5.

    The interval is that of Brookmeyer and Crowley (1982), "A confidence interval for the median
    survival time", Biometrics 38: all times whose own interval holds ``1 - share``.
    """
    left = 1 - share
    return Quantile(
        share,
        _first_below(curve, curve.share, left),
        _first_below(curve, curve.lower, left),
        _first_below(curve, curve.upper, left),
    )


def _first_below(curve: SurvivalCurve, values: Float64, bound: float) -> float | None:
    # A share such as 1 - 0.8 is not exact; a curve that stands on it has reached it.
    found = np.flatnonzero(values <= bound + 1e-12)
    return float(curve.time[found[0]]) if len(found) else None


@dataclass(frozen=True, slots=True)
class CumulativeIncidence:
    """By each ``time``, the share of all that has ended by one cause, with its interval.

    ``cause`` is the number of the cause; times are those at which something ended, by whatever
    cause; shares are 0..1.
    """

    cause: int
    time: Float64
    share: Float64
    lower: Float64
    upper: Float64
    level: float = 0.95


def aalen_johansen(
    durations: Float64, causes: NDArray[np.integer], level: float = 0.95
) -> tuple[CumulativeIncidence, ...]:
    """Estimate, for each cause, the share that it has ended by then.

    Where one thing can end in several ways, each keeps the others from happening: one minus
    Kaplan-Meier of one cause, with the others as censoring, would promise too much.

    Parameters
    ----------
    durations
        How long each was watched, any unit.
    causes
        What it ended by: 1, 2 … up to the largest; 0 where it was still on when last seen.
    level
        Of the interval, by the log(-log) transformation.

    Notes
    -----
    Aalen and Johansen (1978), "An empirical transition matrix for non-homogeneous Markov chains
    based on censored observations", Scandinavian Journal of Statistics 5. Variance by the delta
    method: Collett, "Modelling Survival Data in Medical Research", 3rd edition, page 411.
    """
    moments, index = np.unique(durations, return_inverse=True)
    leaving = np.bincount(index, minlength=len(moments))
    at_risk = leaving[::-1].cumsum()[::-1].astype(np.float64)
    ended = _count_at(index, causes > 0, len(moments))
    here = ended > 0
    risks = _Risks(moments[here], at_risk[here], ended[here])
    return tuple(
        risks.incidence(cause, _count_at(index, causes == cause, len(moments))[here], level)
        for cause in range(1, int(causes.max(initial=0)) + 1)
    )


_ROUNDING = 1e-12


def _count_at(index: NDArray[np.integer], which: Bool, size: int) -> Float64:
    return np.bincount(index[which], minlength=size).astype(np.float64)


@dataclass(frozen=True, slots=True)
class _Risks:
    """Who was at risk, and how many ended by whatever cause, at each moment of an end."""

    time: Float64
    at_risk: Float64
    ended: Float64

    def incidence(self, cause: int, ended: Float64, level: float) -> CumulativeIncidence:
        """Return the estimate for a cause by which so many ended at each moment."""
        left = np.cumprod(1 - self.ended / self.at_risk)
        before = np.ones_like(left)
        before[1:] = left[:-1]
        share = np.cumsum(before * ended / self.at_risk)
        # Thirds and fifths don't add up to one exactly.
        share[np.abs(share - 1) < _ROUNDING] = 1
        variance = self._variance(share, before, ended)
        with np.errstate(divide="ignore", invalid="ignore"):
            log_share = np.log(share)
            half = NormalDist().inv_cdf(0.5 + level / 2) * np.sqrt(variance) / (share * log_share)
            lower, upper = np.exp(log_share * np.exp(-half)), np.exp(log_share * np.exp(half))
        # Where nobody, or everybody, has ended by it, the interval has no width to speak of.
        inside = (share > 0) & (share < 1)
        lower, upper = np.where(inside, lower, share), np.where(inside, upper, share)
        return CumulativeIncidence(cause, self.time, share, lower, upper, level)

    def _variance(self, share: Float64, before: Float64, ended: Float64) -> Float64:
        """Return the variance at each moment: sums over the moments until then, multiplied out."""
        n, d = self.at_risk, self.ended
        # With nobody left, the moment's own term is zero, and there is no later moment.
        greenwood = np.divide(d, n * (n - d), out=np.zeros_like(d), where=n > d)
        own = before**2 * (n - ended) * ended / n**3
        cross = before * ended / n**2
        first = (
            share**2 * np.cumsum(greenwood)
            - 2 * share * np.cumsum(greenwood * share)
            + np.cumsum(greenwood * share**2)
        )
        third = share * np.cumsum(cross) - np.cumsum(cross * share)
        variance: Float64 = np.maximum(first + np.cumsum(own) - 2 * third, 0.0)
        return variance


@dataclass(frozen=True, slots=True)
class LogRank:
    """Whether groups take equally long: the log-rank test.

    Under "no difference" ``statistic`` is chi-square with ``degrees`` of freedom; ``p_value`` is
    the chance of one as large. Of each group ``ended`` has ended, where ``expected`` would have,
    had all gone at one pace. With fewer than two groups that were ever at risk together there is
    nothing to compare: ``degrees`` is 0 and ``p_value`` 1.
    """

    statistic: float
    degrees: int
    p_value: float
    ended: tuple[int, ...]
    expected: tuple[float, ...]


def log_rank(durations: Float64, ended: Bool, group: NDArray[np.integer], groups: int) -> LogRank:
    """Test whether groups differ in how long they take; who has not ended is right-censored.

    Parameters
    ----------
    durations, ended
        As for :func:`kaplan_meier`.
    group
        The number of each one's group, ``0 .. groups - 1``.
    groups
        How many groups there are.

    Notes
    -----
    Mantel (1966), "Evaluation of survival data and two new rank order statistics arising in its
    consideration", Cancer Chemotherapy Reports 50, 163-170; Peto and Peto (1972), JRSS A 135,
    185-207. At each moment the ends are spread hypergeometrically over those at risk, which is
    what handles ties; every moment weighs the same.
    """
    moments, index = np.unique(durations, return_inverse=True)
    order = np.argsort(index, kind="stable")
    index, ended, group = index[order], ended[order], group[order]
    left = np.bincount(group, minlength=groups)
    found, expected, covariance = np.zeros(groups), np.zeros(groups), np.zeros((groups, groups))
    for first in range(0, len(moments), _MOMENTS_AT_ONCE):
        size = min(_MOMENTS_AT_ONCE, len(moments) - first)
        here = slice(*np.searchsorted(index, (first, first + size)))
        place = group[here] * size + index[here] - first  # one pass counts the groups at each
        leaving = np.bincount(place, minlength=groups * size).reshape(groups, size)
        ends = np.bincount(place, weights=ended[here], minlength=groups * size)
        at_risk = left[:, None] - leaving.cumsum(axis=1) + leaving
        left = left - leaving.sum(axis=1)
        sums = _expect_ends(ends.reshape(groups, size).astype(np.float64), at_risk * 1.0)
        found, expected, covariance = found + sums[0], expected + sums[1], covariance + sums[2]
    statistic, degrees = _quadratic_form(found - expected, covariance)
    counts = tuple(int(count) for count in found)
    return LogRank(
        statistic, degrees, _chi_square_tail(statistic, degrees), counts, tuple(expected.tolist())
    )


def _expect_ends(ends: Float64, at_risk: Float64) -> tuple[Float64, Float64, Float64]:
    """Return each group's ends, those expected of it, and how these vary together.

    ``ends`` and ``at_risk`` have a row for each group and a column for each moment.
    """
    here = ends.sum(axis=0) > 0
    ends, at_risk = ends[:, here], at_risk[:, here]
    risk, total = at_risk.sum(axis=0), ends.sum(axis=0)
    expected = (at_risk * (total / risk)).sum(axis=1)
    spread = np.where(risk > 1, total * (risk - total) / np.maximum(risk - 1, 1), 0.0) / risk**2
    covariance = np.diag((at_risk * risk * spread).sum(axis=1)) - (at_risk * spread) @ at_risk.T
    return ends.sum(axis=1), expected, covariance


def _quadratic_form(difference: Float64, covariance: Float64) -> tuple[float, int]:
    """Return d' V⁻ d and the rank of V: the groups' differences add up to 0, so V is singular."""
    values, vectors = np.linalg.eigh(covariance)
    kept = values > 1e-9 * max(1.0, float(values.max(initial=0.0)))
    along = vectors[:, kept].T @ difference
    return float((along**2 / values[kept]).sum()), int(np.count_nonzero(kept))


def _chi_square_tail(statistic: float, degrees: int) -> float:
    from scipy.special import chdtrc

    return float(chdtrc(degrees, statistic)) if degrees else 1.0

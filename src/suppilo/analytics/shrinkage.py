"""Rates of small groups, drawn towards what groups are usually like: the beta-binomial model.

Source: J. G. Skellam (1948), "A probability distribution derived from the binomial distribution
by regarding the probability of success as variable between the sets of trials", JRSS B 10(2),
257-261; used for estimates as in G. Casella (1985), "An introduction to empirical Bayes data
analysis", The American Statistician 39(2), 83-87. The groups' rates are drawn from one Beta(a, b);
each group's rate is its posterior, Beta(a + successes, b + failures). (a, b) is the mode of
(log(a / b), log(a + b)) under p(a, b) ~ (a + b)^(-5/2): A. Gelman and others (2013), "Bayesian Data
Analysis", 3rd edition, 5.3, equations 5.8 and 5.9. Plain maximum likelihood would take a few groups
that look alike for groups that are alike, and know each of them far too well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from suppilo.analytics.intervals import Interval

FEWEST_GROUPS = 3
"""From fewer groups it can't be told how much groups differ."""


@dataclass(frozen=True, slots=True)
class BetaPrior:
    """What groups are usually like: Beta(``a``, ``b``)."""

    a: float
    b: float

    @property
    def mean(self) -> float:
        """The usual rate, 0..1."""
        return self.a / (self.a + self.b)

    @property
    def weight(self) -> float:
        """How many trials of a group's own weigh as much as what is usual."""
        return self.a + self.b


@dataclass(frozen=True, slots=True)
class ShrunkRate:
    """A group's rate with what is usual taken into account, and its credible interval, 0..1."""

    rate: float
    interval: Interval


def fit_prior(successes: Sequence[int], trials: Sequence[int]) -> BetaPrior | None:
    """Return what groups are usually like; None for fewer than three groups with trials.

    Raises
    ------
    ValueError
        If a group has more successes than trials.
    """
    from scipy.optimize import minimize

    won, of = np.asarray(successes, np.float64), np.asarray(trials, np.float64)
    if np.any((won < 0) | (won > of)):
        raise ValueError("a group has more successes than trials")
    won, of = won[of > 0], of[of > 0]
    if len(of) < FEWEST_GROUPS:
        return None
    # Half a success and half a failure more keep the beginning inside (0, 1).
    mean = (won.sum() + 0.5) / (of.sum() + 1)
    start = np.array([np.log(mean / (1 - mean)), np.log(10.0)])
    bounds = [(-15.0, 15.0), (np.log(0.05), np.log(1e6))]
    found = minimize(_minus_log_posterior, start, (won, of), method="L-BFGS-B", bounds=bounds)
    return _prior_at(found.x)


def _prior_at(point: np.ndarray) -> BetaPrior:
    mean, weight = 1 / (1 + np.exp(-point[0])), np.exp(point[1])
    return BetaPrior(float(mean * weight), float((1 - mean) * weight))


def _minus_log_posterior(point: np.ndarray, won: np.ndarray, of: np.ndarray) -> float:
    """Return it at the logit of the mean and the logarithm of the weight (of a / b, and a + b)."""
    from scipy.special import betaln

    prior = _prior_at(point)
    terms = betaln(prior.a + won, prior.b + of - won) - betaln(prior.a, prior.b)
    # a b (a + b)^(-5/2): the prior of (a, b), as a density of the two logarithms.
    scale = np.log(prior.a) + np.log(prior.b) - 2.5 * np.log(prior.weight)
    return float(-terms.sum() - scale)


def shrink_rate(prior: BetaPrior, successes: int, trials: int, level: float = 0.95) -> ShrunkRate:
    """Return a group's rate, drawn towards what is usual the more, the fewer trials it has.

    Examples
    --------
    >>> found = shrink_rate(BetaPrior(2, 18), 1, 1)
    >>> round(found.rate, 3)
    0.143
    """
    from scipy.special import betaincinv

    a, b = prior.a + successes, prior.b + trials - successes
    tail = (1 - level) / 2
    lower, upper = (float(betaincinv(a, b, share)) for share in (tail, 1 - tail))
    return ShrunkRate(a / (a + b), Interval(lower, upper, level, "beta-binomial"))

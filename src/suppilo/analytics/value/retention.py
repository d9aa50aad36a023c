"""Shifted beta-geometric: how many of a cohort with a contract renew it, period after period.

Source: P. S. Fader, B. G. S. Hardie (2007), "How to project customer retention", Journal of
Interactive Marketing 21(1), 76-90.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from suppilo.analytics.value.fit import FitError, LogLikelihood, maximise_kept_finite

Float64 = NDArray[np.float64]
_MOST_PERIODS = 20_000
_NOTHING = -25.0
"""The logarithm of a share that counts no more."""


@dataclass(frozen=True, slots=True)
class ShiftedBetaGeometric:
    """A fitted model: each customer leaves at a renewal with a probability Beta(alpha, beta)."""

    alpha: float
    beta: float
    log_likelihood: float = float("nan")

    @property
    def parameters(self) -> Float64:
        """The parameters, as :meth:`likelihood` takes them."""
        return np.array([self.alpha, self.beta])

    @staticmethod
    def likelihood(left: Float64, stayed: Float64) -> LogLikelihood:
        """Return what tells how likely customers are, given as to :func:`fit_lives`."""
        return _Likelihood(left, stayed)

    def survival(self, periods: int) -> Float64:
        """Return the share that is still there after 0, 1, ... ``periods`` renewals."""
        return np.concatenate([[1.0], np.cumprod(self.retention(periods))])

    def retention(self, periods: int) -> Float64:
        """Return the share of those there that renew, at renewal 1 ... ``periods`` (equation 8).

        It rises with time though nobody changes: who leaves easily has left.
        """
        t = np.arange(1, periods + 1)
        return np.asarray((self.beta + t - 1) / (self.alpha + self.beta + t - 1))

    def residual_lifetime(self, renewals: int, discount: float) -> float:
        """Return the discounted number of periods that a customer still pays.

        Fader and Hardie (2010), "Customer-base valuation in a contractual setting", equation 6:
        of one who has renewed ``renewals`` times and is about to renew again.

        Parameters
        ----------
        discount
            The rate per period, above 0.
        """
        from scipy.special import hyp2f1

        a, b, n = self.alpha, self.beta, renewals + 1
        first = (b + n - 1) / (a + b + n - 1)
        return float(first * hyp2f1(1, b + n, a + b + n, 1 / (1 + discount)))

    def mean_square_ahead(self, renewals: int, discount: float) -> float:
        """Return the mean square of the discounted number of periods that a customer still pays.

        Of the k-th payment the chance is S(k), and it counts d ** (k - 1); so the mean square is
        the sum of S(k) d ** (k - 1) (d ** (k - 1) + 2 Σ d ** (j - 1)), with j from 1 to k - 1.
        """
        factor = 1 / (1 + discount)
        late = min(_MOST_PERIODS, int(np.ceil(_NOTHING / np.log(factor))) + 1)
        k = np.arange(late)
        chance = np.cumprod((self.beta + renewals + k) / (self.alpha + self.beta + renewals + k))
        worth = factor**k
        before = np.cumsum(worth) - worth
        return float(np.sum(chance * worth * (worth + 2 * before)))


def fit_retention(there: Float64) -> ShiftedBetaGeometric:
    """Fit the model to a cohort.

    Parameters
    ----------
    there
        How many were there at the start and after each renewal; never more than before.

    Raises
    ------
    FitError
        If it grows, or nobody ever left: then there is nothing to tell from.
    """
    there = np.asarray(there, np.float64)
    left = -np.diff(there)
    if len(there) < 2 or np.any(left < 0):
        raise FitError("give how many were there at the start and after each renewal, never more")
    if not left.any() or not there[1:].any():
        raise FitError("nobody left, or everybody at once: there is nothing to tell a rate from")
    stayed = np.append(np.zeros(len(left)), there[-1])
    return _fit(left, stayed)


def fit_lives(left: Float64, stayed: Float64) -> ShiftedBetaGeometric:
    """Fit the model to customers who came at different times, and were seen for as long.

    Parameters
    ----------
    left
        How many left at renewal 1, 2, ...
    stayed
        How many are there after 0, 1, 2, ... renewals, the next of which was not due yet.

    Raises
    ------
    FitError
        If nobody ever left, or nobody ever renewed.
    """
    left, stayed = np.asarray(left, np.float64), np.asarray(stayed, np.float64)
    if not left.any() or not (left[1:].any() or stayed[1:].any()):
        raise FitError("nobody left, or nobody renewed: there is nothing to tell a rate from")
    return _fit(left, stayed)


def _fit(left: Float64, stayed: Float64) -> ShiftedBetaGeometric:
    found, value = maximise_kept_finite(_Likelihood(left, stayed), (1.0, 1.0))
    return ShiftedBetaGeometric(float(found[0]), float(found[1]), value)


class _Likelihood:
    """The log-likelihood (equations 5 and 6) and its slope."""

    def __init__(self, left: Float64, stayed: Float64) -> None:
        self._left, self._stayed = left, stayed
        self._t, self._n = np.arange(1, len(left) + 1), np.arange(len(stayed))

    def __call__(self, parameters: Float64) -> tuple[float, Float64]:
        from scipy.special import betaln, digamma

        a, b = parameters
        left, stayed, t, n = self._left, self._stayed, self._t, self._n
        base = betaln(a, b)
        value = np.sum(left * (betaln(a + 1, b + t - 1) - base))
        value += np.sum(stayed * (betaln(a, b + n) - base))
        everybody = np.sum(left) + np.sum(stayed)
        ends, end = digamma(a + b + t), digamma(a + b + n)
        by_a = np.sum(left * (digamma(a + 1) - ends)) + np.sum(stayed * (digamma(a) - end))
        by_b = np.sum(left * (digamma(b + t - 1) - ends)) + np.sum(stayed * (digamma(b + n) - end))
        by_a -= everybody * (digamma(a) - digamma(a + b))
        by_b -= everybody * (digamma(b) - digamma(a + b))
        return float(value), np.array([float(by_a), float(by_b)])

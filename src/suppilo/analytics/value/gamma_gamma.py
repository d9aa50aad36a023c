"""Gamma-Gamma: what a customer spends at a time, between their own mean and everybody's.

Source: P. S. Fader, B. G. S. Hardie (2013), "The Gamma-Gamma model of monetary value",
brucehardie.com/notes/025; parameters for CDNOW as in Fader, Hardie and Lee (2005), "RFM and CLV".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from suppilo.analytics.value.fit import FitError, LogLikelihood, maximise_kept_finite
from suppilo.analytics.value.summary import CustomerSummary

Float64 = NDArray[np.float64]
FEWEST_REPEATERS = 10


@dataclass(frozen=True, slots=True)
class GammaGamma:
    """A fitted model: a purchase is worth Gamma(``p``, nu), and nu is Gamma(``q``, ``v``)."""

    p: float
    q: float
    v: float
    log_likelihood: float = float("nan")

    def expected_value(self, frequency: Float64, value: Float64) -> Float64:
        """Return the mean value of each customer's purchases to come (equation 5).

        Who never came again is expected to spend what everybody does on average.
        """
        x = np.asarray(frequency, np.float64)
        known = self.p * x * np.asarray(value, np.float64)
        return np.asarray(self.p * (self.v + known / self.p) / (self.p * x + self.q - 1))

    @property
    def parameters(self) -> Float64:
        """The parameters, as :meth:`likelihood` takes them."""
        return np.array([self.p, self.q, self.v])

    def likelihood(self, summary: CustomerSummary) -> LogLikelihood:
        """Return what tells how likely the customers' spending is, by the parameters."""
        has = (summary.frequency > 0) & (summary.value > 0)
        return _Likelihood(summary.frequency[has], summary.value[has])

    def mean_square(
        self, made: Float64, squares: Float64, frequency: Float64, value: Float64
    ) -> Float64:
        """Return the mean square of what each customer spends in all; infinite where it has none.

        Parameters
        ----------
        made, squares
            The mean of how many purchases they make, and of its square.
        """
        x = np.asarray(frequency, np.float64)
        shape, scale = self.q + self.p * x, self.v + x * np.asarray(value, np.float64)
        spread = np.where(shape > 2, scale**2 / ((shape - 1) * np.maximum(shape - 2, 1e-9)), np.inf)
        return np.asarray((self.p * made + self.p**2 * squares) * spread)

    @property
    def mean(self) -> float:
        """The mean value of a purchase over all customers; infinite where ``q`` is at most 1."""
        return self.p * self.v / (self.q - 1) if self.q > 1 else float("inf")


def fit_gamma_gamma(summary: CustomerSummary) -> GammaGamma:
    """Fit the model to customers who came again and spent something.

    Raises
    ------
    FitError
        If those are fewer than ten, or the data do not tell the parameters.
    """
    has = (summary.frequency > 0) & (summary.value > 0)
    x, mean = summary.frequency[has], summary.value[has]
    if len(x) < FEWEST_REPEATERS:
        raise FitError(
            f"{len(x)} customers came again and paid; it takes {FEWEST_REPEATERS} at least to "
            "tell what they spend. Take a longer period or more customers."
        )
    scale = float(np.mean(mean))
    found, value = maximise_kept_finite(_Likelihood(x, mean / scale), (2.0, 3.0, 1.0))
    p, q, v = (float(one) for one in found)
    return GammaGamma(p, q, v * scale, value - len(x) * float(np.log(scale)))


class _Likelihood:
    """The log-likelihood of the observed means (equation 1a of the note) and its slope."""

    def __init__(self, x: Float64, mean: Float64) -> None:
        self._x, self._mean = x, mean
        self._log_mean, self._log_x = np.log(mean), np.log(x)

    def __call__(self, parameters: Float64) -> tuple[float, Float64]:
        from scipy.special import digamma, gammaln

        p, q, v = parameters
        x, mean = self._x, self._mean
        px = p * x
        spent = np.log(v + x * mean)
        value = (
            gammaln(px + q) - gammaln(px) - gammaln(q) + q * np.log(v)
            + (px - 1) * self._log_mean + px * self._log_x - (px + q) * spent
        )  # fmt: skip
        shared = digamma(px + q)
        by_p = x * (shared - digamma(px) + self._log_mean + self._log_x - spent)
        by_q = shared - digamma(q) + np.log(v) - spent
        by_v = q / v - (px + q) / (v + x * mean)
        slopes = np.array([float(np.sum(slope)) for slope in (by_p, by_q, by_v)])
        return float(np.sum(value)), slopes

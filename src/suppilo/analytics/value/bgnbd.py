"""BG/NBD: how often customers without a contract buy, and when they stop.

Source: P. S. Fader, B. G. S. Hardie, K. L. Lee (2005), "Counting your customers the easy way: an
alternative to the Pareto/NBD model", Marketing Science 24(2), 275-284. Equation numbers are theirs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from suppilo.analytics.value.fit import FitError, LogLikelihood, maximise_kept_finite
from suppilo.analytics.value.summary import CustomerSummary, count_alike

Float64 = NDArray[np.float64]
FEWEST_REPEATERS = 10
_MOST_PURCHASES = 100_000
_NOTHING = 1e-9


@dataclass(frozen=True, slots=True)
class BgNbd:
    """A fitted model of customers who buy for a while and then stop.

    While there they buy at rates Gamma(``r``, ``alpha``), and after each repeat purchase they
    leave with a probability Beta(``a``, ``b``). Times are in the summary's periods.
    """

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float = float("nan")
    customers: int = 0

    @property
    def parameters(self) -> Float64:
        """The parameters, as :meth:`likelihood` takes them."""
        return np.array([self.r, self.alpha, self.a, self.b])

    def likelihood(self, summary: CustomerSummary) -> LogLikelihood:
        """Return what tells how likely customers are, by the parameters."""
        (x, recency, age), count = count_alike(summary.frequency, summary.recency, summary.age)
        return _Likelihood(x, recency, age, count)

    def expected_purchases(self, t: Float64) -> Float64:
        """Return how many repeat purchases somebody new makes within ``t`` (equation 9)."""
        from scipy.special import hyp2f1

        r, alpha, a, b = self.r, self.alpha, self.a, self.b
        t = np.asarray(t, np.float64)
        grown = (alpha / (alpha + t)) ** r * hyp2f1(r, b, a + b - 1, t / (alpha + t))
        return np.asarray((a + b - 1) / (a - 1) * (1 - grown))

    def probability_alive(self, frequency: Float64, recency: Float64, age: Float64) -> Float64:
        """Return the probability that each customer still buys.

        It is 1 for who bought once: the model has customers leave after a repeat purchase only.
        """
        return np.asarray(1 / (1 + self._odds_gone(frequency, recency, age)))

    def expected_from(
        self, t: float, frequency: Float64, recency: Float64, age: Float64
    ) -> Float64:
        """Return how many purchases each customer makes in the next ``t`` (equation 10)."""
        from scipy.special import hyp2f1

        r, alpha, a, b = self.r, self.alpha, self.a, self.b
        x = np.asarray(frequency, np.float64)
        age = np.asarray(age, np.float64)
        z = t / (alpha + age + t)
        shrunk = np.exp((r + x) * np.log((alpha + age) / (alpha + age + t)))
        series = hyp2f1(r + x, b + x, a + b + x - 1, z)
        made = (a + b + x - 1) / (a - 1) * (1 - shrunk * series)
        return np.asarray(made / (1 + self._odds_gone(x, recency, age)))

    def mean_square_from(
        self, t: float, frequency: Float64, recency: Float64, age: Float64
    ) -> Float64:
        """Return the mean square of each customer's number of purchases in the next ``t``.

        Of who is there it is the smaller of two numbers: a negative binomial one (which they would
        make) and a beta-geometric one (after which they leave). E[Y²] is the sum of
        (2k - 1) P(Y >= k), added up until nothing is left.
        """
        x, age = np.asarray(frequency, np.float64), np.asarray(age, np.float64)
        wide = np.log(self.alpha + age + t)
        log_none = (self.r + x) * (np.log(self.alpha + age) - wide)
        log_made, log_share = log_none, np.log(t) - wide
        more, stays = -np.expm1(log_none), np.ones_like(x)
        squares = np.zeros_like(x)
        for k in range(1, _MOST_PURCHASES):
            here = more * stays
            squares += (2 * k - 1) * here
            if float(here.max(initial=0.0)) * k < _NOTHING:
                break
            log_made = log_made + np.log((self.r + x + k - 1) / k) + log_share
            more = np.maximum(more - np.exp(log_made), 0.0)
            stays = stays * (self.b + x + k - 1) / (self.a + self.b + x + k - 1)
        return np.asarray(squares / (1 + self._odds_gone(x, recency, age)))

    def _odds_gone(self, frequency: Float64, recency: Float64, age: Float64) -> Float64:
        x = np.asarray(frequency, np.float64)
        longer = np.log(self.alpha + np.asarray(age)) - np.log(self.alpha + np.asarray(recency))
        odds = self.a / (self.b + np.maximum(x, 1) - 1) * np.exp((self.r + x) * longer)
        return np.asarray(np.where(x > 0, odds, 0.0))


def fit_bgnbd(summary: CustomerSummary) -> BgNbd:
    """Fit the model to customers.

    Only different rows of (frequency, recency, age) are looked at, each with how many customers
    have it: a million customers of a year by weeks are some thousand rows.

    Raises
    ------
    FitError
        If fewer than ten customers came again, or the data do not tell the parameters.
    """
    repeaters = int(np.count_nonzero(summary.frequency))
    if repeaters < FEWEST_REPEATERS:
        raise FitError(
            f"{repeaters} customers came again; it takes {FEWEST_REPEATERS} at least to tell how "
            "often customers do. Take a longer period or more customers."
        )
    (x, recency, age), count = count_alike(summary.frequency, summary.recency, summary.age)
    # Times of about one keep the parameters near where the search begins.
    scale = float(np.average(age, weights=count)) or 1.0
    likelihood = _Likelihood(x, recency / scale, age / scale, count)
    found, value = maximise_kept_finite(likelihood, (0.5, 0.2, 0.8, 2.0))
    r, alpha, a, b = (float(one) for one in found)
    # A density of times: in other units it is another figure.
    value -= float(np.sum(count * x)) * float(np.log(scale))
    return BgNbd(r, alpha * scale, a, b, value, len(summary))


class _Likelihood:
    """The log-likelihood (equation 6, in the note's form that does not overflow) and its slope."""

    def __init__(self, x: Float64, recency: Float64, age: Float64, count: Float64) -> None:
        self._x, self._recency, self._age, self._count = x, recency, age, count
        self._again = x > 0
        # Functions of x alone are asked for once for each x.
        self._values, self._which = np.unique(x, return_inverse=True)

    def __call__(self, parameters: Float64) -> tuple[float, Float64]:
        from scipy.special import digamma, gammaln

        r, alpha, a, b = parameters
        x, count = self._x, self._count
        v, which = self._values, self._which
        first = gammaln(r + v) - gammaln(r) + r * np.log(alpha)
        second = gammaln(a + b) + gammaln(b + v) - gammaln(b) - gammaln(a + b + v)
        stayed = -(r + x) * np.log(alpha + self._age)
        left = np.where(
            self._again,
            np.log(a) - np.log(b + np.maximum(x, 1) - 1)
            - (r + x) * np.log(alpha + self._recency),
            -np.inf,
        )  # fmt: skip
        both = np.logaddexp(stayed, left)
        value = float(np.sum(count * ((first + second)[which] + both)))
        gone = np.exp(left - both)
        here = 1 - gone
        by_r = (digamma(r + v) - digamma(r) + np.log(alpha))[which]
        by_r = by_r - here * np.log(alpha + self._age) - gone * np.log(alpha + self._recency)
        by_alpha = r / alpha - (r + x) * (
            here / (alpha + self._age) + gone / (alpha + self._recency)
        )
        sums = digamma(a + b) - digamma(a + b + v)
        by_a = sums[which] + gone / a
        by_b = (sums + digamma(b + v) - digamma(b))[which] - gone / (b + np.maximum(x, 1) - 1)
        slopes = (by_r, by_alpha, by_a, by_b)
        return value, np.array([float(np.sum(count * slope)) for slope in slopes])

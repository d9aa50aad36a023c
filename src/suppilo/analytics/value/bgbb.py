"""BG/BB: buying or not at each of a number of occasions, by customers without a contract.

Source: P. S. Fader, B. G. S. Hardie, J. Shang (2010), "Customer-base analysis in a discrete-time
noncontractual setting", Marketing Science 29(6), 1086-1108. Equation numbers are theirs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from suppilo.analytics.value.fit import FitError, LogLikelihood, maximise_kept_finite
from suppilo.analytics.value.summary import CustomerSummary, count_alike

Float64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class BgBb:
    """A fitted model of customers who buy, or don't, at each occasion.

    One who is there buys with a probability Beta(``alpha``, ``beta``), and leaves before an
    occasion with a probability Beta(``gamma``, ``delta``).
    """

    alpha: float
    beta: float
    gamma: float
    delta: float
    log_likelihood: float = float("nan")

    def probability_alive(self, x: Float64, last: Float64, occasions: Float64) -> Float64:
        """Return the probability that each is still there at the next occasion (equation 11)."""
        return np.asarray(np.exp(self._log_alive(x, last, occasions, 1)))

    def expected_from(
        self, further: int, x: Float64, last: Float64, occasions: Float64, discount: float = 0.0
    ) -> Float64:
        """Return at how many of the ``further`` next occasions each buys (equation 13).

        Parameters
        ----------
        discount
            The rate per occasion: buying at the k-th counts 1 / (1 + discount) ** k.
        """
        from scipy.special import betaln

        a, b, d = self.alpha, self.beta, self.delta
        n = np.asarray(occasions, np.float64)
        buys = betaln(a + x + 1, b + n - x) - betaln(a, b)
        seen, which = np.unique(n, return_inverse=True)
        ahead = np.arange(1, further + 1)
        there = np.exp(betaln(self.gamma, d + seen[:, None] + ahead) - betaln(self.gamma, d))
        sums = (there / (1 + discount) ** ahead).sum(axis=1)[which.reshape(n.shape)]
        return np.asarray(sums * np.exp(buys - _log_likelihood(self.parameters, x, last, n)))

    def mean_square_from(
        self, further: float, x: Float64, last: Float64, occasions: Float64
    ) -> Float64:
        """Return the mean square of at how many of the ``further`` next occasions each buys.

        Who is there buys at the k-th with a probability P if they stay until then, so
        E[Y²] = E[P] Σ S(k) + 2 E[P²] Σ (k - 1) S(k), where S(k) is the chance to stay.
        """
        from scipy.special import betaln

        a, b, c, d = self.parameters
        n = np.asarray(occasions, np.float64)
        once = (a + x) / (a + b + n)
        twice = once * (a + x + 1) / (a + b + n + 1)
        seen, which = np.unique(n, return_inverse=True)
        ahead = np.arange(1, round(further) + 1)
        stays = np.exp(betaln(c, d + seen[:, None] + ahead) - betaln(c, d + seen)[:, None])
        sums, later = stays.sum(axis=1), (stays * (ahead - 1)).sum(axis=1)
        which = which.reshape(n.shape)
        alive = np.exp(self._log_alive(x, last, n, 0))
        return np.asarray(alive * (once * sums[which] + 2 * twice * later[which]))

    @property
    def parameters(self) -> Float64:
        """The parameters, as :meth:`likelihood` takes them."""
        return np.array([self.alpha, self.beta, self.gamma, self.delta])

    def likelihood(self, summary: CustomerSummary) -> LogLikelihood:
        """Return what tells how likely customers are, by the parameters."""
        (x, last, n), count = count_alike(summary.frequency, summary.recency, summary.age)
        return _Likelihood(x, last, n, count)

    def _log_alive(self, x: Float64, last: Float64, n: Float64, ahead: int) -> Float64:
        from scipy.special import betaln

        a, b, c, d = self.parameters
        seen = betaln(a + x, b + n - x) - betaln(a, b)
        there = betaln(c, d + n + ahead) - betaln(c, d)
        return np.asarray(seen + there - _log_likelihood(self.parameters, x, last, n))


def fit_bgbb(x: Float64, last: Float64, occasions: Float64, count: Float64) -> BgBb:
    """Fit the model.

    Parameters
    ----------
    x, last, occasions
        One row a kind of customer: at how many occasions they bought, at which one last (0 for
        none), and how many there were.
    count
        How many customers of the kind there are.

    Raises
    ------
    FitError
        If nobody ever bought, or the data do not tell the parameters.
    """
    x, last, n, count = (np.asarray(one, np.float64) for one in (x, last, occasions, count))
    if not np.any((x > 0) & (count > 0)):
        raise FitError("nobody bought at any occasion: there is nothing to tell a rate from")

    found, value = maximise_kept_finite(_Likelihood(x, last, n, count), (1.0, 1.0, 0.5, 2.0))
    alpha, beta, gamma, delta = (float(one) for one in found)
    return BgBb(alpha, beta, gamma, delta, value)


@dataclass(frozen=True, slots=True)
class _Likelihood:
    """The log-likelihood of kinds of customers, each with how many they are, and its slope."""

    x: Float64
    last: Float64
    n: Float64
    count: Float64

    def __call__(self, parameters: Float64) -> tuple[float, Float64]:
        steps = parameters * 1e-5
        slope = [
            (self._at(parameters + step) - self._at(parameters - step)) / (2 * size)
            for size, step in zip(steps, np.diag(steps), strict=True)
        ]
        return self._at(parameters), np.array(slope)

    def _at(self, parameters: Float64) -> float:
        of_each = _log_likelihood(parameters, self.x, self.last, self.n)
        return float(np.sum(self.count * of_each))


def _log_likelihood(values: Float64, x: Float64, last: Float64, n: Float64) -> Float64:
    """Return the log-likelihood of each row (equation 7).

    The sum is over the occasion before which the customer left: each after the last purchase. Its
    terms hang on the number of purchases and that occasion alone, so they are reckoned once, and
    added up from the end; a row's sum is the difference of two of these.
    """
    from scipy.special import betaln

    a, b, c, d = values
    x, last, n = np.broadcast_arrays(*(np.asarray(one, np.float64) for one in (x, last, n)))
    kinds, which = np.unique(x, return_inverse=True)
    which = which.reshape(x.shape)
    there = np.arange(int(np.max(n, initial=0)) + 1)
    missed = np.maximum(there - kinds[:, None], 0)
    left = betaln(a + kinds[:, None], b + missed) + betaln(c + 1, d + there)
    from_then = np.logaddexp.accumulate(left[:, ::-1], axis=1)[:, ::-1]
    since = from_then[which, last.astype(np.int64)]
    with np.errstate(divide="ignore"):
        gone = since + np.log(-np.expm1(from_then[which, n.astype(np.int64)] - since))
    stayed = betaln(a + x, b + n - x) + betaln(c, d + n)
    return np.asarray(np.logaddexp(stayed, gone) - betaln(a, b) - betaln(c, d))

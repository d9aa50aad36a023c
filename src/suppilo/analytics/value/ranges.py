"""How far sums of what customers are worth may be off: what the fit leaves unsure, and chance.

The models' parameters are known as well as the likelihood is sharp (delta method on their
logarithms; A. W. van der Vaart (1998), "Asymptotic Statistics", chapter 3), and customers who are
alike still do different things: D. McCarthy, P. S. Fader, B. G. S. Hardie (2016), "V(CLV):
examining variance in models of customer lifetime value", SSRN 2739475. Both variances are added.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, expm1, sqrt
from statistics import NormalDist

import numpy as np

from suppilo.analytics.events import Int64
from suppilo.analytics.intervals import Interval
from suppilo.analytics.value.buying import Buying, Model
from suppilo.analytics.value.fit import Float64, LogLikelihood
from suppilo.analytics.value.gamma_gamma import GammaGamma
from suppilo.analytics.value.summary import CustomerSummary

MOST_LOOKED_AT = 500
_STEP = 1e-3
_FLAT = 1e-7


@dataclass(frozen=True, slots=True)
class ValueRanges:
    """Where sums lie: customers who still buy, purchases, and (discounted) money within a horizon.

    None where it can't be told: there are no amounts, say, or these spread too widely.
    """

    alive: Interval
    expected: Interval | None
    worth: Interval | None


@dataclass(frozen=True, slots=True)
class Fitted:
    """The fitted models, and how far ahead they are asked; ``discount`` is a yearly rate."""

    buying: Buying
    model: Model
    spending: GammaGamma | None
    ahead: float
    discount: float


def find_ranges(
    fitted: Fitted,
    summary: CustomerSummary,
    figures: Float64,
    group: Int64,
    level: float = 0.95,
    most: int = MOST_LOOKED_AT,
) -> tuple[ValueRanges, ...]:
    """Return the ranges of the sums of each group of customers, and last those of all.

    Parameters
    ----------
    figures
        A row a customer: the probability to be there, purchases and money expected.
    group
        Each customer's group, a number from 0.
    most
        Of a larger group so many customers stand for all, evenly from the least to the best.
    """
    groups = int(group.max(initial=0)) + 1
    rows, weight = _choose(group, figures[:, 1], groups, most)
    some = _Some(fitted, summary.among(rows), weight, group[rows], groups)
    totals = sums_by_group(figures, group)
    slopes, chance, covariance = some.slopes(), some.chance(), _covariance(fitted, summary)
    sizes = np.bincount(group, minlength=groups)

    def range_of(chosen: slice) -> ValueRanges:
        slope = slopes[:, chosen].sum(axis=1)
        variance = np.einsum("jf,jk,kf->f", slope, covariance, slope) + chance[chosen].sum(axis=0)
        return _range(totals[chosen].sum(axis=0), variance, int(sizes[chosen].sum()), level)

    each = (slice(number, number + 1) for number in range(groups))
    return tuple(map(range_of, (*each, slice(None))))


def sums_by_group(figures: Float64, group: Int64) -> Float64:
    """Return the sums of figures, a row a group."""
    return np.stack([np.bincount(group, column) for column in figures.T], axis=1)


def _covariance(fitted: Fitted, summary: CustomerSummary) -> Float64:
    """Return the covariance of the logarithms of the parameters, those of spending last."""
    model, spending = fitted.model, fitted.spending
    parts = [invert_information(model.likelihood(summary), model.parameters)]
    if spending is not None:
        parts.append(invert_information(spending.likelihood(summary), spending.parameters))
    return _join(parts)


def invert_information(likelihood: LogLikelihood, parameters: Float64) -> Float64:
    """Return the inverse of the observed information.

    What the data say nothing of, such as how customers differ who don't, changes no sum either:
    it is left out.
    """
    information = -slopes_by_logs(lambda values: likelihood(values)[1] * values, parameters)
    if not np.isfinite(information).all():
        return np.full_like(information, np.inf)
    found, vectors = np.linalg.eigh((information + information.T) / 2)
    kept = found > _FLAT * found.max()
    return np.asarray((vectors[:, kept] / found[kept]) @ vectors[:, kept].T)


def _choose(group: Int64, figure: Float64, groups: int, most: int) -> tuple[Int64, Float64]:
    """Return customers that stand for all, and how many each of them stands for."""
    order = np.lexsort((figure, group))
    sizes = np.bincount(group, minlength=groups)
    taken = np.minimum(sizes, most)
    starts = np.cumsum(sizes) - sizes
    parts = [
        order[start + ((np.arange(n) + 0.5) * size / n).astype(np.int64)]
        for start, size, n in zip(starts.tolist(), sizes.tolist(), taken.tolist(), strict=True)
        if n
    ]
    weight = np.repeat(sizes / np.maximum(taken, 1), taken)
    return np.concatenate(parts), weight


@dataclass(frozen=True, slots=True)
class _Some:
    """Customers that stand for all."""

    fitted: Fitted
    summary: CustomerSummary
    weight: Float64
    group: Int64
    groups: int

    @property
    def _columns(self) -> tuple[Float64, Float64, Float64]:
        return self.summary.frequency, self.summary.recency, self.summary.age

    def slopes(self) -> Float64:
        """Return the slopes of the groups' sums by the logarithm of each parameter."""
        model, spending = self.fitted.model, self.fitted.spending
        value, once = self._value(spending), self._once(model)

        def by_model(values: Float64) -> Float64:
            moved = type(model)(*values)
            return self._sums(moved, self._once(moved) * value)

        found = [slopes_by_logs(by_model, model.parameters)]
        if spending is not None:
            found.append(slopes_by_logs(
                lambda values: self._sums(model, once * self._value(GammaGamma(*values))),
                spending.parameters,
            ))  # fmt: skip
        return np.concatenate(found)

    def _sums(self, model: Model, worth: Float64) -> Float64:
        alive = model.probability_alive(*self._columns)
        expected = self.fitted.buying.expect(self.summary, model, self.fitted.ahead)
        return self._add_up(alive, expected, worth)

    def _add_up(self, *columns: Float64) -> Float64:
        sums = [np.bincount(self.group, column * self.weight, self.groups) for column in columns]
        return np.stack(sums, axis=1)

    def _once(self, model: Model) -> Float64:
        """Return what each customer's purchases to come are worth if one is worth 1."""
        if self.fitted.spending is None:
            return np.zeros(len(self.summary))
        ones = np.ones(len(self.summary))
        asked = self.fitted
        return asked.buying.discount(self.summary, model, ones, asked.ahead, asked.discount)

    def _value(self, spending: GammaGamma | None) -> Float64:
        if spending is None:
            return np.zeros(len(self.summary))
        return spending.expected_value(self.summary.frequency, self.summary.value)

    def chance(self) -> Float64:
        """Return the variances of the groups' sums were the parameters known exactly."""
        asked, model = self.fitted, self.fitted.model
        alive = model.probability_alive(*self._columns)
        made = asked.buying.expect(self.summary, model, asked.ahead)
        squares = model.mean_square_from(asked.ahead, *self._columns)
        worth = np.zeros(len(made))
        if asked.spending is not None:
            late = self._once(model) / np.where(made > 0, made, 1.0)
            spent = (self.summary.frequency, self.summary.value)
            money = asked.spending.mean_square(made, squares, *spent)
            with np.errstate(invalid="ignore"):
                worth = late**2 * (money - (made * self._value(asked.spending)) ** 2)
        return self._add_up(alive * (1 - alive), squares - made**2, worth)


def slopes_by_logs(sums: Callable[[Float64], Float64], parameters: Float64) -> Float64:
    """Return how sums change with the logarithm of each parameter."""
    logs = np.log(parameters)
    return np.stack([
        (sums(np.exp(logs + step)) - sums(np.exp(logs - step))) / (2 * _STEP)
        for step in _STEP * np.eye(len(logs))
    ])  # fmt: skip


def _join(parts: list[Float64]) -> Float64:
    """Return the covariance of parameters that are estimated apart: blocks on the diagonal."""
    size = sum(len(part) for part in parts)
    joined, start = np.zeros((size, size)), 0
    for part in parts:
        end = start + len(part)
        joined[start:end, start:end] = part
        start = end
    return joined


def _range(totals: Float64, variance: Float64, customers: int, level: float) -> ValueRanges:
    """Return the ranges of sums: of numbers of customers, purchases, and money."""
    z = NormalDist().inv_cdf(0.5 + level / 2)
    half = z * sqrt(variance[0]) if variance[0] >= 0 else float("inf")
    alive, expected, worth = totals.tolist()
    there = Interval(max(0.0, alive - half), min(float(customers), alive + half), level, "delta")
    return ValueRanges(there, above_zero(expected, variance[1], level),
                       above_zero(worth, variance[2], level))  # fmt: skip


def above_zero(total: float, variance: float, level: float = 0.95) -> Interval | None:
    """Return the interval of a sum that can't be below 0: even on its logarithm.

    A sum that is small against its spread reaches up by twice that at most: the logarithm would
    promise fortunes. None where the sum is 0, or nothing is known of it.
    """
    if not (total > 0 and 0 <= variance < float("inf")):
        return None
    half = NormalDist().inv_cdf(0.5 + level / 2) * sqrt(variance)
    times = min(half / total, 100.0)
    upper = total + min(total * expm1(times), 2 * half)
    return Interval(total * exp(-times), upper, level, "delta")

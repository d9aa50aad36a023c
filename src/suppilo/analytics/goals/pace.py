"""What will have come at the pace so far, where nothing is known of those under way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from suppilo.analytics.goals.outlook import Outlook, add_rest
from suppilo.analytics.goals.rhythm import FEWEST_WEEKS, Float64, Rhythm

OWN_WEIGHT = 0.25
"""What was usual before weighs as much as this share of the period."""
EARLY, EARLY_ALONE = 0.1, 0.25
"""Before these shares of a period nothing is said: with past periods, and without."""
FEWEST_ALONE = 5
"""Without past periods, nothing is said of fewer pieces: none so far may be none yet."""
_WEEK = 7


@dataclass(frozen=True, slots=True)
class Usual:
    """What days were like before the period.

    Attributes
    ----------
    a_day
        What came on a day of weight 1.
    spread
        Variance by mean of what comes, in the measure's unit: 1 for counts that come by chance
        alone, more where they come in bursts; for money about the size of one amount.
    """

    a_day: float
    spread: float


def describe_usual(
    values: Float64, counts: Float64, first_weekday: int, rhythm: Rhythm
) -> Usual | None:
    """Return what some days in a row were like; None for fewer than 4 whole weeks, or nothing.

    Parameters
    ----------
    values, counts
        Of each day what came, in the measure's unit, and of how many pieces; of counts the same.
    first_weekday
        Of the first of them; 0 is a Monday.

    Notes
    -----
    The spread is Pearson's statistic over its degrees of freedom, as for quasi-likelihood
    (McCullagh and Nelder, "Generalized Linear Models", 2nd edition 1989, 4.5), of days or of
    weeks, whichever is larger: bursts that last longer than a day show in weeks only. It is never
    less than the size of a single piece.
    """
    total = float(values.sum())
    if len(values) < FEWEST_WEEKS * _WEEK or total <= 0:
        return None
    expected = rhythm.days(first_weekday, len(values))
    a_day = total / float(expected.sum())
    expected = expected * a_day
    weeks = len(values) // _WEEK
    spread = max(
        total / max(float(counts.sum()), 1.0),
        _pearson(values, expected),
        _pearson(_by_week(values, weeks), _by_week(expected, weeks)),
    )
    return Usual(a_day, spread)


def _by_week(values: Float64, weeks: int) -> Float64:
    sums: Float64 = values[len(values) - weeks * _WEEK :].reshape(weeks, _WEEK).sum(axis=1)
    return sums


def _pearson(values: Float64, expected: Float64) -> float:
    return float(np.sum((values - expected) ** 2 / expected)) / (len(values) - 1)


def is_too_early(share: float, pieces: int, *, has_history: bool) -> bool:
    """Return whether so small a share of a period, or so few pieces in it, tell nothing yet."""
    if has_history:
        return share < EARLY
    return share < EARLY_ALONE or pieces < FEWEST_ALONE


def project_pace(
    fact: float, share: float, usual: float | None = None, spread: float = 1.0
) -> Outlook:
    """Return what will have come by the end, at the pace so far drawn a little to the usual one.

    The whole period is expected to bring ``m = (fact + usual / 4) / (share + 1 / 4)``, or
    ``fact / share`` where nothing is known of the past; the rest of it, ``m (1 - share)``. Its
    variance is ``spread m (1 - share)`` by chance, and ``spread m / (share + 1 / 4)`` times
    ``(1 - share)²`` because ``m`` itself is known from so little.

    Parameters
    ----------
    fact
        What has come so far.
    share
        Which share of the period is due by now, above 0: see :meth:`Rhythm.share_gone`.
    usual
        What a period like this usually brings; None where that isn't known.
    spread
        See :class:`Usual`.

    Notes
    -----
    The mean is that of a gamma prior with a quarter period's exposure after Poisson counts
    (Gelman and others, "Bayesian Data Analysis", 3rd edition 2013, 2.6), the variance that of
    its negative binomial prediction, times the spread.

    Examples
    --------
    >>> project_pace(40, 0.5, 100).value
    83.33333333333334
    """
    prior = 0.0 if usual is None else OWN_WEIGHT
    whole = (fact + prior * (usual or 0.0)) / (share + prior)
    rest = max(1.0 - share, 0.0)
    variance = spread * whole * rest * (1 + rest / (share + prior))
    return add_rest(fact, whole * rest, variance)

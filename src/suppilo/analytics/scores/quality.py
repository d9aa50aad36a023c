"""How good probabilities were: AUC, Brier score, calibration and lift, with their ranges.

Rows of one unit at several moments are not independent. Every range here is that of the sum of a
unit's influences (the sandwich of clusters): of an AUC the structural components of E. R. DeLong,
D. M. DeLong and D. L. Clarke-Pearson (1988), "Comparing the areas under two or more correlated
receiver operating characteristic curves", Biometrics 44(3), 837-845, summed by unit as in N. A.
Obuchowski (1997), "Nonparametric analysis of clustered ROC curve data", Biometrics 53(2), 567-578.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from suppilo.analytics.events import Bool, Int64
from suppilo.analytics.scores.card import Band, Estimate
from suppilo.analytics.scores.features import Float64
from suppilo.analytics.walks import changes

BANDS = 10
_Z = NormalDist().inv_cdf(0.975)


def estimate_mean(values: Float64, unit: Int64) -> Estimate:
    """Return the mean of rows with its range at 95 %; rows of one unit hang together."""
    mean = float(values.mean())
    return _with_range(mean, (values - mean) / len(values), unit)


def estimate_auc(score: Float64, outcome: Bool, unit: Int64) -> Estimate:
    """Return the probability that a row with the outcome scores above one without.

    Ties count half.

    Raises
    ------
    ValueError
        If all rows have the outcome, or none.
    """
    with_it, without = score[outcome], score[~outcome]
    if not len(with_it) or not len(without):
        raise ValueError("an AUC needs rows with the outcome and rows without it")
    above = _share_below(with_it, without)
    below = 1 - _share_below(without, with_it)
    auc = float(above.mean())
    influence = np.empty(len(score))
    influence[outcome] = (above - auc) / len(with_it)
    influence[~outcome] = (below - auc) / len(without)
    found = _with_range(auc, influence, unit)
    return Estimate(auc, max(0.0, found.lower), min(1.0, found.upper))


def _share_below(values: Float64, others: Float64) -> Float64:
    """Return, for each value, the share of the others that are less; ties count half."""
    ordered = np.sort(others)
    less, most = (np.searchsorted(ordered, values, side=side) for side in ("left", "right"))
    return np.asarray((less + most) / (2 * len(others)))


def _with_range(value: float, influence: Float64, unit: Int64) -> Estimate:
    _, place = np.unique(unit, return_inverse=True)
    sums = np.bincount(place, influence)
    half = _Z * float(np.sqrt((sums**2).sum()))
    return Estimate(value, value - half, value + half)


@dataclass(frozen=True, eq=False)
class HeldRows:
    """Those that a score was held against: a row for each unit at each moment.

    Attributes
    ----------
    keys
        The units' path keys.
    at_us
        The moments, microseconds UTC.
    probability, outcome
        What was foretold, 0..1, and whether it came.
    band
        Each row's place among the card's bands, from 0 for the likeliest.
    """

    keys: Int64
    at_us: Int64
    probability: Float64
    outcome: Bool
    band: Int64


@dataclass(frozen=True, eq=False)
class LessonRows:
    """Those that a score was learned from: a row for each unit at each moment.

    Attributes
    ----------
    keys
        The units' path keys.
    at_us
        The moments, microseconds UTC.
    outcome
        Whether the goal came within the horizon.
    """

    keys: Int64
    at_us: Int64
    outcome: Bool


def find_bands(probability: Float64) -> Int64:
    """Return in which tenth of the rows each is, from 0 for the likeliest.

    Equal probabilities are never parted, so there may be fewer than ten; none is empty.
    """
    order = np.argsort(-probability, kind="stable")
    likely = probability[order]
    # Ties go where the middle of them lies.
    tie = np.cumsum(np.append(True, likely[1:] != likely[:-1])) - 1
    sizes = np.bincount(tie)
    middle = np.cumsum(sizes) - sizes / 2
    tenth = np.minimum((BANDS * middle / len(likely)).astype(np.int64), BANDS - 1)[tie]
    band = np.empty(len(order), np.int64)
    band[order] = np.cumsum(changes(tenth)) - 1
    return band


def make_bands(probability: Float64, outcome: Bool) -> tuple[Band, ...]:
    """Return what became of the bands of :func:`find_bands`, the likeliest first."""
    order = np.argsort(-probability, kind="stable")
    likely, came = probability[order], outcome[order]
    band = find_bands(probability)[order]
    starts = np.append(np.flatnonzero(changes(band)), len(band))
    base, captured, found = float(outcome.mean()), 0, []
    for first, end in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True):
        outcomes = int(came[first:end].sum())
        captured += outcomes
        share = captured / max(1, int(outcome.sum()))
        found.append(Band(end - first, outcomes, float(likely[first:end].mean()), base, share))
    return tuple(found)

"""Whether those who are scored now are still like those whom the score was learned from.

The population stability index of a feature is the sum over its ranges of ``(p - q) * ln(p / q)``,
with the shares then and now. Below 0.1 it is customarily taken for steady, from 0.25 on for
another population: N. Siddiqi (2006), "Credit Risk Scorecards", Wiley. Small groups move by chance:
``psi / (1 / n + 1 / m)`` is then about a chi-square of one degree less than ranges (B. Yurdakul
(2018), "Statistical properties of population stability index", Western Michigan University), and
what is within its 99 % is called steady.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from suppilo.analytics.scores.card import FeatureDrift
from suppilo.analytics.scores.features import Float32, Float64

RANGES = 10
MOVED, OTHER = 0.1, 0.25


@dataclass(frozen=True, slots=True)
class Ranges:
    """A column's ranges where the score was learned: upper limits but the last, and counts."""

    limits: tuple[float, ...]
    counts: tuple[int, ...]

    def to_list(self) -> list[Any]:
        """Return the JSON form."""
        return [list(self.limits), list(self.counts)]


@dataclass(frozen=True, slots=True)
class Baseline:
    """How the features, and the probabilities, lay where the score was learned."""

    columns: tuple[Ranges, ...]
    probability: Ranges

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        columns = [one.to_list() for one in self.columns]
        return {"columns": columns, "probability": self.probability.to_list()}

    @classmethod
    def from_dict(cls, spec: Mapping[str, Any]) -> Baseline:
        """Return what :meth:`to_dict` wrote."""
        columns = tuple(_read_ranges(one) for one in spec["columns"])
        return cls(columns, _read_ranges(spec["probability"]))


def _read_ranges(spec: Sequence[Any]) -> Ranges:
    return Ranges(tuple(spec[0]), tuple(spec[1]))


def make_baseline(rows: Float32, probability: Float64) -> Baseline:
    """Return how the rows lie that a score was learned from."""
    return Baseline(tuple(_make_ranges(column) for column in rows.T), _make_ranges(probability))


def _make_ranges(column: np.ndarray) -> Ranges:
    shares = np.arange(1, RANGES) / RANGES
    # Nothing lies above the largest: a limit there would be an empty range.
    limits = np.unique(np.quantile(column, shares, method="inverted_cdf"))
    limits = limits[limits < column.max()]
    return Ranges(tuple(limits.tolist()), _count(column, limits))


def _count(column: np.ndarray, limits: Sequence[float] | np.ndarray) -> tuple[int, ...]:
    place = np.searchsorted(limits, column, side="left")
    return tuple(np.bincount(place, minlength=len(limits) + 1).tolist())


def measure_drift(
    ranges: Ranges, column: np.ndarray
) -> tuple[float, Literal["steady", "moved", "other"]]:
    """Return the population stability index of a column, and what to call it."""
    from scipy.stats import chi2

    then, now = np.array(ranges.counts, float), np.array(_count(column, ranges.limits), float)
    if len(then) < 2 or not now.sum():
        return 0.0, "steady"
    p, q = ((counts + 0.5) / (counts.sum() + 0.5 * len(counts)) for counts in (now, then))
    psi = float(((p - q) * np.log(p / q)).sum())
    chance = float(chi2.ppf(0.99, len(then) - 1)) * (1 / then.sum() + 1 / now.sum())
    if psi < max(MOVED, chance):
        return psi, "steady"
    return psi, "moved" if psi < OTHER else "other"


def list_drift(
    baseline: Baseline, names: Sequence[tuple[str, str, str]], rows: Float32, probability: Float64
) -> tuple[FeatureDrift, ...]:
    """Return the drift of the probabilities first, then that of features, the largest first.

    Parameters
    ----------
    names
        Kind, subject and detail of each column.
    """
    parts = [
        FeatureDrift(*name, *measure_drift(ranges, column))
        for name, ranges, column in zip(names, baseline.columns, rows.T, strict=True)
    ]
    whole = measure_drift(baseline.probability, probability)
    head = FeatureDrift("probability", "probability", "", *whole)
    return (head, *sorted(parts, key=lambda one: -one.psi))

"""How good forecasts have been: coverage of ranges, errors of the middle, and which way to use."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

COVERED = (0.7, 0.9)
"""A range that is to hold 80 % may hold this many; beyond, it says too much or too little."""

FEWEST_SCORED = 6


@dataclass(frozen=True, slots=True)
class Scored:
    """A period that is over: what was forecast for it, and what came.

    ``quantiles`` belong to the quantiles of the record; ``ahead`` is how many periods lay between
    the forecast and it, from 1.
    """

    quantiles: tuple[float, ...]
    weighted: float
    actual: float
    ahead: int = 1


class Advice(StrEnum):
    """Which forecast to use."""

    HISTORY = "history"
    WEIGHTED = "weighted"
    UNTRIED = "untried"


@dataclass(frozen=True, slots=True)
class TrackRecord:
    """How good both ways have been.

    Attributes
    ----------
    scored
        How many periods; a period counts once for each time that it was forecast.
    coverage
        By band's share: how many of the periods it held, 0..1.
    pinball, weighted_pinball
        Mean pinball loss over the quantiles, in units of the currency; of the weighted pipeline,
        which has no ranges, with its figure as every quantile.
    error, weighted_error
        Mean absolute error of the median, and of the weighted pipeline.
    mape, weighted_mape
        The same by what came (0.2 is a fifth), over periods in which something did.
    """

    scored: int
    coverage: dict[float, float]
    pinball: float
    weighted_pinball: float
    error: float
    weighted_error: float
    mape: float | None
    weighted_mape: float | None

    @property
    def advice(self) -> Advice:
        """Which to use: history's, if its 80 % range held 70 to 90 %, rounded, and is no worse."""
        if self.scored < FEWEST_SCORED:
            return Advice.UNTRIED
        low, high = COVERED
        holds = low <= round(self.coverage[0.8], 2) <= high
        is_good = holds and self.error <= self.weighted_error
        return Advice.HISTORY if is_good else Advice.WEIGHTED


def pinball_loss(quantile: float, forecast: float, actual: float) -> float:
    """Return the loss of a quantile's forecast: 0 where it was exact.

    Too low costs ``quantile`` times the error, too high ``1 - quantile`` times; it is least, on
    average, for the true quantile (Koenker and Bassett 1978, Econometrica 46, 33-50).

    Examples
    --------
    >>> pinball_loss(0.9, 100.0, 110.0), pinball_loss(0.9, 110.0, 100.0)
    (9.0, 0.9999999999999998)
    """
    error = actual - forecast
    return max(quantile * error, (quantile - 1) * error)


def judge_record(
    scored: Sequence[Scored], quantiles: Sequence[float], bands: Sequence[tuple[float, int, int]]
) -> TrackRecord | None:
    """Return how good forecasts of periods that are over have been; None for none."""
    if not scored:
        return None
    middle = list(quantiles).index(0.5)
    errors = np.array([abs(one.quantiles[middle] - one.actual) for one in scored])
    weighted = np.array([abs(one.weighted - one.actual) for one in scored])
    actual = np.array([one.actual for one in scored])
    return TrackRecord(
        len(scored),
        {share: _coverage(scored, low, high) for share, low, high in bands},
        float(np.mean([*_losses(scored, quantiles)])),
        float(np.mean([pinball_loss(q, one.weighted, one.actual)
                       for one in scored for q in quantiles])),
        float(errors.mean()), float(weighted.mean()),
        _relative(errors, actual), _relative(weighted, actual),
    )  # fmt: skip


def _coverage(scored: Sequence[Scored], low: int, high: int) -> float:
    inside = [one.quantiles[low] <= one.actual <= one.quantiles[high] for one in scored]
    return sum(inside) / len(inside)


def _losses(scored: Sequence[Scored], quantiles: Sequence[float]) -> Iterator[float]:
    for one in scored:
        for quantile, forecast in zip(quantiles, one.quantiles, strict=True):
            yield pinball_loss(quantile, forecast, one.actual)


def _relative(errors: np.ndarray, actual: np.ndarray) -> float | None:
    some = actual > 0
    return float((errors[some] / actual[some]).mean()) if some.any() else None

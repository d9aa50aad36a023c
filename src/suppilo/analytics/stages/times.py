"""How long deals stay in a stage, and how long until they are won or lost.

The estimates are those of Kaplan and Meier (1958) and of Aalen and Johansen (1978), with the
sources in :mod:`suppilo.analytics.durations`; what counts as a time is said in
``docs/explanation/algorithms/stages.md``, "How long".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from suppilo.analytics.durations import (
    CumulativeIncidence,
    Float64,
    Quantile,
    SurvivalCurve,
    aalen_johansen,
    curve_quantile,
    kaplan_meier,
)
from suppilo.analytics.events import Bool
from suppilo.analytics.stages.ledger import DealTraces, Outcome

SHARES = (0.25, 0.5, 0.75, 0.8, 0.9)
"""Shares for which a summary says when so many had ended."""

CAUSES = (Outcome.WON, Outcome.LOST, Outcome.DISQUALIFIED, Outcome.HANDED_OVER)
"""The ways in which a deal ends; an :class:`Ending`'s shares are in this order."""


@dataclass(frozen=True, slots=True)
class StageTime:
    """How long deals were in a stage, all visits summed; who is there still is censored.

    Attributes
    ----------
    entered, left
        How many were ever there, and how many of them are there no longer.
    total_s
        All their time together, seconds.
    quantiles
        When so many had left, for each of :data:`SHARES`; seconds.
    curve
        The share still there over time, seconds.
    """

    entered: int
    left: int
    total_s: float
    quantiles: tuple[Quantile, ...]
    curve: SurvivalCurve

    @property
    def median(self) -> Quantile:
        """When half had left."""
        return self.quantiles[SHARES.index(0.5)]


@dataclass(frozen=True, slots=True)
class Ending:
    """How long deals take to be won, or to end otherwise: competing risks.

    Attributes
    ----------
    ended
        How many have ended in each of the ways of :data:`CAUSES`.
    open
        How many have not: they are censored.
    quantiles
        When so many had ended, in whatever way; seconds.
    curves
        For each way, the share that had ended so by then, seconds; none where nobody has.
    """

    ended: tuple[int, ...]
    open: int
    quantiles: tuple[Quantile, ...]
    curves: tuple[CumulativeIncidence | None, ...]

    @property
    def median(self) -> Quantile:
        """When half had ended."""
        return self.quantiles[SHARES.index(0.5)]


def time_in_stages(traces: DealTraces, chosen: Bool, level: float = 0.95) -> tuple[StageTime, ...]:
    """Return how long the chosen deals were in each stage; a won deal stays where it is."""
    seconds = traces.seconds_in_stages()
    found = []
    for stage in range(traces.stages):
        here = chosen & traces.visited[:, stage]
        left = has_left(traces, stage)
        found.append(_stage_time(seconds[here, stage], left[here], level))
    return tuple(found)


def has_left(traces: DealTraces, stage: int) -> Bool:
    """Return which deals were in a stage and are there no longer; a won deal stays where it is."""
    goes_on = (traces.outcome == Outcome.OPEN) | (traces.outcome == Outcome.WON)
    left: Bool = traces.visited[:, stage] & ~(goes_on & (traces.place == stage))
    return left


def time_cycle(traces: DealTraces, chosen: Bool, level: float = 0.95) -> SurvivalCurve:
    """Return the share of the chosen deals that has not ended yet, seconds after they came in."""
    ended = traces.outcome[chosen] != Outcome.OPEN
    return kaplan_meier(traces.seconds_to_end()[chosen], ended, level)


def _stage_time(seconds: Float64, left: Bool, level: float) -> StageTime:
    curve = kaplan_meier(seconds, left, level)
    quantiles = tuple(curve_quantile(curve, share) for share in SHARES)
    return StageTime(len(seconds), int(left.sum()), float(seconds.sum()), quantiles, curve)


def time_to_end(traces: DealTraces, chosen: Bool, level: float = 0.95) -> Ending:
    """Return how long the chosen deals take to end, and in which way."""
    seconds, outcome = traces.seconds_to_end()[chosen], traces.outcome[chosen]
    numbers = np.zeros(len(Outcome), np.int64)
    numbers[list(CAUSES)] = np.arange(1, len(CAUSES) + 1)
    causes = numbers[outcome]
    counts = np.bincount(causes, minlength=len(CAUSES) + 1).tolist()
    curve = kaplan_meier(seconds, causes > 0, level)
    found = aalen_johansen(seconds, causes, level)
    return Ending(
        ended=tuple(counts[1:]),
        open=counts[0],
        quantiles=tuple(curve_quantile(curve, share) for share in SHARES),
        curves=tuple(
            found[number] if counts[number + 1] else None for number in range(len(CAUSES))
        ),
    )

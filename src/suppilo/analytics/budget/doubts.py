"""Why a history can't tell what a channel brings.

Own definition: ``docs/explanation/algorithms/budget.md``, "When the data can't tell".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from suppilo.analytics.budget.adstock import Float64
from suppilo.analytics.budget.baseline import Baseline
from suppilo.analytics.budget.curves import LEVEL, Curves
from suppilo.analytics.budget.grid import EffectGrid
from suppilo.analytics.budget.history import WEEK, SpendHistory

FEWEST_PERIODS = 4
LEAST_VARIATION = 0.1
MOST_ALIKE = 0.9
MOST_LEFT = 0.6
"""The data can't tell where more than this is left of the width that was likely beforehand."""


class DoubtKind(StrEnum):
    """What is in the way.

    ``constant``: the spend hardly varied. ``rare``: there was spend in fewer than four weeks.
    ``together``: it moved with other channels. ``season``: it moved with the season or the trend.
    ``weak``: what is likely now is nearly as wide as what is usual anyway.
    """

    CONSTANT = "constant"
    RARE = "rare"
    TOGETHER = "together"
    SEASON = "season"
    WEAK = "weak"


@dataclass(frozen=True, slots=True)
class Doubt:
    """A reason, and the channel that it moved together with, if that is the reason."""

    kind: DoubtKind
    other: str = ""


def find_doubts(
    history: SpendHistory, baseline: Baseline, grid: EffectGrid
) -> list[tuple[Doubt, ...]]:
    """Return, for each channel, what its spend alone shows: no outcome could help there.

    Alike means that nine tenths of the variance of the channel's effect (of a usual elasticity)
    are accounted for by a regression on the others (a variance inflation of ten).
    """
    effects = grid.values[:, grid.values.shape[1] // 2, 8].T
    fixed = baseline.columns[:, : baseline.free]
    weekly = history.sum_weeks()
    return [
        _doubts_of(history, place, weekly[:, place], effects, fixed)
        for place in range(len(history.channels))
    ]


def _doubts_of(
    history: SpendHistory, place: int, weekly: Float64, effects: Float64, fixed: Float64
) -> tuple[Doubt, ...]:
    if weekly.std() < LEAST_VARIATION * weekly.mean():
        return (Doubt(DoubtKind.CONSTANT),)
    if np.count_nonzero(weekly) < FEWEST_PERIODS:
        return (Doubt(DoubtKind.RARE),)
    own = effects[:, place]
    if _explain(own, fixed) > MOST_ALIKE:
        return (Doubt(DoubtKind.SEASON),)
    others = np.delete(effects, place, axis=1)
    if others.shape[1] and _explain(own, np.column_stack([fixed, others])) > MOST_ALIKE:
        return (Doubt(DoubtKind.TOGETHER, _closest(history, place, effects)),)
    return ()


def _explain(own: Float64, columns: Float64) -> float:
    """Return the share of a column's variance that others account for."""
    coefficients = np.linalg.lstsq(columns, own, rcond=None)[0]
    return 1 - float(np.var(own - columns @ coefficients) / np.var(own))


def _closest(history: SpendHistory, place: int, effects: Float64) -> str:
    with np.errstate(invalid="ignore", divide="ignore"):
        alike = np.abs(np.nan_to_num(np.atleast_2d(np.corrcoef(effects.T))[place]))
    alike[place] = -1
    return history.channels[int(np.argmax(alike))]


def find_weak(
    doubts: list[tuple[Doubt, ...]], after: Curves, before: Curves, now: Float64
) -> tuple[tuple[Doubt, ...], ...]:
    """Add that data say little of a channel, where nothing else is in the way yet.

    They say enough where the logarithm of what it brings, or the amount itself, is known clearly
    better than beforehand.
    """
    spend = np.maximum(now, after.reference / WEEK)
    seen, usual = after.respond(spend), before.respond(spend)
    logs = np.log(seen).std(axis=0) / np.log(usual).std(axis=0)
    widths = _width(seen) / _width(usual)
    return tuple(
        found or ((Doubt(DoubtKind.WEAK),) if min(log, width) > MOST_LEFT else ())
        for found, log, width in zip(doubts, logs, widths, strict=True)
    )


def _width(draws: Float64) -> Float64:
    lower, upper = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return np.asarray(upper - lower)

"""What would have come without the spend: level, trend, the week's days and the year's seasons."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from suppilo.analytics.budget.adstock import Float64
from suppilo.analytics.budget.history import DAY, WEEK, SpendHistory

YEAR_DAYS = 365.25
FEWEST_WEEKS_OF_YEAR = 52
HARMONICS = 2
BEND_WEEKS = 26
_FREE, _SMALL = 1e6, 9.0


@dataclass(frozen=True, slots=True)
class Baseline:
    """The columns of a linear baseline.

    Attributes
    ----------
    columns
        Shape (periods, columns).
    variance
        Of each coefficient beforehand, in units of the noise's variance: as good as free for
        level, trend, seasons and controls; small for the bends of the trend, which otherwise
        would follow the spend.
    free
        How many are as good as free.
    """

    columns: Float64
    variance: Float64
    free: int


def build_baseline(history: SpendHistory) -> Baseline:
    """Return level, trend, weekdays (of days), the year (of 52 weeks and more) and controls."""
    day = np.arange(history.periods) * float(history.period_days)
    free = [np.ones_like(day), day / day[-1]]
    if history.period_days == DAY:
        weekday = (history.start.weekday() + np.arange(history.periods)) % WEEK
        free += [(weekday == one) * 1.0 for one in range(1, WEEK)]
    if history.weeks >= FEWEST_WEEKS_OF_YEAR:
        angle = 2 * np.pi * (history.start.timetuple().tm_yday + day) / YEAR_DAYS
        free += [
            wave(turn * angle) for turn in range(1, HARMONICS + 1) for wave in (np.sin, np.cos)
        ]
    if history.controls:
        free += [_standard(column) for column in history.control_values.T]
    bends = np.arange(BEND_WEEKS * WEEK, day[-1] - BEND_WEEKS * WEEK / 2, BEND_WEEKS * WEEK)
    small = [np.maximum(0, day - bend) / (BEND_WEEKS * WEEK) for bend in bends]
    variance = np.r_[np.full(len(free), _FREE), np.full(len(small), _SMALL)]
    return Baseline(np.column_stack([*free, *small]), variance, len(free))


def _standard(column: Float64) -> Float64:
    spread = float(column.std())
    return np.asarray((column - column.mean()) / (spread or 1.0))

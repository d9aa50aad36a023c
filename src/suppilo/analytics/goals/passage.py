"""What will come from those who are under way, and from those who start in time.

The shares that get there are Aalen's and Johansen's (:mod:`suppilo.analytics.durations`); how
they become a projection is an own definition: ``docs/explanation/algorithms/goals.md``, "With
those who are under way".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from suppilo.analytics.durations import aalen_johansen
from suppilo.analytics.goals.outlook import Outlook, add_rest
from suppilo.analytics.goals.rhythm import Float64

FEWEST_ENDS = 10
"""With fewer who ever got there, nothing is said of how long it takes."""


@dataclass(frozen=True, slots=True)
class Passage:
    """How long the way from one stage to another takes, and how many go it.

    Attributes
    ----------
    time
        Days since the start, rising.
    reached
        The share of all that has got there by then, 0..1.
    left
        The share that is still under way.
    arrived
        How many were seen to get there: what the figures rest on.
    """

    time: Float64
    reached: Float64
    left: Float64
    arrived: int

    def reached_by(self, days: Float64) -> Float64:
        """Return the share of those who start that has got there after so many days."""
        return _step(self.time, self.reached, days, 0.0)

    def chance_of(self, ages: Float64, days: float) -> Float64:
        """Return the chance of each who is under way to get there within so many days.

        ``ages`` are the days since each one's start.
        """
        gain = self.reached_by(ages + days) - self.reached_by(ages)
        left = _step(self.time, self.left, ages, 1.0)
        # Where nobody was seen to wait so long, nothing is known of what comes: nothing is hoped.
        return np.divide(gain, left, out=np.zeros_like(gain), where=left > 1e-12)

    def wait(self, share: float) -> float:
        """Return after how many days this share of those who ever get there has; 0.5: half."""
        bound = share * self.reached[-1] - 1e-12
        return float(self.time[np.flatnonzero(self.reached >= bound)[0]])


def _step(time: Float64, values: Float64, at: Float64, before: float) -> Float64:
    place = np.searchsorted(time, at, side="right") - 1
    return np.where(place >= 0, values[np.maximum(place, 0)], before)


def measure_passage(days: Float64, ended: NDArray[np.integer]) -> Passage | None:
    """Return how long the way takes; None where fewer than 10 have gone it.

    Parameters
    ----------
    days
        How long each was watched since the start.
    ended
        1: got there then; 2: left for good (lost, or too late to count); 0: still under way.

    Notes
    -----
    The Aalen-Johansen estimate of :func:`suppilo.analytics.durations.aalen_johansen`: those under
    way are neither left out nor taken for lost.
    """
    arrived = int(np.count_nonzero(ended == 1))
    if arrived < FEWEST_ENDS:
        return None
    found = aalen_johansen(days, ended)
    left = np.maximum(1 - sum(one.share for one in found), 0.0)
    return Passage(found[0].time, found[0].share, left, arrived)


@dataclass(frozen=True, slots=True)
class Starts:
    """Who is still expected to start: so many (``count``), each ``days`` before the end."""

    count: Float64
    days: Float64


@dataclass(frozen=True, slots=True)
class FlowOutlook:
    """An outlook, and what of it comes from those under way and from those who start yet.

    ``fact + under_way + from_new`` is the outlook's value.
    """

    outlook: Outlook
    under_way: float
    from_new: float


def project_flow(
    fact: float,
    passage: Passage,
    ages: Float64,
    values: Float64,
    days: float,
    starts: Starts,
    sizes: Float64 | None = None,
) -> FlowOutlook:
    """Return what will have come once those under way, and new ones, have had their time.

    Parameters
    ----------
    ages, values
        Of each who is under way: days since the start, and what it will count for (1, or money).
    days
        Until the period's end.
    starts
        Who is still to start.
    sizes
        What those who got there counted for: of this kind are the new ones; None: 1 each.

    Notes
    -----
    The variance adds that of each one's chance, of how many new ones come (Poisson) and how large
    they are, and of the passage itself, known from ``arrived``: 1 / arrived of the square.
    """
    mean_size, mean_square = _moments(sizes)
    chance = passage.chance_of(ages, days)
    under_way = float((chance * values).sum())
    new = float((starts.count * passage.reached_by(starts.days)).sum())
    rest = under_way + new * mean_size
    variance = (
        float((chance * (1 - chance) * values**2).sum())
        + new * mean_square
        + rest * rest / passage.arrived
    )
    return FlowOutlook(add_rest(fact, rest, variance), under_way, new * mean_size)


def _moments(sizes: Float64 | None) -> tuple[float, float]:
    if sizes is None or not len(sizes):
        return 1.0, 1.0
    return float(sizes.mean()), float((sizes**2).mean())

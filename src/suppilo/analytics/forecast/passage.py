"""When a deal that is in a stage now will be won: the stages' rates, followed to the end.

A semi-Markov process: what comes next depends on the stage and on the time in it. With ``g(s, j,
u)`` the chance of going from ``s`` to ``j`` after ``u`` steps, the chance of being won within
``t`` steps of entering ``s`` is ``F(s, t) = W(s, t) + Σj Σu g(s, j, u) F(j, t - u)`` (Markov
renewal equation: Çinlar 1969, Advances in Applied Probability 1, 123-187), with ``W`` the chance
of being won straight from ``s``. For a deal that has been there for a while, ``g`` and ``W`` are
those of what is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from suppilo.analytics.durations import Float64
from suppilo.analytics.events import Bool, Int64
from suppilo.analytics.forecast.hazards import StageRates, cumulate_rates


@dataclass(frozen=True, slots=True)
class Passages:
    """Draws of the rates, ready to be asked.

    Attributes
    ----------
    step
        Length of a step, days.
    steps
        How many steps ahead.
    summed
        By draw, stage, way and half step of age: rates summed up.
    won
        By draw, stage and step: the chance of being won by then, after entering the stage.
    is_won
        Which stages are won.
    """

    step: float
    steps: int
    summed: Float64
    won: Float64
    is_won: Bool

    def chances(self, draw: int, stage: int, ages: Int64, ends: Float64) -> Float64:
        """Return the chance of being won by each end, for deals at ages in a stage.

        Parameters
        ----------
        ages
            In steps.
        ends
            Days from now.

        Returns
        -------
        Float64
            By age and end.
        """
        exits = _exits(self.summed[draw : draw + 1, stage], ages, self.steps)[0]
        after = at_steps(self.won[draw], ends / self.step)
        moved: Float64 = exits[:, :-1].reshape(len(ages), -1) @ after.reshape(-1, len(ends))
        return np.minimum(moved, 1.0)


def follow_rates(
    rates: Sequence[StageRates], is_won: Bool, step: float, steps: int,
    random: Generator | None = None, draws: int = 1,
) -> Passages:  # fmt: skip
    """Draw the rates, and follow them from every stage.

    Parameters
    ----------
    random
        What draws; None takes the rates' means.
    """
    # Beyond the last edge the rates stay as they are, so ages need not go further.
    oldest = max(int(np.ceil(one.edges[-1] / step)) for one in rates) + 1
    ages = np.arange(2 * (oldest + steps) + 2) * step / 2
    summed = np.stack(
        [cumulate_rates(one.draw(random, draws), one.edges, ages) for one in rates], axis=1
    )
    exits = np.stack(
        [_exits(summed[:, stage], np.zeros(1, np.int64), steps)[:, 0]
         for stage in range(len(rates))], axis=1,
    )  # fmt: skip
    return Passages(step, steps, summed, _renew(exits[:, :, :-1], is_won), is_won)


def _exits(summed: Float64, ages: Int64, steps: int) -> Float64:
    """Return the chance to leave by each way after 0, 1, … steps, by draw, age, way and step."""
    last = summed.shape[-1] - 1
    # An exit after u steps lies within half a step of it.
    bounds = np.concatenate(([0], 2 * np.arange(steps + 1) + 1))
    places = np.minimum(2 * ages[:, None] + bounds, last)
    reached = summed[:, :, places]
    by_way = np.diff(reached, axis=-1)
    total = reached.sum(axis=1)
    left = np.exp(-(total - total[:, :, :1]))
    leaving = left[:, :, :-1] - left[:, :, 1:]
    whole = by_way.sum(axis=1)
    share = by_way / np.where(whole > 0, whole, 1.0)[:, None]
    found: Float64 = (share * leaving[:, None]).transpose(0, 2, 1, 3)
    return found


def _renew(exits: Float64, is_won: Bool) -> Float64:
    """Return the chance of being won by each step: the renewal equation, step by step."""
    draws, stages, _ways, length = exits.shape
    won = np.zeros((draws, stages, length))
    won[:, is_won] = 1.0
    is_open = np.flatnonzero(~is_won)
    moving = exits[:, is_open]
    at_once = np.eye(len(is_open)) - moving[:, :, is_open, 0]
    for step in range(length):
        known = won[:, :, step::-1].copy()
        known[:, is_open, 0] = 0.0
        right = np.einsum("ksju,kju->ks", moving[:, :, :, : step + 1], known, optimize=True)
        won[:, is_open, step] = np.linalg.solve(at_once, right[:, :, None])[:, :, 0]
    return won


def at_steps(won: Float64, ends: Float64) -> Float64:
    """Return, by stage, steps gone and end, the chance of being won in what is then left.

    ``ends`` are in steps, and may lie between two.
    """
    steps = won.shape[-1]
    left = ends[None, :] - np.arange(steps)[:, None]
    low = np.clip(np.floor(left).astype(np.int64), 0, steps - 1)
    high = np.minimum(low + 1, steps - 1)
    part = np.clip(left - low, 0, 1)
    found: Float64 = np.where(left < 0, 0.0, won[:, low] * (1 - part) + won[:, high] * part)
    return found

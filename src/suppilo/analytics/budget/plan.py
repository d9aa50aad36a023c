"""A budget's plan: what each channel gets now, what it would best get, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from suppilo.analytics.budget.adstock import Float64
from suppilo.analytics.budget.allocation import allocate
from suppilo.analytics.budget.curves import LEVEL, Curves, Spread, find_spread
from suppilo.analytics.budget.doubts import Doubt
from suppilo.analytics.budget.fit import ResponseFit
from suppilo.analytics.budget.history import BudgetError

STEP = 100.0
SURE = 0.8
"""A plan is said to gain, or a channel to deserve more, where so many of the draws say so."""
_TOUCH = 1e-6

Bounds = tuple[float | None, float | None]
"""The least and the most a week; None for what was seen."""


class Verdict(StrEnum):
    """What to do with a channel."""

    MORE = "more"
    LESS = "less"
    KEEP = "keep"
    CANT_TELL = "cant_tell"


@dataclass(frozen=True, slots=True)
class ChannelPlan:
    """One channel, by the week.

    Attributes
    ----------
    now, best
        Spend now, and in the best split.
    lower, upper
        The bounds that it was given or that follow from what was seen.
    lowest, highest
        Spend of the weeks with least and most.
    brings, next_step
        What the spend now brings, and what the next ``step`` of money would.
    next_at_best
        What the next ``step`` would bring once the split is the best one.
    average
        What one unit of money brings now, on average; None where nothing is spent.
    is_beyond
        Whether the best lies outside of what was seen: its return there is a guess.
    doubts
        Why the data can't tell; then the channel keeps its share, unless bounds move it.
    """

    name: str
    now: float
    best: float
    lower: float
    upper: float
    lowest: float
    highest: float
    brings: Spread
    next_step: Spread
    next_at_best: Spread
    average: float | None
    elasticity: Spread
    half_life_days: Spread
    is_beyond: bool
    verdict: Verdict
    doubts: tuple[Doubt, ...]


@dataclass(frozen=True, slots=True)
class BudgetPlan:
    """The best split of a budget a week, beside the one there is.

    Attributes
    ----------
    unspent
        What the upper bounds leave of the budget.
    gain
        What the best split brings a week beyond the present one; with another budget than the
        present one, also for the money more or less.
    gains
        The share of draws, 0..1, in which it brings more.
    step
        Of how much money ``next_step`` tells.
    """

    budget: float
    now: float
    unspent: float
    step: float
    gain: Spread
    gains: float
    channels: tuple[ChannelPlan, ...]
    level: float = LEVEL

    @property
    def is_sure(self) -> bool:
        """Whether the data tell that the best split is better."""
        return self.gains >= SURE

    @property
    def moves(self) -> bool:
        """Whether the best split differs from the present one at all."""
        return any(abs(one.best - one.now) > 0.01 * max(self.now, self.budget)
                   for one in self.channels)  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return asdict(self) | {"is_sure": self.is_sure}


def plan_budget(
    fit: ResponseFit,
    budget: float | None = None,
    bounds: Mapping[str, Bounds] | None = None,
    step: float = STEP,
) -> BudgetPlan:
    """Return the best split of a budget a week; without one, of what is spent now.

    Bounds that aren't given are the least and the most that was spent in a week; where the budget
    is more than all channels' most together, these are raised in proportion, and the plan says
    that it leaves what was seen. A channel of which the data can't tell keeps its share of the
    budget, unless bounds of its own are given.

    Raises
    ------
    BudgetError
        If nothing is spent now and no budget is given, or the bounds can't be met.
    """
    given = dict(bounds or {})
    total = float(fit.now.sum())
    money = total if budget is None else budget
    _check(fit, money, step, given)
    lower, upper = _find_bounds(fit, money, given)
    best = allocate(fit.curves, money, lower, upper)
    gain = (fit.curves.respond(best) - fit.curves.respond(fit.now)).sum(axis=1)
    return BudgetPlan(
        money, total, max(0.0, money - float(best.sum())), step, find_spread(gain),
        float((gain > _TOUCH).mean()), _plan_channels(fit, best, (lower, upper), step),
    )  # fmt: skip


def _check(fit: ResponseFit, money: float, step: float, given: Mapping[str, Bounds]) -> None:
    if not (np.isfinite(money) and money > 0):
        raise BudgetError("give a budget above 0: nothing was spent in the last weeks")
    if not (np.isfinite(step) and step > 0):
        raise BudgetError("the next step of money is above 0")
    for name, ends in given.items():
        if name not in fit.history.channels:
            there = ", ".join(fit.history.channels)
            raise BudgetError(f"there is no channel {name!r}; there are {there}")
        if any(end is not None and (not np.isfinite(end) or end < 0) for end in ends):
            raise BudgetError(f"the bounds of {name!r} are amounts of 0 and more")
        if None not in ends and (ends[0] or 0) > (ends[1] or 0):
            raise BudgetError(f"the lower bound of {name!r} is above its upper bound")


def _find_bounds(
    fit: ResponseFit, money: float, given: Mapping[str, Bounds]
) -> tuple[Float64, Float64]:
    """Return the bounds: those given, the shares of doubtful channels, else what was seen."""
    total = float(fit.now.sum())
    lower, upper = fit.lowest.copy(), fit.highest.copy()
    free = []
    for place, name in enumerate(fit.history.channels):
        least, most = given.get(name, (None, None))
        if fit.doubts[place] and name not in given:
            lower[place] = upper[place] = fit.now[place] * (money / total if total else 1.0)
            continue
        lower[place] = lower[place] if least is None else least
        upper[place] = upper[place] if most is None else most
        # A bound that is given holds against one that was only seen.
        lower[place] = min(lower[place], upper[place]) if least is None else least
        upper[place] = max(lower[place], upper[place]) if most is None else most
        free += [place] if most is None else []
    return _ease(lower, money, given, fit), _raise_to(upper, money, free)


def _ease(lower: Float64, money: float, given: Mapping[str, Bounds], fit: ResponseFit) -> Float64:
    """Lower the least that was seen, where a small budget can't meet it."""
    seen = np.array([given.get(name, (None, None))[0] is None for name in fit.history.channels])
    room = money - float(lower[~seen].sum())
    wanted = float(lower[seen].sum())
    if wanted > room > 0:
        return np.asarray(np.where(seen, lower * (room / wanted), lower))
    return lower


def _raise_to(upper: Float64, money: float, free: list[int]) -> Float64:
    """Raise the most that was seen, where a large budget goes beyond it."""
    missing = money - float(upper.sum())
    if missing <= 0 or not free:
        return upper
    raised = upper.copy()
    raised[free] *= 1 + missing / float(upper[free].sum())
    return raised


def _plan_channels(
    fit: ResponseFit, best: Float64, bounds: tuple[Float64, Float64], step: float
) -> tuple[ChannelPlan, ...]:
    brings, after = fit.curves.respond(fit.now), fit.curves.add(best, step)
    further = fit.curves.add(fit.now, step)
    deserves = _find_deserving(fit, further)
    return tuple(
        ChannelPlan(
            name, float(fit.now[n]), float(best[n]), float(bounds[0][n]), float(bounds[1][n]),
            float(fit.lowest[n]), float(fit.highest[n]), find_spread(brings[:, n]),
            find_spread(further[:, n]), find_spread(after[:, n]),
            float(np.median(brings[:, n]) / fit.now[n]) if fit.now[n] > 0 else None,
            find_spread(fit.curves.elasticity[:, n]), find_spread(fit.curves.half_life_days[:, n]),
            _is_beyond(fit, n, best), _judge(fit, n, best, deserves[n]), fit.doubts[n],
        )
        for n, name in enumerate(fit.history.channels)
    )  # fmt: skip


def _find_deserving(fit: ResponseFit, further: Float64) -> Float64:
    """Return the share of draws in which a channel's next step brings more than the others'.

    The others are those that the data can tell of, weighted by what is spent on them.
    """
    told = np.array([not doubts for doubts in fit.doubts])
    weight = np.where(told, fit.now, 0.0)
    others = (weight.sum() - weight)[np.newaxis]
    mean = ((further * weight).sum(axis=1, keepdims=True) - further * weight) / np.maximum(
        others, _TOUCH
    )
    return np.asarray(np.where(others[0] > 0, (further > mean).mean(axis=0), 0.5))


def _is_beyond(fit: ResponseFit, n: int, best: Float64) -> bool:
    slack = 1e-6 * max(float(fit.highest[n]), 1.0)
    return bool(best[n] > fit.highest[n] + slack or best[n] < fit.lowest[n] - slack)


def _judge(fit: ResponseFit, n: int, best: Float64, deserves: float) -> Verdict:
    if fit.doubts[n]:
        return Verdict.CANT_TELL
    if deserves >= SURE and best[n] > fit.now[n]:
        return Verdict.MORE
    if deserves <= 1 - SURE and best[n] < fit.now[n]:
        return Verdict.LESS
    return Verdict.KEEP


def draw_curve(
    curves: Curves, channel: int, most: float, points: int = 60
) -> tuple[Float64, Float64]:
    """Return spends from 0 to ``most``, and what they bring: lower, median, upper (3, points)."""
    spend = np.linspace(0, most, points)
    one = curves.take([channel])
    drawn = one.level * (spend / one.reference) ** one.elasticity
    tail = (1 - LEVEL) / 2
    return spend, np.asarray(np.quantile(drawn, [tail, 0.5, 1 - tail], axis=0))

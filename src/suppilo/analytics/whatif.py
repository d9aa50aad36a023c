"""What if more came in, or more went on: a funnel's figures after a change.

Three questions, by the names that semantics give them: *expand* (more in at a stage), *stretch* (a
better rate from a stage to the next), *key level* (which stage repays the same effort best).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]
DRAWS = 4_000


class WhatIfError(ValueError):
    """The question can't be answered; the message says why and what to give instead."""


@dataclass(frozen=True, slots=True)
class Level:
    """A stage of the funnel as it is: how many, and what each costs.

    ``unit_cost`` is what one more unit at this stage costs (an impression, a call); None where it
    is not known.
    """

    name: str
    count: float
    unit_cost: float | None = None


@dataclass(frozen=True, slots=True)
class Expand:
    """``factor`` times as many come into a stage.

    With an elasticity below 1 the stages after it grow by less: by ``factor ** elasticity``.
    """

    stage: str
    factor: float
    elasticity: float = 1.0


@dataclass(frozen=True, slots=True)
class Stretch:
    """A better rate from a stage to the next: one of a rate, points, a factor, or losses saved.

    ``to``, ``by`` and ``saved`` are shares: 0.6 is 60 %, ``by=0.1`` is ten points more, and
    ``saved=0.1`` keeps a tenth of those who leave there.
    """

    stage: str
    to: float | None = None
    by: float | None = None
    factor: float | None = None
    saved: float | None = None


Lever = Expand | Stretch


@dataclass(frozen=True, slots=True)
class Range:
    """A figure: its middle, and between what it lies at the level asked for."""

    median: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class LevelAfter:
    """A stage before and after; ``rate`` is that to the next stage, None at the last."""

    name: str
    before: float
    after: float
    after_range: Range
    rate_before: float | None
    rate_after: float | None


@dataclass(frozen=True, slots=True)
class Projection:
    """What comes of the levers.

    Attributes
    ----------
    value
        Money per unit of the last stage.
    money_before, money_after
        Last stage times value.
    gain, gain_range
        Money after less before; the range is that of the rates' uncertainty.
    won_range
        Units of the last stage after less before.
    cost
        What the added units cost, over the stages whose unit cost is known; None where it is not.
    profit, profit_range
        The gain's margin less what the added units cost, as far as that is known.
    assumptions
        What was assumed, in words.
    """

    levels: tuple[LevelAfter, ...]
    value: float
    money_before: float
    money_after: float
    gain: float
    gain_range: Range
    won_range: Range
    cost: float | None
    profit: float
    profit_range: Range
    level: float
    assumptions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeyLevel:
    """What saving a share of one stage's losses brings; ``per_cost`` is per unit of money."""

    stage: str
    lost: float
    rate_before: float
    rate_after: float
    gain: float
    gain_range: Range
    per_cost: float | None


def project(
    levels: Sequence[Level],
    levers: Sequence[Lever],
    value: float = 1.0,
    *,
    random: np.random.Generator,
    level: float = 0.95,
    margin: float = 1.0,
) -> Projection:
    """Say what a funnel becomes when levers are pulled, one after the other.

    Parameters
    ----------
    levels
        The stages from the first to the last; at least two.
    value
        Money per unit of the last stage.
    random
        Draws the rates: Beta posteriors of their counts with Jeffreys' prior. A stage with more
        units than the one before (revenue per impression, say) has no rate of that kind, and its
        ratio is taken as certain.
    margin
        The share of the money that is left when what was sold is paid for: for the profit.

    Raises
    ------
    WhatIfError
        If a stage is not there, a figure makes no sense, or a rate would pass 1.

    Examples
    --------
    >>> shop = [Level("visits", 200), Level("calls", 4), Level("sales", 1)]
    >>> found = project(shop, [Expand("visits", 10)], random=np.random.default_rng(1))
    >>> [round(one.after) for one in found.levels]
    [2000, 40, 10]
    """
    _check(levels, value)
    if not isfinite(margin):
        raise WhatIfError("the margin must be a number")
    counts = np.array([one.count for one in levels], np.float64)
    rates = counts[1:] / counts[:-1]
    drawn = _draw_rates(counts, random)
    # Row 0 is the funnel as counted; the others are draws of what its rates may be.
    before = np.vstack([rates, drawn])
    inflow, after = np.full(len(before), counts[0]), before
    for lever in levers:
        inflow, after = _pull(lever, _find(levels, lever.stage), inflow, after)
        _check_rates(levels, lever, rates, after[0])
    # A drawn rate is no more than all, nor is it after a lever.
    after = np.minimum(after, np.maximum(1.0, before))
    had, has = _volumes(np.full(len(before), counts[0]), before), _volumes(inflow, after)
    volumes, won = has[0], has[1:, -1] - had[1:, -1]
    costs = _costs(levels, has - had)
    profits = won * value * margin - costs[1:]
    gain = float(volumes[-1] - counts[-1]) * value
    return Projection(
        levels=tuple(
            LevelAfter(
                one.name,
                one.count,
                float(volumes[i]),
                _range(has[1:, i], level),
                float(rates[i]) if i < len(rates) else None,
                float(after[0, i]) if i < len(rates) else None,
            )
            for i, one in enumerate(levels)
        ),
        value=value,
        money_before=float(counts[-1]) * value,
        money_after=float(volumes[-1]) * value,
        gain=gain,
        gain_range=_range(won * value, level),
        won_range=_range(won, level),
        cost=float(costs[0]) if any(one.unit_cost is not None for one in levels) else None,
        profit=gain * margin - float(costs[0]),
        profit_range=_range(profits, level),
        level=level,
        assumptions=tuple(_say(lever) for lever in levers),
    )


def rank_key_levels(
    levels: Sequence[Level],
    value: float = 1.0,
    saved: float = 0.1,
    *,
    random: np.random.Generator,
    level: float = 0.95,
) -> tuple[KeyLevel, ...]:
    """Rank the stages by what it brings to save the same share of each one's losses.

    Where the unit costs of all stages are known the order is by gain per unit of money that the
    units saved cost further down, else by gain.

    Parameters
    ----------
    saved
        The share of those who leave at a stage that is kept.

    Raises
    ------
    WhatIfError
        As for :func:`project`.
    """
    if not 0 < saved <= 1:
        raise WhatIfError("the share of the losses that is saved must be above 0 and at most 1")
    _check(levels, value)
    found = []
    for here, after in zip(levels[:-1], levels[1:], strict=True):
        lost = here.count - after.count
        if lost <= 0:
            continue
        rate = after.count / here.count
        better = rate + saved * (1 - rate)
        made = project(levels, [Stretch(here.name, saved=saved)], value, random=random, level=level)
        per_cost = made.gain / made.cost if made.cost else None
        found.append(KeyLevel(here.name, lost, rate, better, made.gain, made.gain_range, per_cost))
    by_cost = all(one.per_cost is not None for one in found)
    key = (lambda one: -(one.per_cost or 0.0)) if by_cost else (lambda one: -one.gain)
    return tuple(sorted(found, key=key))


def describe_ratio(first: float, last: float) -> str:
    """Return how many of the first stage it takes for one of the last: ``1 : 80``."""
    if not last:
        return "–"
    ratio = first / last
    return f"1 : {ratio:,.0f}" if ratio >= 1_000 else f"1 : {ratio:.4g}"


def _check(levels: Sequence[Level], value: float) -> None:
    if len(levels) < 2:
        raise WhatIfError("a funnel has two stages at least; give each a name and a count")
    names = [one.name for one in levels]
    if len(set(names)) < len(names):
        raise WhatIfError("two stages have one name; give each its own")
    for one in levels:
        if not (isfinite(one.count) and one.count > 0):
            raise WhatIfError(f"stage {one.name!r} needs a count above 0")
        if one.unit_cost is not None and not (isfinite(one.unit_cost) and one.unit_cost >= 0):
            raise WhatIfError(f"the cost of stage {one.name!r} must be 0 or more")
    if not isfinite(value):
        raise WhatIfError("the value of the last stage must be a number")


def _find(levels: Sequence[Level], name: str) -> int:
    for place, one in enumerate(levels):
        if one.name == name:
            return place
    raise WhatIfError(f"no stage {name!r}; there are {', '.join(one.name for one in levels)}")


def _draw_rates(counts: Float64, random: np.random.Generator) -> Float64:
    """Return draws × rates."""
    before, after = counts[:-1], counts[1:]
    nested = after <= before
    lost = np.where(nested, before - after, 0.0)
    drawn = random.beta(after + 0.5, lost + 0.5, (DRAWS, len(before)))
    return np.asarray(np.where(nested, drawn, after / before))


def _pull(lever: Lever, place: int, inflow: Float64, rates: Float64) -> tuple[Float64, Float64]:
    """Return the inflow and the rates (draws × rates) after one lever."""
    rates = rates.copy()
    if isinstance(lever, Expand):
        _check_factor(lever.factor, "factor")
        _check_factor(lever.elasticity, "elasticity", allow_zero=True)
        if place == 0:
            inflow = inflow * lever.factor
        else:
            rates[:, place - 1] *= lever.factor
        if place < rates.shape[1]:
            rates[:, place] *= lever.factor ** (lever.elasticity - 1)
        return inflow, rates
    if place == rates.shape[1]:
        raise WhatIfError(f"{lever.stage!r} is the last stage: there is no rate after it")
    rates[:, place] = _stretched(lever, rates[:, place])
    return inflow, rates


def _stretched(lever: Stretch, rate: Float64) -> Float64 | float:
    ways = (lever.to, lever.by, lever.factor, lever.saved)
    given = [one for one in ways if one is not None]
    if len(given) != 1 or not isfinite(given[0]):
        raise WhatIfError("give one of: the new rate, points to add, a factor, or losses saved")
    if lever.to is not None:
        return lever.to
    if lever.by is not None:
        return np.maximum(rate + lever.by, 0.0)
    if lever.saved is not None:
        return rate + lever.saved * np.maximum(1 - rate, 0.0)
    return rate * given[0]


def _check_factor(value: float, name: str, *, allow_zero: bool = False) -> None:
    if not isfinite(value) or value < 0 or (value == 0 and not allow_zero):
        raise WhatIfError(f"the {name} must be a number above 0")


def _check_rates(levels: Sequence[Level], lever: Lever, before: Float64, after: Float64) -> None:
    for i, rate in enumerate(after):
        if rate < 0 or (rate > 1 + 1e-9 and before[i] <= 1):
            raise WhatIfError(
                f"that takes the rate from {levels[i].name!r} to {levels[i + 1].name!r} to "
                f"{rate:.0%}; it must stay between 0 and 100 %. Ask less of {lever.stage!r}."
            )


def _volumes(inflow: Float64, rates: Float64) -> Float64:
    first = inflow[:, None]
    return np.concatenate([first, first * np.cumprod(rates, axis=1)], axis=1)


def _range(drawn: Float64, level: float) -> Range:
    lower, median, upper = np.quantile(drawn, [0.5 - level / 2, 0.5, 0.5 + level / 2])
    return Range(float(median), float(lower), float(upper))


def _costs(levels: Sequence[Level], added: Float64) -> Float64:
    """Return what added units (draws × stages) cost; those whose cost is not known, nothing."""
    return added @ np.array([one.unit_cost or 0.0 for one in levels], np.float64)


def _say(lever: Lever) -> str:
    if isinstance(lever, Expand):
        effect = lever.factor**lever.elasticity
        return (
            f"{lever.factor:g} times as many at {lever.stage!r}; elasticity {lever.elasticity:g}: "
            f"what follows grows {effect:.4g} times"
        )
    if lever.to is not None:
        return f"the rate after {lever.stage!r} becomes {lever.to:.1%}"
    if lever.by is not None:
        return f"the rate after {lever.stage!r} changes by {100 * lever.by:+.1f} points"
    if lever.saved is not None:
        return f"{lever.saved:.1%} of those who leave at {lever.stage!r} stay"
    return f"the rate after {lever.stage!r} becomes {lever.factor:g} times what it is"


def with_cost(levels: Sequence[Level], costs: dict[str, float]) -> tuple[Level, ...]:
    """Return the stages with unit costs by name.

    Raises
    ------
    WhatIfError
        If a name is no stage's.
    """
    for name in costs:
        _find(levels, name)
    return tuple(replace(one, unit_cost=costs.get(one.name, one.unit_cost)) for one in levels)

"""What may come, drawn many times: which open deals are won when, and which new ones come.

A draw takes the rates, the level of arrivals and the amounts as they may be; within it several
courses are drawn, each with months that are better and worse than usual.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from suppilo.analytics.durations import Float64
from suppilo.analytics.events import Int64
from suppilo.analytics.forecast.arrivals import Arrivals, draw_factors
from suppilo.analytics.forecast.months import Calendar
from suppilo.analytics.forecast.passage import Passages, at_steps
from suppilo.analytics.forecast.season import Season

MOST_CELLS = 6_000_000
"""Deals times courses: with many deals fewer courses are drawn, as chance evens out."""
_MOST_SUMMED = 30_000


@dataclass(frozen=True, slots=True)
class OpenDeals:
    """Open deals: what each is worth, its stage and how many steps old it is there."""

    amount: Float64
    stage: Int64
    age: Int64


@dataclass(frozen=True, slots=True)
class World:
    """All that a course is drawn from.

    Attributes
    ----------
    ends
        When each period ends, days from now.
    arrivals, share
        How deals come, and the share of them that is drawn for.
    amounts
        What new deals were won for, lately.
    season, calendar
        How months vary, and which months the periods are of.
    """

    passages: Passages
    ends: Float64
    open: OpenDeals
    arrivals: Arrivals
    amounts: Float64
    season: Season
    calendar: Calendar


@dataclass(frozen=True, slots=True)
class Courses:
    """By course and period, what is won: of deals open now, and of deals still to come.

    ``chance`` is each open deal's chance of being won by the end of each period.
    """

    from_open: Float64
    from_new: Float64
    chance: Float64


def draw_courses(world: World, random: Generator, draws: int, each: int) -> Courses:
    """Draw what may be won in each period."""
    each = max(2, min(each, MOST_CELLS // max(1, len(world.open.amount) * draws)))
    levels = world.arrivals.draw_levels(random, draws)
    kinds, kind = np.unique(
        np.stack((world.open.stage, world.open.age)), axis=1, return_inverse=True
    )
    from_open, from_new, chances = [], [], np.zeros((len(world.open.amount), len(world.ends)))
    for draw in range(draws):
        factors = world.season.draw(random, world.calendar, each)
        chance = _chances(world, draw, kinds)[kind.ravel()]
        chances += chance / draws
        from_open.append(_win_open(chance, world.open.amount, factors, random))
        expected = levels[draw] * new_wins(world, draw)
        again = draw_factors(random, world.arrivals.spread, factors.shape)
        wins = random.poisson(expected * factors * again)
        from_new.append(_sum_amounts(wins, world.amounts, random))
    return Courses(np.concatenate(from_open), np.concatenate(from_new), chances)


def _chances(world: World, draw: int, kinds: Int64) -> Float64:
    """Return the chance of being won by each end, for each kind of deal: its stage and age."""
    found = np.zeros((kinds.shape[1], len(world.ends)))
    for stage in np.unique(kinds[0]).tolist():
        here = kinds[0] == stage
        found[here] = world.passages.chances(draw, stage, kinds[1][here], world.ends)
    return found


def _win_open(chance: Float64, amount: Float64, factors: Float64, random: Generator) -> Float64:
    """Return what is won of open deals, by course and period."""
    courses, periods = factors.shape
    steps = np.diff(chance, axis=1, prepend=0.0)
    drawn = random.random((courses, len(amount)))
    # Few are won: when, is asked of these alone.
    course, deal = np.nonzero(drawn < factors @ steps.T)
    by_then = np.cumsum(steps[deal] * factors[course], axis=1)
    when = np.minimum((by_then <= drawn[course, deal][:, None]).sum(axis=1), periods - 1)
    sums = np.bincount(course * periods + when, amount[deal], courses * periods)
    return sums.reshape(courses, periods).astype(np.float64)


def new_wins(world: World, draw: int) -> Float64:
    """Return how many deals that come from now on are won in each period, at the usual level."""
    passages, ends = world.passages, world.ends / world.passages.step
    # A deal that comes within a step has, on average, half of it left.
    by_stage = np.clip(at_steps(passages.won[draw], ends - 0.5), 0, None)
    wins = world.arrivals.entry @ by_stage.sum(axis=1)
    gone = np.diff(wins, prepend=0.0)
    expected: Float64 = np.maximum(gone, 0) * world.arrivals.per_day * passages.step
    return expected


def _sum_amounts(wins: Int64, amounts: Float64, random: Generator) -> Float64:
    """Return the sum of so many amounts, taken from those there were (a bootstrap).

    Where there are tens of thousands, by mean and variance: many add up to a normal sum.
    """
    if not len(amounts) or not wins.any():
        return np.zeros(wins.shape)
    # Which amounts there may be is not sure either: Rubin (1981), "The Bayesian bootstrap".
    share = random.standard_exponential(len(amounts))
    share /= share.sum()
    if wins.sum() > _MOST_SUMMED:
        mean = float(share @ amounts)
        spread = np.sqrt(float(share @ (amounts - mean) ** 2) * wins)
        many: Float64 = wins * mean + spread * random.standard_normal(wins.shape)
        return np.maximum(many, 0.0)
    taken = random.choice(amounts, int(wins.sum()), p=share)
    course = np.repeat(np.arange(wins.size), wins.ravel())
    return np.bincount(course, taken, wins.size).reshape(wins.shape).astype(np.float64)

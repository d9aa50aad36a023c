"""How fast deals leave a stage, by how long they have been in it, and where they go.

In each stage the ways out compete (the next stage, back, won, lost). Their rates are constant
within ranges of age that hold about as many exits each: a piecewise exponential model with
competing risks (Friedman 1982, Annals of Statistics 10; Kalbfleisch and Prentice, *The Statistical
Analysis of Failure Time Data*, 2nd ed., chapter 8). A deal that is still there counts for the time
that it was seen there; one that came before the records begin only from then on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from suppilo.analytics.durations import Float64
from suppilo.analytics.forecast.book import Stays

MOST_RANGES = 12
FEWEST_EXITS = 6


@dataclass(frozen=True, slots=True)
class StageRates:
    """One stage's exits and time watched.

    Attributes
    ----------
    edges
        Ages in days that begin the ranges, from 0; the last range has no end.
    exits
        By range and way out; ways are the stages' places, then leaving unwon.
    watched
        Days watched in each range, over all deals.
    prior
        A way's share of one exit that is taken for seen in every range, so that an empty range
        is as the stage usually is.
    usual
        Exits a day over all ages.
    """

    edges: Float64
    exits: Float64
    watched: Float64
    prior: Float64
    usual: float

    def draw(self, random: Generator | None, draws: int) -> Float64:
        """Return rates a day by draw, range and way: gamma posteriors; their means without one.

        With exits as a Poisson count over the time watched, the gamma distribution is the
        conjugate one (Gelman et al., *Bayesian Data Analysis*, 3rd ed., section 2.6).
        """
        shape = self.exits + self.prior
        time = (self.watched + 1 / self.usual)[:, None]
        size = (draws, *shape.shape)
        drawn = np.broadcast_to(shape, size) if random is None else random.gamma(shape, size=size)
        rates: Float64 = drawn / time
        return rates


def fit_rates(stays: Stays, stages: int, step: float) -> tuple[StageRates, ...]:
    """Return each stage's rates.

    Parameters
    ----------
    step
        The grid that passages are followed on, in days: exits within half of it count as at once.
    """
    ended = stays.to >= 0
    watched = float((stays.length - stays.entry).sum()) or 1.0
    pooled = (np.count_nonzero(ended) + 0.5) / watched
    return tuple(
        _fit_stage(stays.take(stays.stage == stage), stages, stage, step, pooled)
        for stage in range(stages)
    )


def _fit_stage(stays: Stays, stages: int, stage: int, step: float, pooled: float) -> StageRates:
    # Moves at one moment took some time all the same; without it their rate would be endless.
    length = np.maximum(stays.length, step / 4)
    entry = np.minimum(stays.entry, length)
    ended = stays.to >= 0
    edges = _cut(length[ended], step)
    place = np.searchsorted(edges, length[ended], side="right") - 1
    exits = np.zeros((len(edges), stages + 1))
    np.add.at(exits, (place, stays.to[ended]), 1)
    ends = np.append(edges[1:], np.inf)
    watched = np.array([
        np.maximum(np.minimum(length, end) - np.maximum(entry, start), 0).sum()
        for start, end in zip(edges, ends, strict=True)
    ])  # fmt: skip
    count = float(exits.sum())
    usual = max((count + 0.5) / (float(watched.sum()) + 0.5 / pooled), 1e-6)
    return StageRates(edges, exits, watched, _prior(exits, stages, stage), usual)


def _cut(exits: Float64, step: float) -> Float64:
    """Return ages that part the exits evenly, after those that count as at once."""
    ranges = min(MOST_RANGES, len(exits) // FEWEST_EXITS)
    cuts = np.quantile(exits, np.arange(1, ranges) / ranges) if ranges > 1 else np.zeros(0)
    return np.unique(np.concatenate(([0.0, step / 2], cuts[cuts > step])))


def _prior(exits: Float64, stages: int, stage: int) -> Float64:
    """Return the ways' shares; where nobody has left yet, on and out are equally likely."""
    by_way: Float64 = exits.sum(axis=0)
    if not by_way.any():
        by_way[min(stage + 1, stages)] += 1
        by_way[stages] += 1
    shares: Float64 = by_way / by_way.sum()
    return shares


def cumulate_rates(rates: Float64, edges: Float64, ages: Float64) -> Float64:
    """Return the rates summed up to each age, by draw, way and age.

    Parameters
    ----------
    rates
        By draw, range and way, a day.
    edges
        Where the ranges begin.
    ages
        In days.
    """
    ends = np.append(edges[1:], np.inf)
    inside = np.clip(ages[None, :] - edges[:, None], 0, (ends - edges)[:, None])
    summed: Float64 = np.einsum("kbd,bm->kdm", rates, inside)
    return summed

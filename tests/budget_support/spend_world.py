"""A seeded world of channels whose response curves are known."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from suppilo.analytics.budget import Curves, SpendHistory

START = date(2023, 1, 2)
"""A Monday."""


@dataclass(frozen=True)
class World:
    """A history, and the curves that made it (one draw: the truth)."""

    history: SpendHistory
    truth: Curves


def make_world(seed: int, weeks: int = 130, channels: int = 3, noise: float = 0.05) -> World:
    """Return weeks of spend that varies and what it brought, beside trend, season and noise."""
    random = np.random.default_rng(seed)
    mean = random.uniform(800, 5_000, channels)
    spend = mean * np.exp(random.normal(0, 0.6, (weeks, channels)))
    spend[random.random((weeks, channels)) < 0.1] = 0
    elasticity = random.uniform(0.3, 0.7, channels)
    half_life = np.exp(random.normal(np.log(4), 0.5, channels))
    level = 300 * mean / mean.sum() * np.exp(random.normal(0, 0.6, channels))
    kept = 0.5 ** (7 / half_life)
    brought, state = np.zeros(weeks), level * (spend[0] / mean) ** elasticity
    for week in range(weeks):
        state = kept * state + (1 - kept) * level * (spend[week] / mean) ** elasticity
        brought[week] = state.sum()
    week = np.arange(weeks)
    base = 600 + 0.5 * week + 60 * np.sin(2 * np.pi * week / 52.18)
    outcome = base + brought + random.normal(0, noise * 900, weeks)
    names = tuple(f"channel {number + 1}" for number in range(channels))
    truth = Curves(level[None], mean, elasticity[None], half_life[None])
    return World(SpendHistory(START, 7, names, spend, outcome), truth)

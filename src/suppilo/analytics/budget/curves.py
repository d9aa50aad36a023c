"""Response curves: what a steady spend a week brings a week, as many draws of what is likely."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from suppilo.analytics.budget.adstock import Float64

LEVEL = 0.8
"""Ranges hold so much of what is likely."""


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure that is not known exactly: its median, and what holds 80 % of what is likely."""

    median: float
    lower: float
    upper: float


def find_spread(draws: Float64) -> Spread:
    """Return the spread of draws."""
    lower, median, upper = np.quantile(draws, [(1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2])
    return Spread(float(median), float(lower), float(upper))


@dataclass(frozen=True, slots=True)
class Curves:
    """Curves ``level × (spend / reference) ^ elasticity`` of channels, in draws.

    They rise and are concave, for elasticities lie between 0 and 1: each further unit of money
    brings less. There is no ceiling, so far beyond what was ever spent they promise too much.

    Attributes
    ----------
    level
        What comes a week at the reference spend; shape (draws, channels).
    reference
        A week's spend, above 0; shape (channels,).
    elasticity, half_life_days
        Shape (draws, channels).
    """

    level: Float64
    reference: Float64
    elasticity: Float64
    half_life_days: Float64

    def respond(self, spend: Float64 | Sequence[float]) -> Float64:
        """Return what spends bring a week; shape (draws, channels)."""
        relative = np.asarray(spend, np.float64) / self.reference
        return np.asarray(self.level * relative**self.elasticity)

    def slope(self, spend: Float64) -> Float64:
        """Return what one more unit of money brings, of spends above 0; (draws, channels)."""
        relative = spend / self.reference
        steepness = self.level * self.elasticity / self.reference
        return np.asarray(steepness * relative ** (self.elasticity - 1))

    def add(self, spend: Float64, step: float) -> Float64:
        """Return what ``step`` more money in each channel brings; (draws, channels)."""
        return self.respond(spend + step) - self.respond(spend)

    def take(self, channels: Float64 | Sequence[int]) -> Curves:
        """Return the curves of some channels, by their numbers."""
        chosen = np.asarray(channels, np.intp)
        return Curves(
            self.level[:, chosen], self.reference[chosen], self.elasticity[:, chosen],
            self.half_life_days[:, chosen],
        )  # fmt: skip

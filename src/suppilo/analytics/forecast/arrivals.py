"""Deals still to come: how many a day, where they begin, and how sure that is.

Own definition: ``docs/explanation/algorithms/forecast.md``, "Deals still to come".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from suppilo.analytics.durations import Float64
from suppilo.analytics.events import Int64
from suppilo.analytics.forecast.book import DAY_US

BLOCK_DAYS = 28
MOST_BLOCKS = 13
ENOUGH = 30
_WINDOWS = (91, 182, 364)
_UNKNOWN_SPREAD = 0.05


@dataclass(frozen=True, slots=True)
class Arrivals:
    """How deals come.

    Attributes
    ----------
    count
        Deals that came in the last ``days``.
    days
        13, 26 or 52 weeks: the shortest in which 30 came, else as many as are known.
    spread
        The variance of a four-week count beyond chance, as a share of its square.
    entry
        For each stage, the share of deals that begin in it.
    """

    count: int
    days: float
    spread: float
    entry: Float64

    @property
    def per_day(self) -> float:
        """Deals a day."""
        return self.count / self.days if self.days else 0.0

    def draw_levels(self, random: Generator, draws: int) -> Float64:
        """Return what the level may be, as a factor, for each draw.

        The count may be off by chance, and four weeks after four weeks are not alike.
        """
        if not self.count:
            return np.ones(draws)
        blocks = max(self.days / BLOCK_DAYS, 1.0)
        return draw_factors(random, 1 / self.count + self.spread / blocks, (draws,))


def measure_arrivals(
    began: Int64, entry: Int64, stages: int, as_of_us: int, known_from_us: int
) -> Arrivals:
    """Return how deals come.

    Parameters
    ----------
    began
        When each deal came, microseconds UTC.
    entry
        The stage that each began in.
    known_from_us
        Since when all that came are known.
    """
    known = (as_of_us - known_from_us) / DAY_US
    age = (as_of_us - began) / DAY_US
    days = min(float(_WINDOWS[-1]), known)
    for window in _WINDOWS:
        if window <= known and np.count_nonzero((age >= 0) & (age < window)) >= ENOUGH:
            days = float(window)
            break
    recent = (age >= 0) & (age < days)
    counts = np.bincount(entry[recent], minlength=stages).astype(np.float64)
    blocks = np.bincount(
        (age[(age >= 0) & (age < known)] // BLOCK_DAYS).astype(np.int64), minlength=1
    )[: min(MOST_BLOCKS, int(known // BLOCK_DAYS))]
    mean = np.full(len(blocks), blocks.mean() if len(blocks) else 0.0)
    return Arrivals(
        int(counts.sum()), days, find_spread(blocks.astype(np.float64), mean),
        counts / max(counts.sum(), 1.0),
    )  # fmt: skip


def find_spread(seen: Float64, expected: Float64, fitted: int = 1) -> float:
    """Return how much counts vary beyond chance: the variance of their common factor.

    By moments: a count is Poisson around ``expected`` times a factor of mean 1, so the mean of
    ``(seen - expected)² - expected`` is the factor's variance times ``expected²`` (McCullagh and
    Nelder, *Generalized Linear Models*, 2nd ed., section 6.2.3). With fewer than four counts it is
    taken to be 0.05. ``fitted`` is how many means ``expected`` was fitted to.
    """
    if len(seen) < 4 or not (expected**2).sum():
        return _UNKNOWN_SPREAD
    squares = ((seen - expected) ** 2).sum() * len(seen) / (len(seen) - fitted)
    beyond = squares - expected.sum()
    return float(np.clip(beyond / (expected**2).sum(), 0.0, 1.0))


def draw_factors(random: Generator, spread: float, size: tuple[int, ...]) -> Float64:
    """Return factors of mean 1 and variance ``spread``, from a gamma distribution."""
    if spread <= 1e-9:
        return np.ones(size)
    return random.gamma(1 / spread, spread, size)

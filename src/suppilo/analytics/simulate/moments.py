"""When something happened to people, and who goes on from there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from suppilo.analytics.events import Int32, Int64
from suppilo.analytics.simulate.truth import LogNormal
from suppilo.analytics.simulate.world import Float64


@dataclass(frozen=True, slots=True)
class Moments:
    """When something happened to some people, in the same order; a person may stand twice."""

    person: Int32
    at_us: Int64

    def __len__(self) -> int:
        return len(self.person)

    def take(self, rows: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Moments:
        """Return some of them."""
        return Moments(self.person[rows], self.at_us[rows])

    def later(self, random: Generator, time: LogNormal) -> Moments:
        """Return the same people, each some time later."""
        return Moments(self.person, self.at_us + time.draw_us(random, len(self)))

    def after(self, wait_us: int) -> Moments:
        """Return the same people, all so much later."""
        return Moments(self.person, self.at_us + wait_us)

    def go_on(self, random: Generator, rate: float | Float64, time: LogNormal) -> Moments:
        """Return those who take the next step, when they take it.

        ``rate`` is one for all, or one for each.
        """
        return self.take(draw_rows(random, rate, len(self))).later(random, time)

    def before(self, end_us: int) -> Moments:
        """Return those of before a moment."""
        return self.take(np.flatnonzero(self.at_us < end_us))

    def first_of_each(self) -> Moments:
        """Return each person once, with the earliest moment, by person."""
        order = np.lexsort((self.at_us, self.person))
        person, first = np.unique(self.person[order], return_index=True)
        return Moments(person, self.at_us[order][first])

    def __add__(self, other: Moments) -> Moments:
        return Moments(
            np.concatenate([self.person, other.person]), np.concatenate([self.at_us, other.at_us])
        )


def draw_rows(random: Generator, rate: float | Float64, count: int) -> Int64:
    """Return which of ``count`` rows are drawn at a rate."""
    return np.flatnonzero(random.random(count) < rate)

"""How many deals are won, how much they bring, and how fast.

Own definition: ``docs/explanation/algorithms/stages.md``, "Won"; the velocity is the trade's
usual figure, and the intervals are those of :func:`suppilo.analytics.intervals.wilson_interval`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from suppilo.analytics.events import Bool, Int64
from suppilo.analytics.intervals import Interval, wilson_interval
from suppilo.analytics.stages.ledger import DealTraces, Outcome

VALUE_UNITS = 10_000
"""Amounts are whole ten-thousandths of a currency's unit, as exact as the database keeps them."""

_DAY_S = 86_400
_FEW, _SOME = 10, 30


class SampleSize(StrEnum):
    """How much weight a figure bears: of fewer than 10, of fewer than 30, or of more."""

    NONE = "none"
    TINY = "tiny"
    SMALL = "small"
    ENOUGH = "enough"


def judge_sample(n: int) -> SampleSize:
    """Return how much weight a figure of so many deals bears.

    Below 30 a rate's 95 % interval is wider than ±18 points at its widest, below 10 than ±31.

    Examples
    --------
    >>> judge_sample(12).value
    'small'
    """
    if n == 0:
        return SampleSize.NONE
    return SampleSize.TINY if n < _FEW else SampleSize.SMALL if n < _SOME else SampleSize.ENOUGH


@dataclass(frozen=True, slots=True)
class WinRate:
    """Won deals as a share of those that were decided, and of all that were created."""

    won: int
    lost: int
    disqualified: int
    open: int
    handed_over: int
    of_decided: float | None
    of_decided_interval: Interval | None
    of_created: float | None
    of_created_interval: Interval | None

    @property
    def decided(self) -> int:
        """How many were won or lost."""
        return self.won + self.lost

    @property
    def created(self) -> int:
        """How many there were in all."""
        return self.won + self.lost + self.disqualified + self.open + self.handed_over


def win_rate(outcomes: Int64, level: float = 0.95) -> WinRate:
    """Return the win rates of deals with these outcomes; a disqualified deal is not a lost one."""
    counts = np.bincount(outcomes, minlength=len(Outcome)).tolist()
    won, lost = counts[Outcome.WON], counts[Outcome.LOST]
    decided, created = won + lost, sum(counts) - counts[Outcome.ABSENT]
    return WinRate(
        won=won,
        lost=lost,
        disqualified=counts[Outcome.DISQUALIFIED],
        open=counts[Outcome.OPEN],
        handed_over=counts[Outcome.HANDED_OVER],
        of_decided=won / decided if decided else None,
        of_decided_interval=wilson_interval(won, decided, level),
        of_created=won / created if created else None,
        of_created_interval=wilson_interval(won, created, level),
    )


def sum_values(values: Int64, kinds: Int64, count: int) -> tuple[int, ...]:
    """Return the exact sum of the values of each kind, 0 to ``count`` - 1.

    Examples
    --------
    >>> sum_values(np.array([10, 20, 5]), np.array([0, 1, 0]), 2)
    (15, 20)
    """
    # A sum of int64 could overflow in silence: high and low parts are added apart.
    high, low = np.divmod(values, VALUE_UNITS)
    sums = np.zeros((2, count), np.int64)
    np.add.at(sums[0], kinds, high)
    np.add.at(sums[1], kinds, low)
    return tuple(
        int(whole) * VALUE_UNITS + int(part) for whole, part in zip(*sums.tolist(), strict=True)
    )


@dataclass(frozen=True, slots=True)
class Velocity:
    """How much money a pipeline turns out each day, in one currency.

    Attributes
    ----------
    currency
        Its number.
    open
        Deals that are open.
    win_rate
        Won / (won + lost), 0..1.
    average_value
        Of the won deals, in ten-thousandths of the currency's unit.
    cycle_s
        Mean time from coming into the pipeline to being won, seconds.
    """

    currency: int
    open: int
    won: int
    win_rate: float | None
    average_value: float | None
    cycle_s: float | None

    @property
    def per_day(self) -> float | None:
        """Open deals × win rate × average value / cycle length; None where one is unknown."""
        if self.win_rate is None or self.average_value is None or not self.cycle_s:
            return None
        return self.open * self.win_rate * self.average_value / (self.cycle_s / _DAY_S)


def find_velocity(
    traces: DealTraces, chosen: Bool, values: Int64, currencies: Int64
) -> tuple[Velocity, ...]:
    """Return the velocity of each currency that the chosen deals have."""
    seconds = traces.seconds_to_end()
    found = []
    for currency in np.unique(currencies[chosen]).tolist():
        here = chosen & (currencies == currency)
        won = here & (traces.outcome == Outcome.WON)
        rate = win_rate(traces.outcome[here])
        found.append(
            Velocity(
                currency=currency,
                open=rate.open,
                won=rate.won,
                win_rate=rate.of_decided,
                average_value=float(values[won].mean()) if rate.won else None,
                cycle_s=float(seconds[won].mean()) if rate.won else None,
            )
        )
    return tuple(found)

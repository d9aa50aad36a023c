"""What a forecast is made from: deals with their ledger, what they are worth, when they may end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from suppilo.analytics.durations import Float64
from suppilo.analytics.events import Bool, Int64
from suppilo.analytics.stages import VALUE_UNITS, DealTraces, Outcome, StageLedger

DAY_US = 86_400_000_000
FEWEST_ENDED, FEWEST_WON, FEWEST_DAYS = 30, 10, 60


@dataclass(frozen=True, slots=True)
class DealBook:
    """Deals as columns; every column but the ledger's has a value for each deal.

    Attributes
    ----------
    ledger
        When each deal was where; its stages are those of the pipeline, in order.
    amount
        What a deal is thought to be worth, in ten-thousandths of its currency's unit.
    won_amount
        What it was won for; the same where it is not won.
    currency
        A number of ``currencies``.
    expected_us
        When it is expected to be won, microseconds since 1970 UTC; ``NEVER`` where unknown.
    odds
        The chance of being won that somebody typed in, 0..1; NaN where nobody did.
    probability
        For each stage the chance that is set for it, 0..1; NaN where none is.
    known_from_us
        Ends before this moment are not in the ledger: a deal is watched from then on only. None
        where the ledger is whole.
    """

    ledger: StageLedger
    amount: Int64
    won_amount: Int64
    currency: Int64
    currencies: tuple[str, ...]
    expected_us: Int64
    odds: Float64
    probability: Float64
    known_from_us: int | None = None

    @property
    def money(self) -> Float64:
        """What deals are thought to be worth, in units of their currencies."""
        return self.amount / VALUE_UNITS


@dataclass(frozen=True, slots=True)
class HistorySize:
    """How much there is to learn from: deals that ended, those won, and over how many days."""

    ended: int
    won: int
    days: float

    @property
    def is_enough(self) -> bool:
        """Whether rates from it bear a forecast: 30 ended, 10 of them won, in 60 days or more.

        With ten wins a rate's 80 % range is already about ± 40 % of it.
        """
        return self.ended >= FEWEST_ENDED and self.won >= FEWEST_WON and self.days >= FEWEST_DAYS


def measure_history(traces: DealTraces, known_from_us: int | None) -> HistorySize:
    """Return how much history a moment of observation has."""
    ended = np.isin(traces.outcome, (Outcome.WON, Outcome.LOST, Outcome.DISQUALIFIED))
    began = traces.began[traces.outcome != Outcome.ABSENT]
    first = int(began.min()) if len(began) else traces.as_of_us
    start = first if known_from_us is None else max(first, known_from_us)
    return HistorySize(
        int(np.count_nonzero(ended)),
        int(np.count_nonzero(traces.outcome == Outcome.WON)),
        max(0.0, (traces.as_of_us - start) / DAY_US),
    )


@dataclass(frozen=True, slots=True)
class Stays:
    """Stays in open stages: how long, from which age on they were watched, and where they led.

    ``entry`` and ``length`` are in days since the stage was entered. ``to`` is the next stage's
    place, ``stages`` for a deal that left the pipeline unwon, and -1 for a deal still there.
    """

    deal: Int64
    stage: Int64
    since: Int64
    entry: Float64
    length: Float64
    to: Int64

    def take(self, chosen: Bool) -> Stays:
        """Return some of the stays, by a mask."""
        return Stays(
            self.deal[chosen], self.stage[chosen], self.since[chosen],
            self.entry[chosen], self.length[chosen], self.to[chosen],
        )  # fmt: skip


def read_stays(traces: DealTraces, known_from_us: int | None) -> Stays:
    """Return the stays in open stages that were watched."""
    following = np.append(traces.stage[1:], -1)[: len(traces.stage)]
    to = np.where(following < 0, traces.stages, following)
    to[traces.is_last] = -1
    start = traces.since if known_from_us is None else np.maximum(traces.since, known_from_us)
    found = Stays(
        traces.deal, traces.stage, traces.since,
        (start - traces.since) / DAY_US, (traces.until - traces.since) / DAY_US, to,
    )  # fmt: skip
    is_open = (traces.stage >= 0) & ~traces.won[np.maximum(traces.stage, 0)]
    return found.take(is_open & (traces.until >= start))

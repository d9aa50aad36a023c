"""A pipeline's ledger as columns, and where each deal went by it.

Own definition: ``docs/explanation/algorithms/stages.md``, "Eight deals".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from suppilo.analytics.durations import Float64
from suppilo.analytics.events import Bool, Int64

LOST, DISQUALIFIED, ELSEWHERE = -1, -2, -3
"""Where a deal is that is in no stage of the pipeline: closed, or in another pipeline."""

NEVER = np.iinfo(np.int64).max
_US_PER_SECOND = 1_000_000


class Outcome(IntEnum):
    """What became of a deal; ``ABSENT``: it was not in the pipeline yet."""

    ABSENT = 0
    OPEN = 1
    WON = 2
    LOST = 3
    DISQUALIFIED = 4
    HANDED_OVER = 5


@dataclass(frozen=True, slots=True)
class StageLedger:
    """Entries that each say: from ``at`` on, ``deal`` is at ``stage``.

    What a move was called does not matter, nor where it said that it came from: after a correction
    the entry before it tells that. Entries of one deal at the same moment hold in their order.

    Attributes
    ----------
    deals
        How many deals there are; they are numbered from 0.
    won
        For each stage, in the pipeline's order, whether a deal in it is won.
    deal
        The number of each entry's deal, never falling from one entry to the next.
    stage
        The stage's place in the pipeline, from 0; or ``LOST``, ``DISQUALIFIED``, ``ELSEWHERE``.
    at
        When, microseconds since 1970 UTC.
    is_void
        Whether a later entry put it right: it no longer counts.
    """

    deals: int
    won: Bool
    deal: Int64
    stage: Int64
    at: Int64
    is_void: Bool


@dataclass(frozen=True, slots=True)
class DealTraces:
    """Where each deal went, and stands, at ``as_of_us``.

    The first group are columns of stays, the second of deals. A stay is a time without a break in
    one place; ``until`` is its end, or the moment of observation where it goes on.

    Attributes
    ----------
    began, ended
        When a deal came into the pipeline, and when it was closed or handed over; ``NEVER`` where
        it has not.
    furthest, place
        The last stage that it ever reached, and the one that it was in last; -1 for none.
    """

    as_of_us: int
    won: Bool
    deal: Int64
    stage: Int64
    since: Int64
    until: Int64
    is_last: Bool

    began: Int64
    ended: Int64
    furthest: Int64
    place: Int64
    outcome: Int64
    visited: Bool

    @property
    def stages(self) -> int:
        """How many stages the pipeline has."""
        return len(self.won)

    def seconds_in_stages(self) -> Float64:
        """Return how long each deal was in each stage, all its stays added up."""
        inside = self.stage >= 0
        cell = self.deal[inside] * self.stages + self.stage[inside]
        lengths = (self.until - self.since)[inside] / _US_PER_SECOND
        size = len(self.began) * self.stages
        sums = np.bincount(cell, weights=lengths, minlength=size).astype(np.float64)
        return sums.reshape(-1, self.stages)

    def seconds_to_end(self) -> Float64:
        """Return how long each deal took until it was closed or handed over, or takes so far."""
        end = np.minimum(self.ended, self.as_of_us)
        seconds: Float64 = (end - np.minimum(self.began, end)) / _US_PER_SECOND
        return seconds


def trace_deals(ledger: StageLedger, as_of_us: int) -> DealTraces:
    """Follow each deal through the ledger as far as a moment; what happened later is unknown.

    An entry that leaves a deal where it is changes nothing. What a deal did in another pipeline
    before it came into this one does not count.

    Raises
    ------
    ValueError
        If deals are not in order or have numbers that there are not.
    """
    _check(ledger)
    deal, stage, at = _order(ledger, as_of_us)
    starts = np.ones(len(deal), np.bool_)
    starts[1:] = deal[1:] != deal[:-1]
    moves = starts.copy()
    moves[1:] |= stage[1:] != stage[:-1]
    deal, stage, since = deal[moves], stage[moves], at[moves]
    first = np.flatnonzero(starts[moves])
    is_last = np.zeros(len(deal), np.bool_)
    is_last[np.append(first[1:], len(deal))[: len(first)] - 1] = True
    until = np.where(is_last, as_of_us, np.append(since[1:], as_of_us)[: len(since)])
    return _describe(ledger, as_of_us, (deal, stage, since, until, is_last), first)


def _check(ledger: StageLedger) -> None:
    if not len(ledger.deal):
        return
    if (np.diff(ledger.deal) < 0).any():
        raise ValueError("sort the ledger's entries by deal")
    if ledger.deal[0] < 0 or ledger.deal[-1] >= ledger.deals:
        raise ValueError(f"deals are numbered from 0 to {ledger.deals - 1}")
    if ledger.stage.max() >= len(ledger.won) or ledger.stage.min() < ELSEWHERE:
        raise ValueError(f"stages are numbered from 0 to {len(ledger.won) - 1}")


def _order(ledger: StageLedger, as_of_us: int) -> tuple[Int64, Int64, Int64]:
    """Return the entries that count, by deal and time, from a deal's coming into the pipeline."""
    counts = ~ledger.is_void & (ledger.at <= as_of_us)
    deal, stage, at = ledger.deal[counts], ledger.stage[counts], ledger.at[counts]
    if ((deal[1:] == deal[:-1]) & (at[1:] < at[:-1])).any():
        order = np.lexsort((at, deal))
        deal, stage, at = deal[order], stage[order], at[order]
    here = np.flatnonzero(stage != ELSEWHERE)
    came = np.full(ledger.deals, len(deal))
    came[deal[here][::-1]] = here[::-1]
    counts = np.arange(len(deal)) >= came[deal]
    return deal[counts], stage[counts], at[counts]


def _describe(
    ledger: StageLedger,
    as_of_us: int,
    stays: tuple[Int64, Int64, Int64, Int64, Bool],
    first: Int64,
) -> DealTraces:
    deal, stage, since, _until, is_last = stays
    began, ended = np.full(ledger.deals, NEVER), np.full(ledger.deals, NEVER)
    furthest, place = np.full(ledger.deals, -1), np.full(ledger.deals, -1)
    outcome = np.full(ledger.deals, int(Outcome.ABSENT))
    visited = np.zeros((ledger.deals, len(ledger.won)), np.bool_)
    began[deal[first]] = since[first]
    if len(first):
        furthest[deal[first]] = np.maximum.reduceat(np.maximum(stage, -1), first)
    inside = stage >= 0
    visited[deal[inside], stage[inside]] = True
    place[deal[inside]] = stage[inside]  # Of several, the last one stays.
    outcome[deal[is_last]] = _outcomes(stage[is_last], ledger.won)
    over = is_last.copy()
    over[is_last] = outcome[deal[is_last]] != Outcome.OPEN
    ended[deal[over]] = since[over]
    return DealTraces(as_of_us, ledger.won, *stays, began, ended, furthest, place, outcome, visited)


def _outcomes(stage: Int64, won: Bool) -> Int64:
    """Return what became of deals that were in these places last."""
    by_place = np.where(won, int(Outcome.WON), int(Outcome.OPEN))
    # Negative places count from the end, so these three stand last, in reverse.
    ends = [Outcome.HANDED_OVER, Outcome.DISQUALIFIED, Outcome.LOST]
    return np.concatenate((by_place, ends))[stage]

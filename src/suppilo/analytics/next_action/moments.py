"""The moments that are held against each other: when an action was done, and when it was not.

Who moved on at once had no time for a call, and who stays for long gets many. So an action is never
held against stays in which it was not done at all: that would know the future. The moment of doing
it first is held against moments of other stays that were as old and had not seen it by then,
whatever became of them (sequential trials; Y. P. Li, K. J. Propert and P. R. Rosenbaum (2001),
"Balanced risk set matching", JASA 96, 870-882).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from suppilo.analytics.durations import Float64
from suppilo.analytics.events import Bool, Int64
from suppilo.analytics.stages import ELSEWHERE, NEVER, DealTraces, Outcome

DAY_US = 86_400_000_000
BAND_DAYS = (0, 1, 2, 4, 7, 14, 28, 56, 112)
"""Moments are held against each other within these days in the stage; later ones are not."""
PHASE_DAYS = (7, 28)
"""Deals are alike that are in the stage for less than the first, up to the second, or longer."""
LATELY_US = 7 * DAY_US
"""So long after the last thing that was done a deal counts as being worked on."""
_GOLDEN = 0.6180339887498949
_EDGES = np.array(BAND_DAYS, np.int64) * DAY_US


@dataclass(frozen=True, slots=True)
class Deeds:
    """Things that were done for deals, in any order.

    Attributes
    ----------
    deal
        The number of the deal, as the traces have it.
    action
        What was done, a number from 0; a negative one only shows that the deal was worked on.
    at
        When, microseconds since 1970 UTC.
    """

    deal: Int64
    action: Int64
    at: Int64


@dataclass(frozen=True, slots=True)
class Stays:
    """Each stay of the traces, and what became of it.

    Attributes
    ----------
    is_onward
        It ended by moving to a later stage of the pipeline.
    known_until, won_known_until
        Until when it is known what became of the stay, and of the deal.
    won_at
        When the deal was won, as it stands; ``NEVER`` where it is not.
    kind
        Which deals it is like, a number from 0.
    """

    deal: Int64
    stage: Int64
    since: Int64
    until: Int64
    is_onward: Bool
    known_until: Int64
    won_known_until: Int64
    won_at: Int64
    kind: Int64


@dataclass(frozen=True, slots=True)
class Moments:
    """Moments of stays in one stage: which stay, when, in which band, and after which attention."""

    stay: Int64
    at: Int64
    band: Int64
    lately: Bool

    def among(self, chosen: Bool) -> Moments:
        """Return some of them."""
        return Moments(self.stay[chosen], self.at[chosen], self.band[chosen], self.lately[chosen])


def find_phase(days: float) -> int:
    """Return the phase of a deal that is in its stage for so many days: 0, 1 or 2."""
    return int(np.searchsorted(PHASE_DAYS, days, side="right"))


def describe_stays(traces: DealTraces, kind: Int64) -> Stays:
    """Return the traces' stays with what became of them; ``kind`` is that of each stay."""
    follows = np.append(traces.deal[1:] == traces.deal[:-1], False)[: len(traces.deal)]
    after = np.append(traces.stage[1:], ELSEWHERE)[: len(traces.deal)]
    left = follows & (after == ELSEWHERE)
    ended, outcome = traces.ended[traces.deal], traces.outcome[traces.deal]
    return Stays(
        traces.deal, traces.stage, traces.since, traces.until,
        is_onward=follows & (after > traces.stage),
        known_until=np.where(left, traces.until, traces.as_of_us),
        won_known_until=np.where(outcome == Outcome.HANDED_OVER, ended, traces.as_of_us),
        won_at=np.where(outcome == Outcome.WON, ended, NEVER),
        kind=kind,
    )  # fmt: skip


def find_stays(stays: Stays, deeds: Deeds) -> Int64:
    """Return the stay in which each deed was done; -1 where its deal was not there.

    What is done at the moment of a move is done before it; at the moment at which the deal
    came, afterwards.
    """
    before = search_pairs(stays.deal, stays.since, deeds.deal, deeds.at, is_right=False)
    last = np.maximum(before - 1, 0)
    is_there = (before > 0) & (stays.deal[last] == deeds.deal)
    at_once = np.minimum(before, len(stays.deal) - 1)
    is_first = (stays.deal[at_once] == deeds.deal) & (stays.since[at_once] == deeds.at)
    found: Int64 = np.where(is_there, last, np.where(is_first, at_once, -1))
    return found


def search_pairs(
    deal: Int64, at: Int64, wanted_deal: Int64, wanted_at: Int64, *, is_right: bool
) -> Int64:
    """Return for each wanted pair how many pairs are smaller, or as large where ``is_right``."""
    known, wanted = len(deal), len(wanted_deal)
    tie = np.repeat(np.array([not is_right, is_right], np.int8), (known, wanted))
    order = np.lexsort((tie, np.concatenate((at, wanted_at)), np.concatenate((deal, wanted_deal))))
    is_known = order < known
    found = np.empty(wanted, np.int64)
    found[order[~is_known] - known] = np.cumsum(is_known)[~is_known]
    return found


def done_lately(deeds: Deeds, deal: Int64, at: Int64) -> Bool:
    """Return whether anything was done for deals shortly before some moments."""
    before = search_pairs(deeds.deal, deeds.at, deal, at, is_right=False)
    earlier = search_pairs(deeds.deal, deeds.at, deal, at - LATELY_US, is_right=False)
    found: Bool = before > earlier
    return found


def watch_moments(stays: Stays, deeds: Deeds, chosen: Int64, horizon_us: int) -> Moments:
    """Return a moment of each chosen stay in each band of days that it saw.

    Where in the band is settled by the deal's number, spread evenly (the golden ratio's
    multiples). What happened within the horizon after it must be known by now.
    """
    part = (stays.deal[chosen] + 1) * _GOLDEN % 1.0
    lengths = np.diff(_EDGES)
    offsets = (_EDGES[:-1] + part[:, None] * lengths).astype(np.int64)
    at = stays.since[chosen][:, None] + offsets
    is_seen = (at < stays.until[chosen][:, None]) & (
        at + horizon_us <= stays.known_until[chosen][:, None]
    )
    row, band = np.nonzero(is_seen)
    stay, when = chosen[row], at[is_seen]
    return Moments(stay, when, band, done_lately(deeds, stays.deal[stay], when))


def doing_moments(
    stays: Stays, deeds: Deeds, chosen: Int64, first: Int64, horizon_us: int
) -> Moments:
    """Return when an action was done first in the chosen stays; ``first`` is that of each stay."""
    stay = chosen[first[chosen] != NEVER]
    at = first[stay]
    age = at - stays.since[stay]
    counts = (age < _EDGES[-1]) & (at + horizon_us <= stays.known_until[stay])
    stay, at, age = stay[counts], at[counts], age[counts]
    band = np.searchsorted(_EDGES, age, side="right") - 1
    return Moments(stay, at, band, done_lately(deeds, stays.deal[stay], at))


def days_until_onward(stays: Stays, moments: Moments, horizon_us: int) -> Float64:
    """Return in how many days stays moved on after moments; the horizon's where they did not."""
    wait = stays.until[moments.stay] - moments.at
    moved = stays.is_onward[moments.stay] & (wait <= horizon_us)
    days: Float64 = np.where(moved, wait, horizon_us) / DAY_US
    return days


def moved_on(stays: Stays, moments: Moments, horizon_us: int) -> Float64:
    """Return 1 for each moment whose stay moved on within the horizon after it, else 0."""
    wait = stays.until[moments.stay] - moments.at
    return (stays.is_onward[moments.stay] & (wait <= horizon_us)).astype(np.float64)


def were_won(stays: Stays, moments: Moments, horizon_us: int) -> tuple[Float64, Bool]:
    """Return 1 for each moment whose deal was won within the horizon, else 0; and if it's known."""
    end = moments.at + horizon_us
    known: Bool = end <= stays.won_known_until[moments.stay]
    return (stays.won_at[moments.stay] <= end).astype(np.float64), known

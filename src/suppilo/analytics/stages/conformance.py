"""Whether deals went the way that their pipeline has, and where they left it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from enum import IntEnum
from typing import Any

import numpy as np

from suppilo.analytics.events import Bool, Int64
from suppilo.analytics.intervals import Interval, wilson_interval
from suppilo.analytics.stages.ledger import DealTraces, Outcome

START = -4
"""Where a deal comes from that was in no stage yet."""


class Departure(IntEnum):
    """How a deal left the way.

    ``BEGAN_LATE``: its first stage was not the first, or it was entered as closed; ``SKIPPED``: it
    passed over a stage; ``WENT_BACK``: to an earlier stage; ``REOPENED``: into a stage after it
    was closed or in another pipeline.
    """

    BEGAN_LATE = 1
    SKIPPED = 2
    WENT_BACK = 3
    REOPENED = 4


@dataclass(frozen=True, slots=True)
class Moved:
    """A move that is not the pipeline's way.

    Attributes
    ----------
    source, target
        Places as in :class:`StageLedger`; ``START`` for one that was nowhere.
    first, deals
        Deals that left the way by it, and all that ever made it, at whatever time.
    won, lost
        What became of those that left the way by it.
    """

    source: int
    target: int
    how: Departure
    first: int
    deals: int
    won: int
    lost: int


@dataclass(frozen=True, slots=True)
class Followers:
    """Deals that followed the pipeline, or did not: how many were won and lost."""

    deals: int
    won: int
    lost: int
    win_rate: float | None
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class Conformance:
    """How many deals went the pipeline's way, and where the others left it.

    Attributes
    ----------
    deals
        Those looked at. ``share`` of them followed, so far; ``interval`` is Wilson's.
    moves
        By how many deals left the way there, most first; their ``first`` add up to the deals that
        left.
    left_at
        For each deal the place of its first such move among ``moves``; -1 where it followed, -2
        where it was not looked at.
    """

    deals: int
    followed: Followers
    left: Followers
    share: float | None
    interval: Interval | None
    moves: Sequence[Moved]
    left_at: Int64 = field(repr=False)
    _made: tuple[Int64, Int64] = field(repr=False)

    def find_deals(self, move: int, *, ever: bool = False) -> Bool:
        """Return which deals left the way by a move; with ``ever``, all that made it."""
        found: Bool = self.left_at == move
        if ever:
            deal, number = self._made
            found = found.copy()
            found[deal[number == move]] = True
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return it for JSON; places are numbers."""
        names = ("deals", "followed", "left", "share", "interval", "moves")
        answer = {name: getattr(self, name) for name in names}
        for name in ("followed", "left", "interval"):
            answer[name] = asdict(answer[name]) if answer[name] is not None else None
        answer["moves"] = [asdict(move) | {"how": move.how.name.lower()} for move in self.moves]
        return answer


def check_conformance(traces: DealTraces, among: Bool, required: Bool | None = None) -> Conformance:
    """Say which deals entered the stages in order, with no skip and no step back.

    Being lost, disqualified or handed over is no departure, from whatever stage; nor is standing
    still. A deal that is open followed the way so far.

    Parameters
    ----------
    among
        Which deals are looked at.
    required
        Which stages may not be passed over; None: none may. A stage that a pipeline has no more
        is best left out.
    """
    needed = np.ones(traces.stages, np.bool_) if required is None else required
    deal, source, target, how = _find_departures(traces, among, needed)
    ways, number = np.unique(
        np.stack([source, target, how]), axis=1, return_inverse=True
    )  # fmt: skip
    first = np.full(len(traces.began), -1)
    first[deal[::-1]] = number.reshape(-1)[::-1]  # Of several, the earliest stays.
    ranked = np.argsort(-np.bincount(first[first >= 0], minlength=ways.shape[1]), kind="stable")
    place = np.empty(len(ranked), np.int64)
    place[ranked] = np.arange(len(ranked))
    number, left = place[number.reshape(-1)], first >= 0
    first[left] = place[first[left]]
    first[~among] = -2
    moves = [
        _describe(traces, first, deal, number, one, ways[:, way])
        for one, way in enumerate(ranked.tolist())
    ]
    stayed = among & ~left
    count = int(among.sum())
    good = int(stayed.sum())
    return Conformance(
        count, _followers(traces, stayed), _followers(traces, among & left),
        good / count if count else None, wilson_interval(good, count),
        moves, first, (deal, number),
    )  # fmt: skip


def _find_departures(
    traces: DealTraces, among: Bool, required: Bool
) -> tuple[Int64, Int64, Int64, Int64]:
    """Return deal, source, target and kind of every move off the way, deal by deal in time."""
    mine = among[traces.deal]
    deal, target = traces.deal[mine], traces.stage[mine]
    source = np.full(len(deal), START)
    follows = deal[1:] == deal[:-1]
    source[1:][follows] = target[:-1][follows]
    passed = np.concatenate([[0], np.cumsum(required)])
    before = np.where(source >= 0, source + 1, 0)
    skips = passed[np.maximum(target, 0)] - passed[before] > 0
    comes, inside = source == START, target >= 0
    how = np.select(
        [
            comes & (skips | ~inside),
            inside & (source >= 0) & (target < source),
            inside & (source >= 0) & skips,
            inside & (source < 0) & ~comes,
        ],
        [Departure.BEGAN_LATE, Departure.WENT_BACK, Departure.SKIPPED, Departure.REOPENED],
        0,
    )
    off = how > 0
    return deal[off], source[off], target[off], how[off]


def _describe(
    traces: DealTraces, first: Int64, deal: Int64, number: Int64, one: int, way: Int64
) -> Moved:
    left = _followers(traces, first == one)
    source, target, how = way.tolist()
    ever = len(np.unique(deal[number == one]))
    return Moved(source, target, Departure(how), left.deals, ever, left.won, left.lost)


def _followers(traces: DealTraces, chosen: Bool) -> Followers:
    outcome = traces.outcome[chosen]
    won = int(np.count_nonzero(outcome == Outcome.WON))
    lost = int(np.count_nonzero(outcome == Outcome.LOST))
    rate = won / (won + lost) if won + lost else None
    return Followers(len(outcome), won, lost, rate, wilson_interval(won, won + lost))

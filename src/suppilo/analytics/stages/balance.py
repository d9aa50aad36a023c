"""What became of the deals that entered each stage: five ways, which always add up.

Own definition: ``docs/explanation/algorithms/stages.md``, "What became of them".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from suppilo.analytics.events import Bool, Int64
from suppilo.analytics.stages.ledger import NEVER, DealTraces, Outcome

Selection = Literal["created", "active"]
Skipped = Literal["implied", "own_only", "breaks"]
Backward = Literal["furthest", "withdraw"]

Fates = NDArray[np.uint8]
"""For each deal and stage, a :class:`Fate`."""


class Fate(IntEnum):
    """What became of a deal at a stage; ``DISQUALIFIED`` is a way of being lost."""

    NOT_ENTERED = 0
    ADVANCED = 1
    LOST = 2
    DISQUALIFIED = 3
    MOVED_BACK = 4
    HANDED_OVER = 5
    STILL_THERE = 6


@dataclass(frozen=True, slots=True)
class StageQuestion:
    """Which deals are looked at, and how stages that they missed or went back from count.

    Attributes
    ----------
    start_us, end_us
        The period ``[start, end)``, microseconds since 1970 UTC; None: no bound.
    select
        ``created``: deals that came into the pipeline in the period. ``active``: those that were
        open at some moment of it.
    skipped
        ``implied``: a deal entered every stage up to the furthest one. ``own_only``: it entered
        the stages that it was in. ``breaks``: it counts up to the first stage that it left out,
        and not from there on.
    backward
        ``furthest``: a deal's fate is told at the furthest stage that it reached. ``withdraw``: it
        is told at the stage that the deal was in last, and what lies beyond says "moved back".
    level
        Of the intervals.
    """

    start_us: int | None = None
    end_us: int | None = None
    select: Selection = "created"
    skipped: Skipped = "implied"
    backward: Backward = "furthest"
    level: float = 0.95


@dataclass(frozen=True, slots=True)
class StageBalance:
    """Deals that entered a stage, and what became of them.

    ``entered = advanced + lost + moved_back + handed_over + still_there``; ``disqualified`` are
    among the lost.
    """

    entered: int
    advanced: int
    lost: int
    disqualified: int
    moved_back: int
    handed_over: int
    still_there: int

    @property
    def advance_rate(self) -> float | None:
        """The share that went on, 0..1; None where nobody entered."""
        return self.advanced / self.entered if self.entered else None


def select_deals(traces: DealTraces, question: StageQuestion) -> Bool:
    """Return which deals the question is about."""
    chosen: Bool = traces.outcome != Outcome.ABSENT
    if question.end_us is not None:
        chosen &= traces.began < question.end_us
    if question.start_us is None:
        return chosen
    if question.select == "created":
        chosen &= traces.began >= question.start_us
    else:
        chosen &= (traces.ended == NEVER) | (traces.ended >= question.start_us)
    return chosen


def find_fates(traces: DealTraces, question: StageQuestion) -> Fates:
    """Return what became of each deal at each stage.

    A deal that was lost before it was in any stage has, where skipped stages are implied, at least
    been in the first.
    """
    place, furthest = traces.place, traces.furthest
    if question.skipped == "implied":
        present = traces.outcome != Outcome.ABSENT
        place = np.where(present, np.maximum(place, 0), -1)
        furthest = np.where(present, np.maximum(furthest, 0), -1)
    told_at = furthest if question.backward == "furthest" else place
    stages = np.arange(traces.stages)
    fates = np.full((len(place), traces.stages), int(Fate.MOVED_BACK), np.uint8)
    fates[stages < told_at[:, None]] = Fate.ADVANCED
    deals = np.flatnonzero(told_at >= 0)
    fates[deals, told_at[deals]] = _ends(traces.outcome, place < told_at)[deals]
    fates[~_entered(traces, furthest, question.skipped)] = Fate.NOT_ENTERED
    return fates


def _ends(outcome: Int64, is_behind: Bool) -> Fates:
    """Return what became of each deal at the stage that tells its fate."""
    by_outcome = np.zeros(len(Outcome), np.uint8)
    by_outcome[Outcome.OPEN] = by_outcome[Outcome.WON] = Fate.STILL_THERE
    by_outcome[Outcome.LOST] = Fate.LOST
    by_outcome[Outcome.DISQUALIFIED] = Fate.DISQUALIFIED
    by_outcome[Outcome.HANDED_OVER] = Fate.HANDED_OVER
    ends = by_outcome[outcome]
    ends[is_behind & (ends == Fate.STILL_THERE)] = Fate.MOVED_BACK
    return ends


def _entered(traces: DealTraces, furthest: Int64, skipped: Skipped) -> Bool:
    if skipped == "own_only":
        return traces.visited
    if skipped == "breaks":
        return np.logical_and.accumulate(traces.visited, axis=1)
    return np.arange(traces.stages) <= furthest[:, None]


def balance_stages(fates: Fates, chosen: Bool) -> tuple[StageBalance, ...]:
    """Return each stage's balance over the chosen deals."""
    (counts,) = count_fates(fates, chosen, np.zeros(len(chosen), np.int64), 1)
    return tuple(_balance(row) for row in counts.tolist())


def count_fates(fates: Fates, chosen: Bool, groups: Int64, count: int) -> Int64:
    """Return how many deals of each group met each fate at each stage.

    Parameters
    ----------
    groups
        Each deal's group, 0 to ``count`` - 1.

    Returns
    -------
    Int64
        By group, stage and fate.
    """
    stages, kinds = fates.shape[1], len(Fate)
    cells = (groups[chosen, None] * stages + np.arange(stages)) * kinds + fates[chosen]
    counts = np.bincount(cells.ravel(), minlength=count * stages * kinds)
    return counts.reshape(count, stages, kinds)


def _balance(counts: list[int]) -> StageBalance:
    return StageBalance(
        entered=sum(counts) - counts[Fate.NOT_ENTERED],
        advanced=counts[Fate.ADVANCED],
        lost=counts[Fate.LOST] + counts[Fate.DISQUALIFIED],
        disqualified=counts[Fate.DISQUALIFIED],
        moved_back=counts[Fate.MOVED_BACK],
        handed_over=counts[Fate.HANDED_OVER],
        still_there=counts[Fate.STILL_THERE],
    )

"""Seeded deals whose truth is known: what each action does to the chance of moving on."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from suppilo.analytics.next_action import Deeds
from suppilo.analytics.stages import LOST, StageLedger, trace_deals

DAY = 86_400_000_000
DEMO, EMAIL, CALL = 0, 1, 2
STAGES, WON = 3, 3


@dataclass(frozen=True)
class Truth:
    """How deals go.

    Attributes
    ----------
    moving
        Chance a day of moving on, for each kind of deal.
    doing
        Chance a day that an action is done, by action and kind.
    growing
        By how much of it that chance grows with each day in the stage.
    effect
        By what an action multiplies the chance of moving on for a week, by action.
    """

    moving: tuple[float, ...] = (0.04, 0.08, 0.16)
    doing: dict[int, tuple[float, ...]] = field(
        default_factory=lambda: {DEMO: (0.04,) * 3, EMAIL: (0.04,) * 3}
    )
    growing: float = 0.0
    effect: dict[int, float] = field(default_factory=dict)
    losing: float = 0.02


@dataclass(frozen=True)
class World:
    """A ledger and what was done, with the kind of each deal."""

    ledger: StageLedger
    deeds: Deeds
    kind: np.ndarray
    as_of: int

    def traces(self, as_of=None):
        return trace_deals(self.ledger, self.as_of if as_of is None else as_of)

    def kinds(self, as_of=None):
        return self.kind[self.traces(as_of).deal]


def draw_world(truth, deals, seed, days=200):
    """Draw deals that are opened over the days and go on until the last one."""
    random = np.random.default_rng(seed)
    kind = random.integers(len(truth.moving), size=deals)
    opened = random.uniform(0, days, deals)
    stage, since = np.full(deals, -9), opened.copy()
    last = {action: np.full(deals, -np.inf) for action in truth.doing}
    rows, done = [(d, 0, opened[d]) for d in range(deals)], []
    for day in range(days):
        stage[(stage == -9) & (opened < day)] = 0
        at = np.flatnonzero((stage >= 0) & (stage < WON))
        age, chance = day - since[at], np.array(truth.moving)[kind[at]]
        for action, effect in truth.effect.items():
            chance = np.where(day - last[action][at] <= 7, chance * effect, chance)
        leaves = day + random.uniform(0, 1, len(at))
        for action, often in truth.doing.items():
            odds = np.array(often)[kind[at]] * (1 + truth.growing * age)
            when = day + random.uniform(0, 1, len(at))
            does = random.uniform(size=len(at)) < odds
            does &= when < leaves
            last[action][at[does]] = when[does]
            done += [(d, action, t) for d, t in zip(at[does], when[does], strict=True)]
        draw = random.uniform(size=len(at))
        moves, loses = draw < chance, draw > 1 - truth.losing
        stage[at[moves]] += 1
        stage[at[loses]] = LOST
        gone = moves | loses
        since[at[gone]] = leaves[gone]
        rows += [(d, stage[d], t) for d, t in zip(at[gone], leaves[gone], strict=True)]
    return _as_world(rows, done, kind, deals, days)


def _as_world(rows, done, kind, deals, days):
    rows.sort(key=lambda row: (row[0], row[2]))
    deal, stage, at = (np.array(column) for column in zip(*rows, strict=True))
    ledger = StageLedger(
        deals, np.array([False] * STAGES + [True]), deal.astype(np.int64), stage.astype(np.int64),
        (at * DAY).astype(np.int64), np.zeros(len(deal), np.bool_),
    )  # fmt: skip
    who, what, when = (np.array(column) for column in zip(*done, strict=True))
    deeds = Deeds(who.astype(np.int64), what.astype(np.int64), (when * DAY).astype(np.int64))
    return World(ledger, deeds, kind.astype(np.int64), days * DAY)

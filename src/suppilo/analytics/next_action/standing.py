"""What to do next for the deals that are open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from suppilo.analytics.events import Int64
from suppilo.analytics.next_action.lessons import GroupLesson, StageLesson
from suppilo.analytics.next_action.moments import DAY_US, Deeds, find_phase
from suppilo.analytics.stages import NEVER, DealTraces


@dataclass(frozen=True, slots=True)
class OpenDeal:
    """An open deal, and what to do for it.

    Attributes
    ----------
    deal, stage
        Numbers, as of the traces.
    days
        For how long it is in its stage.
    actions
        What deals like it moved on after more often, and was not done yet since it is there: each
        action with what is known, the surest first.
    """

    deal: int
    stage: int
    days: float
    actions: tuple[tuple[int, GroupLesson], ...]


def advise_open(
    traces: DealTraces, kind: Int64, deeds: Deeds, lessons: Iterable[StageLesson]
) -> Iterator[OpenDeal]:
    """Yield the open deals in their order, with what to do for each.

    Parameters
    ----------
    traces, kind, deeds
        As for :func:`~suppilo.analytics.next_action.learn_actions`.
    """
    of_stage = {lesson.stage: lesson for lesson in lessons}
    stays = np.flatnonzero(traces.is_last & (traces.stage >= 0))
    stays = stays[(traces.ended[traces.deal[stays]] == NEVER) & ~traces.won[traces.stage[stays]]]
    since = np.full(len(traces.began), NEVER)
    since[traces.deal[stays]] = traces.since[stays]
    lately = (deeds.at >= since[deeds.deal]) & (deeds.at <= traces.as_of_us)
    done = set(zip(deeds.deal[lately].tolist(), deeds.action[lately].tolist(), strict=True))
    for stay in stays.tolist():
        deal, stage = int(traces.deal[stay]), int(traces.stage[stay])
        days = (traces.as_of_us - int(traces.since[stay])) / DAY_US
        like = int(kind[stay]), find_phase(days)
        lesson = of_stage.get(stage)
        worth = [
            (one.action, one.find(*like))
            for one in (lesson.actions if lesson else ())
            if one.is_worth(*like) and (deal, one.action) not in done
        ]
        worth.sort(key=lambda found: -found[1].moved.interval.lower)
        yield OpenDeal(deal, stage, days, tuple(worth))

"""What a pipeline's past says of each action in each stage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from suppilo.analytics.distinct import distinct
from suppilo.analytics.durations import Float64
from suppilo.analytics.events import Int64
from suppilo.analytics.next_action.lift import (
    Compared,
    Estimates,
    Lift,
    compare_all,
    compare_groups,
    make_lift,
    match_strata,
    read_lift,
    shrink_groups,
)
from suppilo.analytics.next_action.moments import (
    BAND_DAYS,
    DAY_US,
    Deeds,
    Moments,
    Stays,
    days_until_onward,
    describe_stays,
    doing_moments,
    find_phase,
    find_stays,
    moved_on,
    watch_moments,
    were_won,
)
from suppilo.analytics.shrinkage import BetaPrior, fit_prior, shrink_rate
from suppilo.analytics.stages import NEVER, DealTraces

FEWEST_DEALS = 20
"""Deals on either side: a share of 20 is known to about 22 points, of fewer it's no more a hint."""
FEWEST_OUTCOMES = 5
"""So many must have moved on, and so many not."""
CHANCE = 0.05
"""How often at most something is told apart in a stage in which no action does anything."""
HORIZON_DAYS = (7, 14, 30, 60, 90)
WIN_DAYS = (30, 60, 90, 180, 365)
_PHASES = 3
_PHASE_OF_BAND = np.array([find_phase(day) for day in BAND_DAYS[:-1]], np.int64)


@dataclass(frozen=True, slots=True)
class GroupLesson:
    """How often deals of a kind, in a phase of their stay, moved on with an action and without.

    ``deals`` are those with it, ``others`` those it is held against.
    """

    kind: int
    phase: int
    deals: int
    others: int
    moved: Lift


@dataclass(frozen=True, slots=True)
class ActionLesson:
    """What followed an action in a stage.

    Attributes
    ----------
    deals, others
        How many deals it rests on: at which it was done, and which those are held against.
    moved, days, won
        Shares that moved on within the horizon; days until then, the horizon's where it did not;
        shares won within the longer horizon, None where too few have had the time.
    groups
        By kind and phase, drawn towards all.
    elsewhere
        Of a kind and phase of which nothing is known.
    """

    action: int
    deals: int
    others: int
    moved: Lift
    days: Lift
    won: Lift | None
    groups: tuple[GroupLesson, ...]
    elsewhere: Lift

    def find(self, kind: int, phase: int) -> GroupLesson:
        """Return what is known of such deals."""
        same = (one for one in self.groups if (one.kind, one.phase) == (kind, phase))
        return next(same, GroupLesson(kind, phase, 0, 0, self.elsewhere))

    def is_worth(self, kind: int, phase: int) -> bool:
        """Whether such deals moved on more often with it, beyond chance, and no fewer were won."""
        costs_wins = self.won is not None and self.won.interval.upper < 0
        return self.find(kind, phase).moved.interval.lower > 0 and not costs_wins


@dataclass(frozen=True, slots=True)
class TooFew:
    """That an action was done at too few deals, or held against too few, to say anything."""

    action: int
    deals: int


@dataclass(frozen=True, slots=True)
class StageLesson:
    """What a stage's past says of actions.

    Attributes
    ----------
    horizon_days, win_days
        Within how many days moving on, and winning, count; 0 where nothing was ever won.
    level
        Of the intervals: the more actions are compared, the wider they are.
    """

    stage: int
    horizon_days: int
    win_days: int
    level: float
    actions: tuple[ActionLesson, ...]
    too_few: tuple[TooFew, ...]


@dataclass(frozen=True, slots=True)
class _Terms:
    """On which terms a stage's actions are compared; ``usual``: how often its deals move on."""

    horizon_days: int
    win_days: int
    level: float
    usual: BetaPrior | None

    @property
    def horizon_us(self) -> int:
        """The horizon in microseconds."""
        return self.horizon_days * DAY_US


@dataclass(frozen=True, slots=True)
class _Sides:
    """Both sides of one action: the moments of doing it, and those without it."""

    moments: Moments
    compared: Compared


def learn_actions(traces: DealTraces, kind: Int64, deeds: Deeds) -> tuple[StageLesson, ...]:
    """Return what the past says of actions, for each open stage that deals moved on from.

    Deals that have not had the whole horizon yet count on neither side.

    Parameters
    ----------
    traces
        Where each deal went, as far as the moment of observation.
    kind
        For each stay which deals it is like: a number from 0. Deals are held against those of
        the same kind, as many days in the stage, and worked on lately or not, as they are.
    deeds
        What was done; of what came after the moment of observation nothing is known.
    """
    deeds, stays = _sort_known(deeds, traces), describe_stays(traces, kind)
    if not len(stays.deal):
        return ()
    first = dict(_first_times(stays, deeds))
    found = (
        _learn_stage(stays, deeds, stage, first)
        for stage in range(traces.stages) if not traces.won[stage]
    )  # fmt: skip
    return tuple(one for one in found if one is not None)


@dataclass(frozen=True, slots=True)
class DealsCompared:
    """The numbers of the deals at which an action was done, and of those they are held against."""

    doing: Int64
    others: Int64


def find_compared(
    traces: DealTraces,
    kind: Int64,
    deeds: Deeds,
    lesson: StageLesson,
    action: int,
    group: tuple[int, int] | None = None,
) -> DealsCompared:
    """Return the deals behind a lesson's figures of an action, asked as the lesson was learned.

    Parameters
    ----------
    group
        Only those of a kind in a phase; None: all in the lesson's stage.
    """
    deeds, stays = _sort_known(deeds, traces), describe_stays(traces, kind)
    none, horizon_us = np.zeros(0, np.int64), lesson.horizon_days * DAY_US
    times = dict(_first_times(stays, deeds)).get(action) if len(stays.deal) else None
    if times is None:
        return DealsCompared(none, none)
    chosen = np.flatnonzero(stays.stage == lesson.stage)
    watched = watch_moments(stays, deeds, chosen, horizon_us)
    doing = doing_moments(stays, deeds, chosen, times, horizon_us)
    found = _confront(stays, doing, watched.among(watched.at < times[watched.stay])).compared
    mine = np.ones(len(found.deal), np.bool_)
    if group is not None:
        mine = found.group == group[0] * _PHASES + group[1]
    return DealsCompared(
        distinct(found.deal[mine & found.is_doing]), distinct(found.deal[mine & ~found.is_doing])
    )


def _sort_known(deeds: Deeds, traces: DealTraces) -> Deeds:
    """Return what was done up to the moment of observation, deal by deal in time."""
    order = np.lexsort((deeds.at, deeds.deal))
    order = order[deeds.at[order] <= traces.as_of_us]
    return Deeds(deeds.deal[order], deeds.action[order], deeds.at[order])


def _first_times(stays: Stays, deeds: Deeds) -> Iterator[tuple[int, Int64]]:
    """Yield each action with when it was done first in each stay; ``NEVER`` where it was not."""
    stay = find_stays(stays, deeds)
    for action in np.unique(deeds.action[deeds.action >= 0]).tolist():
        mine = np.flatnonzero((deeds.action == action) & (stay >= 0))[::-1]
        first = np.full(len(stays.deal), NEVER)
        first[stay[mine]] = deeds.at[mine]  # Of several, the earliest stays.
        yield action, first


def _learn_stage(
    stays: Stays, deeds: Deeds, stage: int, first: dict[int, Int64]
) -> StageLesson | None:
    chosen = np.flatnonzero(stays.stage == stage)
    onward = chosen[stays.is_onward[chosen]]
    if not len(onward):
        return None
    horizon = _within(stays.until[onward] - stays.since[onward], 0.5, HORIZON_DAYS)
    won = chosen[stays.won_at[chosen] != NEVER]
    win = _within(stays.won_at[won] - stays.since[won], 0.8, WIN_DAYS) if len(won) else 0
    watched = watch_moments(stays, deeds, chosen, horizon * DAY_US)
    sides: dict[int, _Sides] = {}
    too_few = []
    for action, times in first.items():
        doing = doing_moments(stays, deeds, chosen, times, horizon * DAY_US)
        if not len(doing.stay):
            continue
        both = _confront(stays, doing, watched.among(watched.at < times[watched.stay]))
        if _is_enough(both, moved_on(stays, both.moments, horizon * DAY_US)):
            sides[action] = both
        else:
            too_few.append(TooFew(action, len(distinct(stays.deal[doing.stay]))))
    usual = _fit_usual(stays, watched, horizon * DAY_US)
    terms = _Terms(horizon, win, 1 - CHANCE / max(len(sides), 1), usual)
    actions = (_learn(stays, action, both, terms) for action, both in sides.items())
    return StageLesson(stage, horizon, win, terms.level, tuple(actions), tuple(too_few))


def _fit_usual(stays: Stays, watched: Moments, horizon_us: int) -> BetaPrior | None:
    """Return how often deals of different groups move on, whatever is done."""
    group = stays.kind[watched.stay] * _PHASES + _PHASE_OF_BAND[watched.band]
    codes, number = np.unique(group, return_inverse=True)
    moments = np.bincount(number, minlength=len(codes))
    moved = np.bincount(number, moved_on(stays, watched, horizon_us), len(codes))
    stays_in = distinct(number * len(stays.deal) + watched.stay) // max(len(stays.deal), 1)
    # A stay has several moments, but is no more than one trial.
    trials = np.bincount(stays_in, minlength=len(codes))
    successes = np.rint(moved / np.maximum(moments, 1) * trials).astype(np.int64)
    return fit_prior(successes.tolist(), trials.tolist())


def _within(lengths: Int64, share: float, steps: tuple[int, ...]) -> int:
    """Return the first of some numbers of days within which so many took so long; else the last."""
    usual = float(np.quantile(lengths, share)) / DAY_US
    return next((days for days in steps if days >= usual), steps[-1])


def _confront(stays: Stays, doing: Moments, others: Moments) -> _Sides:
    """Return both sides' moments, those that have the other side in their stratum."""
    joined = Moments(*(
        np.concatenate((getattr(doing, name), getattr(others, name)))
        for name in ("stay", "at", "band", "lately")
    ))  # fmt: skip
    kind = stays.kind[joined.stay]
    stratum = (kind * len(_PHASE_OF_BAND) + joined.band) * 2 + joined.lately
    compared = Compared(
        stratum,
        kind * _PHASES + _PHASE_OF_BAND[joined.band],
        stays.deal[joined.stay],
        np.repeat(np.array([True, False]), (len(doing.stay), len(others.stay))),
    )
    matched = match_strata(compared)
    return _Sides(joined.among(matched), compared.among(matched))


def _is_enough(both: _Sides, moved: Float64) -> bool:
    deals = (_count_deals(both.compared, is_doing) for is_doing in (True, False))
    outcomes = (moved.sum(), len(moved) - moved.sum())
    return min(deals) >= FEWEST_DEALS and min(outcomes) >= FEWEST_OUTCOMES


def _count_deals(compared: Compared, is_doing: bool) -> int:
    return len(distinct(compared.deal[compared.is_doing == is_doing]))


def _learn(stays: Stays, action: int, both: _Sides, terms: _Terms) -> ActionLesson:
    compared = both.compared
    moved = moved_on(stays, both.moments, terms.horizon_us)
    days = days_until_onward(stays, both.moments, terms.horizon_us)
    whole = compare_all(compared, moved)
    groups, elsewhere = _learn_groups(compared, moved, whole, terms)
    return ActionLesson(
        action,
        _count_deals(compared, is_doing=True),
        _count_deals(compared, is_doing=False),
        read_lift(whole, terms.level),
        read_lift(compare_all(compared, days), terms.level),
        _learn_wins(stays, both, terms),
        groups,
        elsewhere,
    )


def _learn_wins(stays: Stays, both: _Sides, terms: _Terms) -> Lift | None:
    """Return how often deals were won; None where too few have had the time."""
    if not terms.win_days:
        return None
    won, known = were_won(stays, both.moments, terms.win_days * DAY_US)
    compared, won = both.compared.among(known), won[known]
    matched = match_strata(compared)
    compared, won = compared.among(matched), won[matched]
    if min(_count_deals(compared, side) for side in (True, False)) < FEWEST_DEALS:
        return None
    return read_lift(compare_all(compared, won), terms.level)


def _learn_groups(
    compared: Compared, moved: Float64, whole: Estimates, terms: _Terms
) -> tuple[tuple[GroupLesson, ...], Lift]:
    """Return the groups' lessons, drawn towards all, and that of a group never seen."""
    codes, number = np.unique(compared.group, return_inverse=True)
    mine = Compared(compared.stratum, number, compared.deal, compared.is_doing)
    found = compare_groups(mine, moved, len(codes))
    shrunk = shrink_groups(found, whole)
    deals = [_deals_by_group(mine, side, len(codes)) for side in (True, False)]
    usual = _usual_rates(found, deals[1], float(whole.without[0]), terms.usual)
    lessons = tuple(
        GroupLesson(
            int(code) // _PHASES, int(code) % _PHASES, int(deals[0][i]), int(deals[1][i]),
            _bounded(usual[i], float(shrunk.difference[i]), float(shrunk.variance[i]), terms.level),
        )
        for i, code in enumerate(codes)
    )  # fmt: skip
    everywhere = (float(whole.without[0]), float(whole.difference[0]))
    return lessons, _bounded(*everywhere, shrunk.new_variance, terms.level)


def _deals_by_group(compared: Compared, is_doing: bool, groups: int) -> Int64:
    side = compared.is_doing == is_doing
    deals = int(compared.deal.max(initial=0)) + 1
    cells = distinct(compared.group[side] * deals + compared.deal[side])
    return np.bincount(cells // deals, minlength=groups)


def _usual_rates(
    found: Estimates, deals: Int64, without: float, usual: BetaPrior | None
) -> list[float]:
    """Return how often groups' deals moved on without the action, drawn towards what is usual."""
    if usual is None:
        return [without] * len(deals)
    moved = np.rint(found.without * deals).astype(np.int64)
    pairs = zip(moved.tolist(), deals.tolist(), strict=True)
    return [shrink_rate(usual, successes, trials).rate for successes, trials in pairs]


def _bounded(without: float, difference: float, variance: float, level: float) -> Lift:
    """Return the lift of a share; the share with the action stays within 0..1."""
    base = min(max(without, -difference, 0.0), 1.0 - max(difference, 0.0))
    return make_lift(base, difference, variance, level)

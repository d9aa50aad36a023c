"""How it is reckoned where a goal stands: out of the days of its period, and those before."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from math import ceil

import numpy as np

from suppilo.analytics.goals.calendar import Period
from suppilo.analytics.goals.levels import project_level
from suppilo.analytics.goals.outlook import Light, Outlook, judge_goal
from suppilo.analytics.goals.pace import describe_usual, is_too_early, project_pace
from suppilo.analytics.goals.passage import Passage, Starts, project_flow
from suppilo.analytics.goals.rates import project_rate
from suppilo.analytics.goals.rhythm import Float64, find_rhythm
from suppilo.analytics.goals.standing import Basis, Flow, Measured, Standing
from suppilo.analytics.goals.table import DAY_US, Days, Facts, Way

HISTORY_DAYS = 84
"""What is usual, and the rhythm of the week, are taken from the last 12 weeks before."""
FEWEST_ENTRANTS = 20
"""Of fewer entrants a conversion says nothing yet."""


def stand(aim: Measured, period: Period, target: Decimal, facts: Facts, days: Days) -> Standing:
    """Return where an aim stands in a period that has begun."""
    if aim.is_rate:
        return _stand_rate(period, target, facts, days)
    if aim.is_level:
        return _stand_level(period, target, facts, days)
    view = _View(aim, period, facts, days)
    fact = view.fact
    over = view.is_over
    outlook, basis, flow = (None, Basis.NOTHING, None) if over else view.project(float(target))
    light = judge_goal(
        float(target), fact, outlook, is_over=over, is_limit=aim.is_limit,
        is_whole=not aim.is_money,
    )  # fmt: skip
    return Standing(
        period, target, exact(fact), light, view.pieces,
        due=view.share, rhythm_weeks=view.rhythm.weeks, is_over=over, outlook=outlook, basis=basis,
        flow=flow, failure=facts.failure,
    )  # fmt: skip


def exact(amount: float) -> Decimal:
    """Return an amount, or a count, with four digits."""
    return Decimal(round(amount * 10_000)) / 10_000


class _View:
    """A period of an aim, with the days before it."""

    def __init__(self, aim: Measured, period: Period, facts: Facts, days: Days) -> None:
        self.aim, self.period, self.facts, self.days = aim, period, facts, days
        self.first = days.number(period.starts_on)
        self.last = min(self.first + period.days, len(days))
        before = slice(max(self.first - HISTORY_DAYS, 0), max(self.first, 0))
        self.counts, self.values, self.since = _trim(
            facts.counts[before], facts.values[before], before.start
        )
        self.rhythm = find_rhythm(self.counts, weekday(days, self.since))

    @property
    def is_over(self) -> bool:
        """Whether the period has ended."""
        return self.days.now_us >= self.days.midnight(self.period.ends_on)

    @property
    def fact(self) -> float:
        """What has come in the period."""
        return float(self.facts.values[self.first : self.last].sum())

    @property
    def pieces(self) -> int:
        """How many have come in it."""
        return int(self.facts.counts[self.first : self.last].sum())

    @property
    def share(self) -> float:
        """The share of the period that is due by now."""
        if self.is_over:
            return 1.0
        first = self.period.starts_on.weekday()
        return self.rhythm.share_gone(first, self.period.days, self._gone)

    @property
    def _gone(self) -> float:
        """How many days of the period are over."""
        return len(self.days) - 1 - self.first + day_gone(self.days)

    def project(self, target: float) -> tuple[Outlook | None, Basis, Flow | None]:
        """Return what will have come, what that rests on, and what those under way do for it."""
        way, passage = self.facts.way, self.facts.passage
        if way is not None and passage is not None:
            usual_starts = _usual_starts(way, self.period, self.days)
            if usual_starts is not None:
                flowing, flow = self._flow(target, way, passage, usual_starts)
                return flowing, Basis.FLOW, flow
        outlook = self._pace()
        return outlook, Basis.PACE if outlook else Basis.NOTHING, None

    def _flow(
        self, target: float, way: Way, passage: Passage, starts: Starts
    ) -> tuple[Outlook, Flow]:
        end_us = self.days.midnight(self.period.ends_on)
        rest = (end_us - self.days.now_us) / DAY_US
        still = way.take(way.ended == 0)
        sizes = way.value[way.ended == 1] if self.aim.is_money else None
        found = project_flow(self.fact, passage, still.days, still.value, rest, starts, sizes)
        median = passage.wait(0.5)
        size = 1.0 if sizes is None or not len(sizes) else float(sizes.mean())
        each = float(passage.reached_by(np.array([rest]))[0]) * size
        wanting = target - self.fact - found.under_way
        needed = 0 if wanting <= 0 else ceil(wanting / each - 1e-9) if each > 0 else None
        flow = Flow(
            found.under_way, found.from_new, len(still.days), float(starts.count.sum()), median,
            self.period.ends_on - timedelta(days=max(ceil(median), 1)), needed,
            self.facts.is_borrowed,
        )  # fmt: skip
        return found.outlook, flow

    def _pace(self) -> Outlook | None:
        usual = describe_usual(
            self.values, self.counts, weekday(self.days, self.since), self.rhythm
        )
        if is_too_early(self.share, self.pieces, has_history=usual is not None):
            return None
        if usual is None:
            spread = 2 * self.fact / max(self.pieces, 1) if self.aim.is_money else 1.0
            return project_pace(self.fact, self.share, None, spread)
        weights = self.rhythm.days(self.period.starts_on.weekday(), self.period.days)
        whole = usual.a_day * float(weights.sum())
        return project_pace(self.fact, self.share, whole, usual.spread)


def _trim(counts: Float64, values: Float64, since: int) -> tuple[Float64, Float64, int]:
    """Return days without those before the first on which anything came: it wasn't counted yet."""
    some = np.flatnonzero(counts)
    first = int(some[0]) if len(some) else len(counts)
    return counts[first:], values[first:], since + first


def weekday(days: Days, number: int) -> int:
    """Return the weekday of a day by its number; 0 is a Monday."""
    return (days.first.weekday() + number) % 7


def day_gone(days: Days) -> float:
    """Return the share of today that is over."""
    midnight, after = int(days.edges[-2]), int(days.edges[-1])
    return min((days.now_us - midnight) / (after - midnight), 1.0)


def _usual_starts(way: Way, period: Period, days: Days) -> Starts | None:
    """Return who starts in the rest of a period, if it goes on as in the last 12 weeks."""
    today = len(days) - 1
    since = max(today - HISTORY_DAYS, 0)
    all_starts = days.count(way.started)[since:today]
    counts, _values, since = _trim(all_starts, all_starts, since)
    rhythm = find_rhythm(counts, weekday(days, since))
    usual = describe_usual(counts, counts, weekday(days, since), rhythm)
    if usual is None:
        return None
    left = (period.ends_on - days.first).days - today
    count = usual.a_day * rhythm.days(weekday(days, today), left)
    begin = np.arange(left, dtype=np.float64)
    begin[0] = day_gone(days)
    count[0] *= 1 - begin[0]
    middle = (begin + np.arange(1, left + 1)) / 2
    return Starts(count, left - middle)


def _stand_rate(period: Period, target: Decimal, facts: Facts, days: Days) -> Standing:
    """Return where a conversion stands: of those who entered in the period, whenever they do."""
    start, end = days.midnight(period.starts_on), days.midnight(period.ends_on)
    way = facts.way
    if way is None:
        return Standing(period, target, None, Light.TOO_EARLY, failure=facts.failure)
    mine = way.take((way.started >= start) & (way.started < end))
    entered, converted = len(mine.days), int(np.count_nonzero(mine.ended == 1))
    still = mine.days[mine.ended == 0]
    is_over = days.now_us >= end and _is_settled(entered, converted, len(still), float(target))
    fact = None if not entered else exact(converted / entered)
    outlook = None
    if not is_over and facts.passage is not None and entered >= FEWEST_ENTRANTS:
        starts = _usual_starts(way, period, days) if days.now_us < end else None
        more = 0.0 if starts is None else float(starts.count.sum())
        outlook = project_rate(entered, converted, still, facts.passage, more)
    light = _rate_light(float(target), converted, entered, outlook, is_over=is_over)
    return Standing(
        period, target, fact, light, converted, entered, len(still), is_over=is_over,
        outlook=outlook, basis=Basis.COHORT if outlook else Basis.NOTHING, failure=facts.failure,
    )  # fmt: skip


def _stand_level(period: Period, target: Decimal, facts: Facts, days: Days) -> Standing:
    """Return where a level stands: how many there are at the period's end, or now."""
    first = days.number(period.starts_on)
    inside = facts.values[max(first, 0) : max(first + period.days, 0)]
    if not len(inside) or not np.isfinite(inside[-1]):
        return Standing(period, target, None, Light.TOO_EARLY, failure=facts.failure)
    fact, is_over = float(inside[-1]), days.now_us >= days.midnight(period.ends_on)
    left = (period.ends_on - days.first).days - len(days) + 1 - day_gone(days)
    outlook = None if is_over else project_level(facts.values, left)
    # What is reached while the period runs can be lost again: it counts at the end.
    counted = fact if is_over or outlook is None else 0.0
    light = judge_goal(float(target), counted, outlook, is_over=is_over)
    basis = Basis.GROWTH if outlook else Basis.NOTHING
    return Standing(
        period, target, exact(fact), light, is_over=is_over, outlook=outlook, basis=basis,
        failure=facts.failure,
    )  # fmt: skip


def _is_settled(entered: int, converted: int, still: int, target: float) -> bool:
    """Return whether those who are still open can't change on which side of the target it ends."""
    if not entered:
        return True
    return converted / entered >= target or (converted + still) / entered < target or not still


def _rate_light(
    target: float, converted: int, entered: int, outlook: Outlook | None, *, is_over: bool
) -> Light:
    if is_over and not entered:
        return Light.MISSED
    # While people still enter, a rate that is reached can be lost again: it counts at the end.
    fact = converted / entered if is_over else 0.0
    return judge_goal(target, fact, outlook, is_over=is_over, is_whole=False)

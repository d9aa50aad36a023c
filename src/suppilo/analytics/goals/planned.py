"""Where the goals of a plan stand, by the events of a file or a lake."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from suppilo.analytics.events import Bool, EventSource, EventTable
from suppilo.analytics.funnel.names import check_names, name_hint
from suppilo.analytics.funnel.spec import DefinitionError
from suppilo.analytics.goals.calendar import Period, first_day, shift
from suppilo.analytics.goals.counting import count_event, open_dates, read_step, sum_event
from suppilo.analytics.goals.plan import GoalPlan, PlannedGoal
from suppilo.analytics.goals.reckoning import stand
from suppilo.analytics.goals.standing import Standing
from suppilo.analytics.goals.table import Days, Facts, find_first, make_days
from suppilo.analytics.periods import to_local

if TYPE_CHECKING:
    from suppilo.analytics.funnel import FunnelDefinition, FunnelResult

_CURRENCY = "currency"


@dataclass(frozen=True, slots=True)
class PlanProgress:
    """A goal of a plan, and where it stands: now, and in the periods before."""

    goal: PlannedGoal
    standings: tuple[Standing, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form; ``ends_on`` is a period's last day."""
        return self.goal.to_dict() | {"standings": [_standing_dict(one) for one in self.standings]}


@dataclass(frozen=True, eq=False)
class PlanReader:
    """Reads where goals stand; each funnel is walked once, however many goals are of it.

    Attributes
    ----------
    days
        Those that the goals need, up to the moment of observation: see :func:`plan_days`.
    previous
        So many periods before the present one, as far as anything had come by then.
    threads
        How many ranges of paths are walked at once.
    """

    source: EventSource
    days: Days
    previous: int = 0
    threads: int = 2
    _results: dict[FunnelDefinition, FunnelResult] = field(default_factory=dict, repr=False)

    def read(self, goal: PlannedGoal) -> PlanProgress:
        """Return where a goal stands.

        Raises
        ------
        DefinitionError
            If the source has no such event or property, or the sum is of different currencies.
        WhereError
            If a condition can't be read, or names a property that no event has.
        """
        facts = self._count(goal)
        came = np.flatnonzero(facts.counts)
        first = self.days.first + timedelta(days=int(came[0])) if len(came) else None
        periods = _periods(goal, self.days, self.previous, first)
        return PlanProgress(
            goal, tuple(stand(goal, one, goal.target, facts, self.days) for one in periods)
        )

    def _count(self, goal: PlannedGoal) -> Facts:
        if goal.funnel is not None:
            return read_step(self._walk(goal.funnel), goal.step, self.days, goal.to_step)
        names = self.source.event_names()
        if goal.event not in names:
            raise DefinitionError(
                f'"event": no event is called {goal.event!r}; {name_hint(goal.event, names)}'
            )
        choose = _chooser(goal.where)
        if not goal.amount:
            return count_event(self.source, goal.event, self.days, choose)
        self._check_amount(goal, choose)
        return sum_event(self.source, goal.event, goal.amount, self.days, choose)

    def _walk(self, asked: FunnelDefinition) -> FunnelResult:
        from suppilo.analytics.funnel.run import run_funnel

        if asked not in self._results:
            check_names(self.source, asked)
            self._results[asked] = run_funnel(
                self.source, open_dates(asked, self.days), self.threads
            )
        return self._results[asked]

    def _check_amount(self, goal: PlannedGoal, choose: Callable[[EventTable], Bool] | None) -> None:
        known = self.source.property_names()
        if goal.amount not in known:
            raise DefinitionError(
                f'"sum": no event has a property {goal.amount!r}; {name_hint(goal.amount, known)}'
            )
        found = sorted(_currencies(self.source, goal.event, choose))
        if len(found) > 1:
            raise DefinitionError(
                f'"sum": amounts of {", ".join(found[:5])} can\'t be added up; add '
                f'"where": "currency = \'{found[0]}\'"'
            )


def plan_days(plan: GoalPlan, as_of_us: int, zone: str, previous: int) -> Days:
    """Return the days that a plan's goals need: their periods, and what is usual before each.

    Raises
    ------
    ValueError, OverflowError
        If they leave the calendar.
    """
    today = to_local(as_of_us, zone).date()
    starts = []
    for cadence in {goal.cadence for goal in plan.goals}:
        present = Period(cadence, first_day(cadence, today))
        shift(present, 1)
        starts.append(shift(present, -previous).starts_on)
    return make_days(find_first(today, starts), as_of_us, zone)


def _periods(goal: PlannedGoal, days: Days, previous: int, came: date | None) -> list[Period]:
    """Return the present period, and those before it in which, or before which, anything came."""
    today = days.first + timedelta(days=len(days) - 1)
    present = Period(goal.cadence, first_day(goal.cadence, today))
    earlier = [shift(present, -step) for step in range(1, previous + 1)]
    return [present, *(one for one in earlier if came is not None and one.ends_on > came)]


def _chooser(where: str | None) -> Callable[[EventTable], Bool] | None:
    return None if where is None else lambda table: table.matches(where)


def _currencies(
    source: EventSource, event: str, choose: Callable[[EventTable], Bool] | None
) -> Collection[str]:
    """Return the currencies that the chosen events tell."""
    found: set[str] = set()
    for paths in source.path_ranges():
        table = source.read(event, paths)
        values = table.values(_CURRENCY)
        if values is None:
            continue
        codes = values.codes if choose is None else values.codes[choose(table)]
        found |= {str(values.labels[code]) for code in np.unique(codes[codes >= 0]).tolist()}
    return found


def _standing_dict(one: Standing) -> dict[str, Any]:
    return {
        "period": one.period.key, "starts_on": one.period.starts_on.isoformat(),
        "ends_on": one.period.last_day.isoformat(),
        "target": float(one.target), "fact": None if one.fact is None else float(one.fact),
        "pieces": one.pieces, "entered": one.entered, "still_open": one.still_open, "due": one.due,
        "due_amount": None if one.due_amount is None else float(one.due_amount),
        "pace": one.pace, "light": str(one.light), "is_over": one.is_over,
        "basis": str(one.basis), "rhythm_weeks": one.rhythm_weeks,
        "outlook": None if one.outlook is None else asdict(one.outlook),
        "flow": None if one.flow is None
        else asdict(one.flow) | {"last_call": one.flow.last_call.isoformat()},
    }  # fmt: skip

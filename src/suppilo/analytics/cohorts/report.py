"""Cohorts as a table: who came back, how sure that is, and what they paid.

What the columns mean is defined in :mod:`suppilo.analytics.cohorts`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np

from suppilo.analytics.cohorts.calendar import Calendar, last_day
from suppilo.analytics.cohorts.count import Members, Tally
from suppilo.analytics.cohorts.question import Bracket, CohortQuestion
from suppilo.analytics.events import Bool, Int64
from suppilo.analytics.intervals import wilson_interval
from suppilo.analytics.periods import format_moment, to_local


@dataclass(frozen=True, slots=True)
class Money:
    """What members paid: in the column's time, and from their entry to its end.

    Each as a sum and for each member; ``per_member`` counts those too who paid nothing.
    """

    revenue: float
    per_member: float
    cumulative: float
    cumulative_per_member: float


@dataclass(frozen=True, slots=True)
class CohortCell:
    """One cohort in one column.

    Attributes
    ----------
    members, returned
        Whom the share is of, and who of them came back.
    share, lower, upper
        Their share, 0..1, with its Wilson interval; None where there are no members.
    is_complete
        Whether the column's time had ended for the whole cohort at the end of the observation.
    money
        None where money was not asked for, or there are no members.
    """

    members: int
    returned: int
    share: float | None
    lower: float | None
    upper: float | None
    is_complete: bool
    money: Money | None


@dataclass(frozen=True, slots=True)
class Cohort:
    """Who entered in one period: its first day, how many they are, and a cell a column.

    A cell is None where the column's time has not begun for anybody.
    """

    start: date
    members: int
    is_whole: bool
    cells: tuple[CohortCell | None, ...]


@dataclass(frozen=True, slots=True)
class CohortReport:
    """Cohorts one below the other.

    Attributes
    ----------
    columns
        The first and last period (day, of brackets) of each column.
    average
        Each column over all cohorts whose cell is complete, weighted by their members: all that
        came back of all members. None where no cell is.
    """

    question: CohortQuestion
    as_of_us: int
    columns: tuple[Bracket, ...]
    members: int
    cohorts: tuple[Cohort, ...]
    average: tuple[CohortCell | None, ...]
    unpriced: int

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        question = asdict(self.question)
        for name in ("from", "to", "as_of"):
            at_us = question.pop(f"{name}_us")
            question[name] = None if at_us is None else format_moment(at_us)
        return {
            "question": question,
            "as_of": format_moment(self.as_of_us),
            "members": self.members,
            "unpriced": self.unpriced,
            "columns": [{"first": first, "last": last} for first, last in self.columns],
            "cohorts": [asdict(one) | {"start": one.start.isoformat()} for one in self.cohorts],
            "average": [one and asdict(one) for one in self.average],
        }


@dataclass(frozen=True, slots=True)
class CohortResult:
    """A report with the members that it counts."""

    report: CohortReport
    members: Members = field(repr=False)
    tally: Tally = field(repr=False)

    def select(
        self, cohort: int | None = None, column: int | None = None, *, came_back: bool = True
    ) -> Int64:
        """Return the members that a figure counts, by their places.

        Parameters
        ----------
        cohort
            By its place in the report; None: all, of a column those whose cell is complete.
        column
            Who came back in it, or did not; None: all members.
        """
        chosen = np.ones(len(self.members), np.bool_)
        if cohort is not None:
            chosen = self.members.cohort == cohort
        elif column is not None:
            cells = [one.cells[column] for one in self.report.cohorts]
            complete = np.array([cell is not None and cell.is_complete for cell in cells], np.bool_)
            chosen = complete[self.members.cohort]
        if column is not None:
            returned = np.zeros(len(self.members), np.bool_)
            returned[self.tally.member[self._in_column(column)]] = True
            chosen = chosen & (returned if came_back else ~returned)
        return np.flatnonzero(chosen)

    def _in_column(self, column: int) -> Bool:
        if self.report.question.kind == "rolling":
            return np.asarray(self.tally.column >= column)
        return np.asarray(self.tally.column == column)


def make_report(
    question: CohortQuestion, as_of_us: int, periods: Calendar, members: Members, tally: Tally
) -> CohortReport:
    """Return the table of what was counted."""
    sizes = np.bincount(members.cohort, minlength=len(periods))
    returned = _count_returned(question, len(periods), members, tally)
    states, columns = _States(question, as_of_us, periods), len(question.columns)
    last = int(members.cohort.max()) + 1 if len(members) else 0
    cohorts = tuple(
        Cohort(
            periods.starts[place], int(sizes[place]), place < len(periods) - 1,
            tuple(
                _cell(
                    int(sizes[place]), int(returned[place, column]), state,
                    _money(tally, place, column, int(sizes[place])),
                )
                if (state := states.of(place, column)) is not None
                else None
                for column in range(columns)
            ),
        )
        for place in range(last)
    )  # fmt: skip
    average = tuple(_average([c.cells[k] for c in cohorts]) for k in range(columns))
    return CohortReport(
        question, as_of_us, question.columns, len(members), cohorts, average, tally.unpriced
    )


def _count_returned(
    question: CohortQuestion, cohorts: int, members: Members, tally: Tally
) -> Int64:
    columns = len(question.columns)
    codes = members.cohort[tally.member] * columns + tally.column
    found = np.bincount(codes, minlength=cohorts * columns).reshape(cohorts, columns)
    if question.kind == "rolling":
        found = found[:, ::-1].cumsum(axis=1)[:, ::-1]
    return found


class _States:
    """Whether a cell's time has begun (None: not for anybody) and ended (for everybody)."""

    def __init__(self, question: CohortQuestion, as_of_us: int, periods: Calendar) -> None:
        self._question, self._periods = question, periods
        self._columns = question.columns
        self._today = to_local(as_of_us, question.timezone).date()

    def of(self, cohort: int, column: int) -> bool | None:
        first, last = self._columns[column]
        if self._question.kind != "bracket":
            now = len(self._periods) - 1
            return None if cohort + first > now else cohort + last < now
        start = self._periods.starts[cohort]
        if start + timedelta(days=first) > self._today:
            return None
        return last_day(start, self._question.every) + timedelta(days=last) < self._today


def _cell(members: int, returned: int, is_complete: bool, money: Money | None) -> CohortCell:
    found = wilson_interval(returned, members)
    if found is None:
        return CohortCell(members, returned, None, None, None, is_complete, None)
    share = returned / members
    return CohortCell(members, returned, share, found.lower, found.upper, is_complete, money)


def _money(tally: Tally, cohort: int, column: int, members: int) -> Money | None:
    if tally.revenue is None or tally.cumulative is None or not members:
        return None
    return _of_members(
        float(tally.revenue[cohort, column]), float(tally.cumulative[cohort, column]), members
    )


def _of_members(revenue: float, cumulative: float, members: int) -> Money:
    return Money(revenue, revenue / members, cumulative, cumulative / members)


def _average(cells: list[CohortCell | None]) -> CohortCell | None:
    complete = [cell for cell in cells if cell is not None and cell.is_complete and cell.members]
    if not complete:
        return None
    members = sum(cell.members for cell in complete)
    paid = [cell.money for cell in complete if cell.money is not None]
    money = None
    if paid:
        revenue, cumulative = (sum(one.revenue for one in paid), sum(o.cumulative for o in paid))
        money = _of_members(revenue, cumulative, members)
    return _cell(members, sum(cell.returned for cell in complete), True, money)

"""Counting cohorts: columns of events in, who came back when out.

What is counted is defined in :mod:`suppilo.analytics.cohorts`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from suppilo.analytics.cohorts.calendar import Calendar
from suppilo.analytics.cohorts.kernels import list_seen, mark_back, merge_firsts
from suppilo.analytics.cohorts.question import CohortQuestion
from suppilo.analytics.compiled import EMPTY
from suppilo.analytics.events import Int64
from suppilo.analytics.walks import changes

Float64 = NDArray[np.float64]
_BITS = 64
"""Columns for which a word of a member has a bit."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Events of one name, sorted by path and time.

    ``row`` numbers them in their source; ``amount`` is NaN where there is none, and None where
    money is not asked for.
    """

    path: Int64
    at: Int64
    row: Int64
    amount: Float64 | None = None


@dataclass(frozen=True, slots=True)
class Members:
    """Who entered: path (ascending), when, with which row, and the number of the cohort."""

    path: Int64
    at: Int64
    row: Int64
    cohort: Int64

    def __len__(self) -> int:
        return len(self.path)


@dataclass(frozen=True, slots=True)
class Tally:
    """What members did.

    Attributes
    ----------
    member, column
        Each member with each column that they came back in, sorted; of rolling retention, the
        last period that a member came back in, or the last column where it was later.
    revenue, cumulative
        Money by cohort and column: of the column itself, and of all time from the entry to its
        end; None where money is not asked for.
    unpriced
        How many events had no amount that is a number; they count with 0.
    """

    member: Int64 = field(repr=False)
    column: Int64 = field(repr=False)
    revenue: Float64 | None
    cumulative: Float64 | None
    unpriced: int


def find_entries(tables: Iterable[Rows], as_of_us: int) -> tuple[Int64, Int64, Int64]:
    """Return each path's first event of some tables: path (ascending), time and row."""
    known = (EMPTY, EMPTY, EMPTY)
    for table in tables:
        made = tuple(np.empty(len(known[0]) + len(table.path), np.int64) for _ in known)
        count = merge_firsts(table.path, table.at, table.row, as_of_us, *known, *made)
        path, at, row = (column[:count].copy() for column in made)
        known = (path, at, row)
    return known


def tally_rows(
    tables: Iterable[Rows],
    members: Members,
    question: CohortQuestion,
    weeks: Calendar,
    days: Calendar | None,
    as_of_us: int,
) -> Tally:
    """Count what members did after they entered.

    Parameters
    ----------
    tables
        The events that count as coming back; some or all of the members' paths.
    weeks, days
        The cohorts' calendar, and that of days: for brackets alone.
    """
    counter = _Counter(members, question, weeks, days)
    for table in tables:
        counter.add(table, as_of_us)
    return counter.tally()


class _Counter:
    def __init__(
        self, members: Members, question: CohortQuestion, weeks: Calendar, days: Calendar | None
    ) -> None:
        self._members, self._question, self._weeks = members, question, weeks
        self._columns = question.columns
        self._edges = (weeks if days is None else days).edges
        self._base = members.cohort if days is None else days.number(members.at)
        self._first, self._last = np.array(self._columns, np.int64).T.copy()
        self._mark_last = self._last.copy()
        if question.kind == "rolling":
            # Who comes back later still has come back by the last column.
            self._mark_last[-1] = np.iinfo(np.int64).max
        self._words = -(-len(self._columns) // _BITS)
        self._seen = np.zeros(len(members) * self._words, np.int64)
        self._revenue, self._cumulative = np.zeros((2, len(weeks), len(self._columns)))
        self._unpriced = 0

    def add(self, table: Rows, as_of_us: int) -> None:
        """Count one table's events."""
        members = self._members
        passed = np.empty(len(table.path), np.int64)
        mark_back(
            table.path, table.at, as_of_us, members.path, members.at, self._base, self._edges,
            self._first, self._mark_last, passed, self._words, self._seen,
        )  # fmt: skip
        if table.amount is not None and len(members):
            kept = passed >= 0
            member = np.searchsorted(members.path, table.path[kept])
            self._add_money(members.cohort[member], passed[kept], table.amount[kept])

    def _add_money(self, cohort: Int64, passed: Int64, amount: Float64) -> None:
        self._unpriced += int(np.isnan(amount).sum())
        paid = np.nan_to_num(amount)
        if self._question.kind != "bracket":
            spent = self._spread(cohort, passed, paid)
            self._revenue += spent
            self._cumulative += spent.cumsum(axis=1)
            return
        cohorts = len(self._weeks)
        for number, (first, last) in enumerate(self._columns):
            due = passed <= last
            self._cumulative[:, number] += np.bincount(cohort[due], paid[due], cohorts)
            due &= passed >= first
            self._revenue[:, number] += np.bincount(cohort[due], paid[due], cohorts)

    def _spread(self, cohort: Int64, passed: Int64, paid: Float64) -> Float64:
        """Return money by cohort and period."""
        rows, columns = self._revenue.shape
        inside = passed < columns
        place = cohort[inside] * columns + passed[inside]
        spent = np.bincount(place, paid[inside], rows * columns)
        return np.asarray(spent, np.float64).reshape(rows, columns)

    def tally(self) -> Tally:
        """Return what was counted."""
        most = int(np.bitwise_count(self._seen.view(np.uint64)).sum())
        member, column = np.empty((2, most), np.int64)
        list_seen(self._seen, self._words, len(self._columns), member, column)
        if self._question.kind == "rolling":
            last = np.roll(changes(member), -1)  # the first always begins: the last always ends
            member, column = member[last], column[last]
        asked = self._question.amount is not None
        return Tally(
            member, column, self._revenue if asked else None,
            self._cumulative if asked else None, self._unpriced,
        )  # fmt: skip

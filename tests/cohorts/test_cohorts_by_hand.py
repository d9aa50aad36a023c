"""Cohorts of any events, against a plain program that looks at one person after the other."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from suppilo.analytics.cohorts import CohortQuestion, count_cohorts
from suppilo.analytics.cohorts.count import Rows
from suppilo.analytics.intervals import wilson_interval
from suppilo.analytics.periods import bucket_start, next_bucket

ZONES = ("UTC", "Europe/Riga", "America/New_York", "Pacific/Auckland")
HOUR_US = 3_600_000_000
# The clocks of Riga and New York change within these weeks, and so do month and year.
STARTS = [int(datetime(*day, tzinfo=UTC).timestamp() * 1e6)
          for day in ((2026, 3, 1), (2026, 10, 20), (2025, 12, 20))]  # fmt: skip

events = st.lists(
    st.tuples(
        st.integers(0, 4), st.integers(0, 40 * 24 * 2), st.booleans(),
        st.sampled_from([0.0, 1.0, 10.0, 2.5, float("nan")]),
    ),
    max_size=40,
)  # fmt: skip
brackets = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 9)).map(lambda two: (min(two), max(two))),
    min_size=1, max_size=4,
)  # fmt: skip
questions = st.builds(
    CohortQuestion,
    every=st.sampled_from(["day", "week", "month"]),
    kind=st.sampled_from(["classic", "rolling", "bracket"]),
    brackets=brackets.map(tuple),
    periods=st.integers(1, 5) | st.integers(62, 66),  # more than a word of bits has
    timezone=st.sampled_from(ZONES),
    amount=st.sampled_from([None, "paid"]),
)


def table(rows, *, with_money):
    """Return events as the engine has them: sorted columns."""
    rows = sorted(rows, key=lambda row: (row[0], row[1]))
    path, at, paid, number = (
        (list(column) for column in zip(*rows, strict=True)) if rows else 4 * [[]]
    )
    money = np.array(paid, np.float64) if with_money else None
    return Rows(np.array(path, np.int64), np.array(at, np.int64), np.array(number, np.int64), money)


class ByHand:
    """The same table, by looking."""

    def __init__(self, rows, question, as_of):
        self.question, self.as_of = question, as_of
        self.zone = ZoneInfo(question.timezone)
        self.rows = [row for row in rows if row[1] <= as_of]
        self.entry = {}
        for path, at, is_start, _ in self.rows:
            if is_start and at < self.entry.get(path, as_of + 1):
                self.entry[path] = at
        self.entry = {path: at for path, at in self.entry.items() if self.is_asked_for(at)}

    def is_asked_for(self, at):
        low, high = self.question.from_us, self.question.to_us
        return (low is None or at >= low) and (high is None or at < high)

    def day(self, at):
        return datetime.fromtimestamp(at / 1e6, self.zone).date()

    def bucket(self, at):
        return bucket_start(self.day(at), self.question.every)

    def passed(self, path, at):
        """Return how many days, or periods, after the entry's own."""
        if self.question.kind == "bracket":
            return (self.day(at) - self.day(self.entry[path])).days
        here, number = self.bucket(self.entry[path]), 0
        while here < self.bucket(at):
            here, number = next_bucket(here, self.question.every), number + 1
        return number

    def returns(self, path):
        """Yield what somebody did after the entry, as how long after."""
        for who, at, _, _ in self.rows:
            if who == path and at > self.entry[path]:
                yield self.passed(path, at)

    def paid(self, path):
        for who, at, _, money in self.rows:
            if who == path and at >= self.entry[path] and money == money:
                yield self.passed(path, at), money

    def came_back(self, path, column):
        first, last = column
        if self.question.kind == "rolling":
            return any(passed >= first for passed in self.returns(path))
        return any(first <= passed <= last for passed in self.returns(path))

    def state(self, start, column):
        """Return whether the time of a cell has ended; None where it has not begun."""
        first, last = column
        if self.question.kind == "bracket":
            end = next_bucket(start, self.question.every)
            began, over = start + timedelta(days=first), end + timedelta(days=last)
        else:
            began = over = start
            for _ in range(first):
                began = next_bucket(began, self.question.every)
            for _ in range(last + 1):
                over = next_bucket(over, self.question.every)
        today = self.day(self.as_of)
        return None if began > today else over <= today

    def cells(self, start):
        members = [path for path, at in self.entry.items() if self.bucket(at) == start]
        for column in self.question.columns:
            done = self.state(start, column)
            if done is None:
                yield None
                continue
            back = sum(self.came_back(path, column) for path in members)
            revenue = cumulative = None
            if self.question.amount and members:
                amounts = [pair for path in members for pair in self.paid(path)]
                revenue = sum(m for passed, m in amounts if column[0] <= passed <= column[1])
                cumulative = sum(m for passed, m in amounts if passed <= column[1])
            yield len(members), back, done, revenue, cumulative


def shown(cell):
    if cell is None:
        return None
    money = cell.money
    return (
        cell.members, cell.returned, cell.is_complete,
        money and money.revenue, money and money.cumulative,
    )  # fmt: skip


@settings(deadline=None, max_examples=300)
@given(
    events, questions, st.sampled_from(STARTS), st.integers(0, 45 * 24 * 2),
    st.tuples(st.none() | st.integers(0, 500), st.none() | st.integers(501, 1900)),
)  # fmt: skip
def test_every_cell_is_what_a_plain_program_counts(drawn, question, start, until, dates):
    half_hour = HOUR_US // 2
    low, high = (None if at is None else start + at * half_hour for at in dates)
    question = replace(question, from_us=low, to_us=high)
    rows = [(path, start + at * half_hour, is_start, paid) for path, at, is_start, paid in drawn]
    as_of = start + until * half_hour
    numbered = [(*row, number) for number, row in enumerate(rows)]
    entries = table([(p, at, paid, n) for p, at, is_start, paid, n in numbered if is_start],
                    with_money=False)  # fmt: skip
    halves = [
        table([(p, at, paid, n) for p, at, _, paid, n in numbered if n % 2 == half],
              with_money=question.amount is not None)
        for half in (0, 1)
    ]  # fmt: skip
    found = count_cohorts([entries], halves, question, as_of)
    by_hand = ByHand(rows, question, as_of)
    report = found.report
    assert report.members == len(by_hand.entry) == sum(one.members for one in report.cohorts)
    assert {one.start for one in report.cohorts if one.members} == {
        by_hand.bucket(at) for at in by_hand.entry.values()
    }
    for place, cohort in enumerate(report.cohorts):
        assert [shown(cell) for cell in cohort.cells] == list(by_hand.cells(cohort.start))
        check_people(found, by_hand, place, cohort)
    check_average(report)


def check_people(found, by_hand, place, cohort):
    """Each figure leads to as many people as it says, and to those."""
    for column, cell in enumerate(cohort.cells):
        if cell is None:
            continue
        chosen = found.select(place, column)
        paths = found.members.path[chosen].tolist()
        assert len(paths) == cell.returned
        assert all(by_hand.came_back(path, found.report.columns[column]) for path in paths)
        away = found.select(place, column, came_back=False)
        assert len(away) + len(chosen) == cohort.members == len(found.select(place))


def check_average(report):
    for column, average in enumerate(report.average):
        cells = [one.cells[column] for one in report.cohorts]
        complete = [cell for cell in cells if cell and cell.is_complete and cell.members]
        if average is None:
            assert not complete
            continue
        assert average.members == sum(cell.members for cell in complete)
        assert average.returned == sum(cell.returned for cell in complete)
        interval = wilson_interval(average.returned, average.members)
        assert (average.lower, average.upper) == (interval.lower, interval.upper)


def test_a_day_on_which_clocks_change_is_one_day():
    # In Riga, 29 March 2026 has 23 hours: 23:30 on the 28th and 00:30 on the 30th are 24 h apart.
    zone = ZoneInfo("Europe/Riga")
    at = [
        int(datetime(2026, 3, day, hour, 30, tzinfo=zone).timestamp() * 1e6)
        for day, hour in ((28, 23), (30, 0))
    ]
    rows = table([(1, at[0], 0.0, 0), (1, at[1], 0.0, 1)], with_money=False)
    asked = CohortQuestion(every="day", periods=3, timezone="Europe/Riga")
    found = count_cohorts([rows], [rows], asked, at[1]).report
    assert found.cohorts[0].start == date(2026, 3, 28)
    assert [cell and cell.returned for cell in found.cohorts[0].cells] == [0, 0, 1, None]

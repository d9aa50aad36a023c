"""Ask cohorts of events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from suppilo.analytics.amounts import Float64, read_amounts
from suppilo.analytics.cohorts.calendar import Calendar
from suppilo.analytics.cohorts.count import Members, Rows, find_entries, tally_rows
from suppilo.analytics.cohorts.question import CohortQuestion
from suppilo.analytics.cohorts.report import CohortResult, make_report
from suppilo.analytics.currencies import check_one_currency, is_in_currency
from suppilo.analytics.events import EventSource, EventTable, Int64, PathRange

MOST_COHORTS = 1_000


def run_cohorts(events: EventSource, question: CohortQuestion) -> CohortResult:
    """Count the cohorts of a source's events.

    Raises
    ------
    ValueError
        If there are no events, none has one of the names, none of them the amount, its currency
        is open where there are several, or there would be more than 1,000 cohorts.
    """
    known = events.event_names()
    if not known:
        raise ValueError("there are no events")
    start, back = (_check_names(names, known) for names in (question.start, question.back))
    if question.amount is not None:
        _check_amount(events, back, question.amount, question.currency)
    as_of_us = question.as_of_us if question.as_of_us is not None else events.latest_at() or 0
    ranges = events.path_ranges()
    entries = [find_entries(_read(events, start, paths), as_of_us) for paths in ranges]
    path, at, row = (np.concatenate(column) for column in zip(*entries, strict=True))
    tables = (
        table
        for paths in ranges
        for table in _read(events, back, paths, question.amount, question.currency)
    )
    return _count((path, at, row), tables, question, as_of_us)


def count_cohorts(
    start: Sequence[Rows], back: Sequence[Rows], question: CohortQuestion, as_of_us: int
) -> CohortResult:
    """Count the cohorts of columns.

    Parameters
    ----------
    start, back
        The events that make members, and those that count as coming back: a table each, sorted by
        path and time.
    as_of_us
        When the observation ends, microseconds since 1970 UTC; later events do not count.

    Raises
    ------
    ValueError
        If there would be more than 1,000 cohorts.
    """
    return _count(find_entries(start, as_of_us), back, question, as_of_us)


def _count(
    entries: tuple[Int64, Int64, Int64],
    tables: Iterable[Rows],
    question: CohortQuestion,
    as_of_us: int,
) -> CohortResult:
    path, at, row = _within(entries, question)
    first_us = min(int(at.min()), as_of_us) if len(at) else as_of_us
    periods = Calendar.between(first_us, as_of_us, question.every, question.timezone)
    days = None
    if question.kind == "bracket":
        days = Calendar.between(first_us, as_of_us, "day", question.timezone)
    cohort = periods.number(at)
    if len(cohort) and int(cohort.max()) >= MOST_COHORTS:
        raise ValueError(
            f"there are more than {MOST_COHORTS:,} cohorts by {question.every}; take a longer "
            "unit, or fewer dates of entry"
        )
    order = np.argsort(path, kind="stable")
    members = Members(path[order], at[order], row[order], cohort[order])
    tally = tally_rows(tables, members, question, periods, days, as_of_us)
    return CohortResult(make_report(question, as_of_us, periods, members, tally), members, tally)


def _within(
    entries: tuple[Int64, Int64, Int64], question: CohortQuestion
) -> tuple[Int64, Int64, Int64]:
    """Return the entries of the dates that are asked for."""
    path, at, row = entries
    inside = np.ones(len(at), np.bool_)
    if question.from_us is not None:
        inside &= at >= question.from_us
    if question.to_us is not None:
        inside &= at < question.to_us
    return path[inside], at[inside], row[inside]


def _check_names(names: Sequence[str], known: Sequence[str]) -> Sequence[str]:
    if missing := [name for name in names if name not in known]:
        raise ValueError(f"there is no event {missing[0]!r}; there are {', '.join(sorted(known))}")
    return names or known


def _check_amount(
    events: EventSource, names: Sequence[str], amount: str, currency: str | None
) -> None:
    def tables() -> Iterator[EventTable]:
        return (events.read(name, paths) for name in names for paths in events.path_ranges())

    if all(table.values(amount) is None for table in tables()):
        raise ValueError(f"no event that counts as coming back has a property {amount!r}")
    if currency is None:
        check_one_currency(table for table in tables() if table.values(amount) is not None)


def _read(
    events: EventSource,
    names: Sequence[str],
    paths: PathRange,
    amount: str | None = None,
    currency: str | None = None,
) -> Iterator[Rows]:
    for name in names:
        table = events.read(name, paths)
        path = np.asarray(table.path)
        row = np.arange(table.first_row, table.first_row + len(path), dtype=np.int64)
        paid = None if amount is None else _read_paid(table, amount, currency)
        yield Rows(path, np.asarray(table.at), row, paid)


def _read_paid(table: EventTable, amount: str, currency: str | None) -> Float64:
    """Return what was paid with each row; nothing where it was in another currency."""
    paid = read_amounts(table, amount)
    if paid is None:
        paid = np.full(len(table.path), np.nan)
    if currency is None:
        return paid
    return np.where(is_in_currency(table, currency), paid, 0.0)

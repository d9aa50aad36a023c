"""Daily figures out of events: how many there were, or what they add up to, day by day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np

from suppilo.analytics.amounts import read_amounts
from suppilo.analytics.events import EventSource, EventTable, Int64
from suppilo.analytics.funnel.report import FunnelReport
from suppilo.analytics.periods import day_edges, to_local
from suppilo.analytics.watch.season import YEAR_DAYS
from suppilo.analytics.watch.series import DailySeries, Float64, Kind

SHOWN_DAYS = 400
"""So many days are shown: a year, and what it takes to learn what is usual."""
HISTORY_DAYS = SHOWN_DAYS + YEAR_DAYS
"""So many days are read: those that are shown, and the year before each."""


@dataclass(frozen=True, slots=True)
class Days:
    """Whole local days, one after the other.

    Attributes
    ----------
    first
        The first of them.
    edges
        When each begins, microseconds since 1970 UTC; one more: when the last one ends.
    """

    first: date
    edges: Int64 = field(repr=False)

    @classmethod
    def until(cls, end_us: int, timezone: str, length: int = HISTORY_DAYS) -> Days:
        """Return the last whole days before a moment."""
        today = to_local(end_us, timezone).date()
        first = today - timedelta(days=length)
        _, edges = day_edges(first, today, "day", timezone)
        return cls(first, np.array(edges, np.int64))

    def __len__(self) -> int:
        return len(self.edges) - 1

    def day(self, place: int) -> date:
        """Return a day by its place."""
        return self.first + timedelta(days=place)

    def place(self, day: date) -> int:
        """Return a day's place; it need not be among them."""
        return (day - self.first).days


@dataclass(frozen=True, slots=True)
class DayTally:
    """An event's figure of each day, in all and by a property's values.

    Attributes
    ----------
    parts
        By (whether the value is a boolean, value), since True equals 1 in a dict. Events without
        a value are in ``total`` alone.
    """

    total: Float64 = field(repr=False)
    parts: dict[tuple[bool, Any], Float64] = field(repr=False)

    def largest(self, most: int) -> list[tuple[Any, Float64]]:
        """Return the values with the largest figures, and their days."""
        found = sorted(self.parts.items(), key=lambda part: (-part[1].sum(), str(part[0])))
        return [(key[1], days) for key, days in found[:most]]


def tally_days(
    source: EventSource, event: str, days: Days, by: str | None = None, amount: str | None = None,
    where: str | None = None, most: int = 50,
) -> DayTally:  # fmt: skip
    """Count an event day by day, or add a property of it up.

    Parameters
    ----------
    by
        The property whose values are counted apart, the ``most`` frequent of each range of paths.
    amount
        The property to add up; None counts. What is no number counts with 0.
    where
        A condition that events must meet.

    Raises
    ------
    WhereError
        If the condition can't be read.
    """
    total: Float64 = np.zeros(len(days))
    parts: dict[tuple[bool, Any], Float64] = {}
    for paths in source.path_ranges():
        table = source.read(event, paths)
        place = np.searchsorted(days.edges, table.at, "right") - 1
        inside = (place >= 0) & (place < len(days))
        if where is not None:
            inside &= table.matches(where)
        weight = _weights(table, amount)[inside]
        place = place[inside]
        total += np.bincount(place, weight, len(days))
        for key, found in _by_value(table, by, inside, place, weight, len(days), most):
            parts[key] = parts[key] + found if key in parts else found
    return DayTally(total, parts)


def _weights(table: EventTable, amount: str | None) -> Float64:
    if amount is None:
        return np.ones(len(table.at))
    found = read_amounts(table, amount)
    return np.zeros(len(table.at)) if found is None else np.nan_to_num(found)


def _by_value(
    table: EventTable, by: str | None, inside: Any, place: Int64, weight: Float64, days: int,
    most: int,
) -> list[tuple[tuple[bool, Any], Float64]]:  # fmt: skip
    values = table.values(by) if by else None
    if values is None or not len(values.labels):
        return []
    codes = values.codes[inside]
    counts = np.bincount(codes[codes >= 0], minlength=len(values.labels))
    best = np.argsort(-counts, kind="stable")[:most]
    best = best[counts[best] > 0]
    number = np.full(len(values.labels) + 1, -1)
    number[best] = np.arange(len(best))
    chosen = number[codes]
    kept = chosen >= 0
    cells = np.bincount(chosen[kept] * days + place[kept], weight[kept], len(best) * days)
    grid = cells.reshape(len(best), days).astype(float)
    labels = [values.labels[code] for code in best.tolist()]
    return [
        ((isinstance(value, bool), value), row) for value, row in zip(labels, grid, strict=True)
    ]


def count_events(source: EventSource, names: Sequence[str]) -> dict[str, int]:
    """Return how many events of each name there are, the most frequent first."""
    ranges = source.path_ranges()
    counts = {name: sum(len(source.read(name, paths).path) for paths in ranges) for name in names}
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def conversion_days(report: FunnelReport, name: str, step: int | None = None) -> DailySeries | None:
    """Return a funnel's conversion by day of entry; None where nobody entered.

    Parameters
    ----------
    report
        Of a funnel with ``every="day"``. Days on which somebody may still convert are not known:
        their rate is too low as yet.
    step
        The step that counts, from 0; by default the last required one.
    """
    if not report.buckets:
        return None
    end = report.definition.required[-1] if step is None else step
    reached = [bucket.steps[end].count for bucket in report.buckets]
    entered = np.array([bucket.steps[0].count for bucket in report.buckets], float)
    still = np.array([bucket.open > 0 for bucket in report.buckets])
    # Once a day is open, those after it are too: they only had less time.
    still = np.maximum.accumulate(still)
    values = np.where(still, np.nan, np.array(reached, float))
    return DailySeries(
        name, Kind.RATE, date.fromisoformat(report.buckets[0].start), values, entered
    )

"""What goals count of events: how often one happened, what it adds up to, who reached a step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from suppilo.analytics.amounts import read_amounts
from suppilo.analytics.events import Bool, EventSource, EventTable, Int64
from suppilo.analytics.goals.table import Days, Facts, make_way

if TYPE_CHECKING:
    from suppilo.analytics.funnel import FunnelDefinition, FunnelResult

_NEVER = -1


def count_event(
    source: EventSource, event: str, days: Days, choose: Callable[[EventTable], Bool] | None = None
) -> Facts:
    """Return how often an event happened on each day; ``choose`` says which of its rows count."""
    counts = np.zeros(len(days))
    for paths in source.path_ranges():
        table = source.read(event, paths)
        counts += days.count(table.at if choose is None else table.at[choose(table)])
    return Facts(counts, counts)


def sum_event(
    source: EventSource,
    event: str,
    amount: str,
    days: Days,
    choose: Callable[[EventTable], Bool] | None = None,
) -> Facts:
    """Return what a property of an event adds up to on each day; what is no number counts not."""
    counts, values = np.zeros(len(days)), np.zeros(len(days))
    for paths in source.path_ranges():
        table = source.read(event, paths)
        amounts = read_amounts(table, amount)
        if amounts is None:
            continue
        known = np.isfinite(amounts)
        if choose is not None:
            known &= choose(table)
        counts += days.count(table.at[known])
        values += days.count(table.at[known], amounts[known])
    return Facts(counts, values)


def open_dates(asked: FunnelDefinition, days: Days) -> FunnelDefinition:
    """Return a funnel of whoever entered on the days, split by nothing."""
    return replace(
        asked, from_us=days.start_us, to_us=None, as_of_us=days.now_us, by=None, by_value="first",
        every=None,
    )  # fmt: skip


def read_step(result: FunnelResult, step: int, days: Days, to_step: int | None = None) -> Facts:
    """Return who reached a step on each day, and who is on the way to it.

    Parameters
    ----------
    result
        Of a funnel with :func:`open_dates`.
    step
        Its place, from 0. The way to it is from the required step before.
    to_step
        Of a conversion, the step that ``step``'s entrants are to reach.
    """
    begin, end = (step, to_step) if to_step is not None else (step_before(result, step), step)
    at = step_times(result, step)
    counts = days.count(at[at >= 0])
    if begin == end:
        return Facts(counts, counts)
    started, there = step_times(result, begin), step_times(result, end)
    left = np.where(result.units.open, _NEVER, _ends(result, days))
    on_it = started >= 0
    ones = np.ones(int(on_it.sum()))
    way = make_way(started[on_it], there[on_it], left[on_it], ones, days.now_us)
    return Facts(counts, counts, way, way.measure(days.now_us))


def step_before(result: FunnelResult, step: int) -> int:
    """Return the required step before one; the step itself where there is none."""
    before = [place for place in result.definition.required if place < step]
    return before[-1] if before else step


def step_times(result: FunnelResult, step: int) -> Int64:
    """Return when each unit reached a step, -1 where it has not."""
    at = np.full(len(result.units), _NEVER, np.int64)
    hits = result.units.hits[step]
    at[hits.unit] = hits.at
    return at


def _ends(result: FunnelResult, days: Days) -> Int64:
    """Return when each unit's window ended; without a window it is known only that it did."""
    entered, window = step_times(result, 0), result.definition.window_us
    if window is None:
        return np.full(len(entered), days.now_us, np.int64)
    return np.minimum(entered + window, days.now_us)

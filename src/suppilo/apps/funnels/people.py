"""The people behind a figure: which units it counts, and one page of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal, get_args

import numpy as np

from suppilo.analytics.events import Bool, EventSource, Int64
from suppilo.analytics.funnel import DefinitionError, FunnelResult
from suppilo.analytics.funnel.rows import Hits, Units
from suppilo.analytics.periods import Every, day_edges, next_bucket

Outcome = Literal["reached", "converted", "dropped", "open", "late", "with", "without", "waiting"]
OUTCOMES: tuple[str, ...] = get_args(Outcome)
NO_VALUE = ""


@dataclass(frozen=True, slots=True)
class Beside:
    """What may go with conversion: a ``kind`` (``event`` or ``property``), a name, and a value.

    ``has`` False: those without it.
    """

    kind: str
    name: str
    value: str | None = None
    has: bool = True


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure of a report: whom it counts.

    Attributes
    ----------
    step
        The step's number, from 1; 0 is the whole funnel, wherever somebody stopped.
    outcome
        Of those at the step: all (``reached``), who converted, or who stopped here for good
        (``dropped``) or for the time being (``open``); the open ones who have waited for longer
        than most (``late``). Of those at the step before, whose time is over, who did this one
        (``with``) or left it out (``without``).
    bucket
        The first day of the day, week or month of entry, ISO; empty for all.
    value
        The breakdown's value as text, or None for all; ``has_value`` False asks for who has none.
    since
        Where time is taken: the step from which, from 1. Then those who got from there to the
        step are meant, or who is still ``waiting``, or never got there.
    took_s
        Of those who got there: from how many seconds to how many (not included) it took; the
        latter may be infinite.
    beside
        What else they did or had, or not, as correlations count it.
    """

    step: int = 1
    outcome: str = "reached"
    bucket: str = ""
    value: str | None = None
    has_value: bool = True
    since: int = 0
    took_s: tuple[float, float] | None = None
    beside: Beside | None = None


def select_units(result: FunnelResult, cell: Cell, source: EventSource) -> Int64:
    """Return which units a figure counts, in the order of the result.

    Parameters
    ----------
    source
        The events that the result was counted in.

    Raises
    ------
    DefinitionError
        If the funnel has no such step, date or value.
    """
    units, definition = result.units, result.definition
    if not 0 <= cell.step <= len(definition.steps) or cell.outcome not in OUTCOMES:
        raise DefinitionError("this funnel has no such figure")
    if cell.since or cell.outcome == "waiting":
        return _select_timed(result, cell)
    if cell.outcome in ("late", "with", "without"):
        return _select_waiting(result, cell)
    if cell.value is not None and result.values is not None and result.values.code is None:
        units = _units_of_value(result, cell.value)
    chosen = np.zeros(len(units), bool)
    chosen[units.hits[max(0, cell.step - 1)].unit] = True
    chosen &= _stopped(replace(result, units=units), cell)
    if cell.bucket:
        chosen &= _in_bucket(units, cell.bucket, definition.every, definition.timezone)
    if result.values is not None and result.values.code is not None:
        chosen &= _has_value(result, cell)
    if cell.beside is not None:
        chosen &= _has_beside(result, source, cell.beside)
    return np.flatnonzero(chosen)


def _has_beside(result: FunnelResult, source: EventSource, beside: Beside) -> Bool:
    from suppilo.analytics.funnel.correlation import find_with

    found = find_with(result, source, beside.kind, beside.name, beside.value)
    return found if beside.has else ~found


def _select_timed(result: FunnelResult, cell: Cell) -> Int64:
    """Return who got from one step to a later one, in some time; or who did not."""
    from suppilo.analytics.funnel.times import check_time_steps, find_waits

    split_all = cell.value is not None and result.values is not None and result.values.code is None
    if cell.outcome not in ("reached", "waiting") or cell.bucket or cell.beside or split_all:
        raise DefinitionError("this funnel has no such figure")
    check_time_steps(result.definition, cell.since, cell.step)
    waits = find_waits(result, cell.since, cell.step)
    chosen = ~waits.ended if cell.outcome == "waiting" else waits.ended.copy()
    if cell.took_s is not None:
        low_s, high_s = cell.took_s
        chosen &= (waits.seconds >= low_s) & (waits.seconds < high_s)
    return np.sort(waits.unit[chosen & _has_value(result, cell)[waits.unit]])


def _select_waiting(result: FunnelResult, cell: Cell) -> Int64:
    from suppilo.analytics.bottlenecks.extra import split_by_step
    from suppilo.analytics.bottlenecks.losses import find_late

    if not cell.step or cell.bucket or cell.value is not None or not cell.has_value:
        raise DefinitionError("this funnel has no such figure")
    if cell.outcome == "late":
        return find_late(result, cell.step - 1)
    did, did_not = split_by_step(result, cell.step - 1)
    return np.flatnonzero(did if cell.outcome == "with" else did_not)


def _units_of_value(result: FunnelResult, value: str) -> Units:
    values = result.values
    place = _place_of(values.labels if values else (), value)
    if values is None or place is None:
        raise DefinitionError("this funnel has no such value")
    return values.by_label[place]


def _place_of(labels: Any, value: str) -> int | None:
    return next((i for i, label in enumerate(labels) if str(label) == value), None)


def _stopped(result: FunnelResult, cell: Cell) -> Bool:
    units, definition = result.units, result.definition
    if cell.step == 0:
        return _ended(result, cell.outcome)
    level = int(np.searchsorted(np.array(definition.required), cell.step - 1, "right"))
    if cell.outcome in ("converted", "reached"):
        return _ended(result, cell.outcome)
    stayed = units.level <= level
    if level == len(definition.required):  # nobody stops at the end
        stayed = np.zeros(len(units), bool)
    return np.asarray(stayed & (units.open if cell.outcome == "open" else ~units.open))


def _ended(result: FunnelResult, outcome: str) -> Bool:
    """Return how units ended, wherever they did."""
    units = result.units
    converted = units.level == len(result.definition.required)
    if outcome == "converted":
        return np.asarray(converted)
    if outcome == "open":
        return units.open
    return np.ones(len(units), bool) if outcome == "reached" else ~converted & ~units.open


def _in_bucket(units: Units, bucket: str, every: Every | None, timezone: str) -> Bool:
    try:
        start = date.fromisoformat(bucket)
        _, edges = day_edges(start, next_bucket(start, every or "day"), every or "day", timezone)
    except (ValueError, OverflowError) as error:
        raise DefinitionError("there is no such date of entry") from error
    entry = units.hits[0].at
    return np.asarray((entry >= edges[0]) & (entry < edges[-1]))


def _has_value(result: FunnelResult, cell: Cell) -> Bool:
    values, codes = result.values, None if result.values is None else result.values.code
    if values is None or codes is None or (cell.value is None and cell.has_value):
        return np.ones(len(result.units), bool)
    if not cell.has_value:
        return np.asarray(codes < 0)
    place = _place_of(values.labels, cell.value or "")
    if place is None:
        raise DefinitionError("this funnel has no such value")
    return np.asarray(codes == place)


def units_of(result: FunnelResult, cell: Cell) -> Units:
    """Return the units that ``select_units`` counts in: the value's own, or all."""
    if cell.value is not None and result.values is not None and result.values.code is None:
        return _units_of_value(result, cell.value)
    return result.units


def take_units(units: Units, chosen: Int64) -> Units:
    """Return some of the units, with their chains."""
    place = np.full(len(units), -1, np.int64)
    place[chosen] = np.arange(len(chosen))
    hits = []
    for step in units.hits:
        own = place[step.unit]
        kept = own >= 0
        hits.append(Hits(own[kept], step.row[kept], step.at[kept]))
    return Units(units.path[chosen], units.level[chosen], units.open[chosen], tuple(hits))


def list_cell(
    result: FunnelResult, source: EventSource, cell: Cell, chosen: Int64
) -> Iterator[dict[str, Any]]:
    """Yield chosen units: path, how far each went, its outcome, and when it did each step."""
    from suppilo.analytics.funnel.listing import list_paths

    taken = replace(result, units=take_units(units_of(result, cell), chosen))
    yield from list_paths(taken, source)

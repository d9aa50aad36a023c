"""From counted units to figures: counts, rates, open cases, times; whole and by group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from suppilo.analytics.distinct import distinct
from suppilo.analytics.events import Int64
from suppilo.analytics.funnel.definition import FunnelDefinition
from suppilo.analytics.funnel.report import (
    Breakdown,
    BreakdownValue,
    Bucket,
    FunnelReport,
    StepResult,
)
from suppilo.analytics.funnel.rows import Units
from suppilo.analytics.funnel.run import FunnelResult, ValueUnits
from suppilo.analytics.funnel.spec import DefinitionError
from suppilo.analytics.intervals import wilson_interval
from suppilo.analytics.periods import day_edges, to_local


def summarize(result: FunnelResult) -> FunnelReport:
    """Return the figures of a funnel."""
    definition, units = result.definition, result.units
    (steps,) = summarize_groups(units, definition, None, 1)
    return FunnelReport(
        definition=definition,
        as_of_us=result.as_of_us,
        paths=result.paths,
        excluded=result.excluded,
        steps=steps,
        buckets=_split_dates(units, definition),
        breakdown=None if result.values is None else _break_down(result, result.values),
        rejected=result.rejected,
    )


@dataclass(frozen=True, slots=True)
class _Grouped:
    """One step's units by group: how many, and seconds since the required step before."""

    count: Int64
    seconds: list[np.ndarray[tuple[int], np.dtype[np.float64]]]


def summarize_groups(
    units: Units, definition: FunnelDefinition, group: Int64 | None, groups: int
) -> list[tuple[StepResult, ...]]:
    """Return the step results of each group of units; ``group`` -1 is in none, None is all 0."""
    grouped = [_group_step(units, definition, step, group, groups) for step in _steps(definition)]
    stayed = [_stayed(units, definition, step, group, groups) for step in _steps(definition)]
    return [
        tuple(
            _step_result(definition, step, number, grouped, stayed[step])
            for step in _steps(definition)
        )
        for number in range(groups)
    ]


def _steps(definition: FunnelDefinition) -> range:
    return range(len(definition.steps))


def _step_before(definition: FunnelDefinition, step: int) -> int:
    """Return the required step before a step, or -1 before the first."""
    return max((before for before in definition.required if before < step), default=-1)


def step_name(definition: FunnelDefinition, step: int) -> str:
    """Return a step's name; in any order there is no n-th step, only n steps completed."""
    if definition.order != "any":
        return definition.steps[step].name
    return "completed 1 step" if step == 0 else f"completed {step + 1} steps"


def _count_groups(unit: Int64, group: Int64 | None, groups: int) -> Int64:
    if group is None:
        return np.array([len(unit)], np.int64)
    codes = group[unit]
    return np.bincount(codes[codes >= 0], minlength=groups).astype(np.int64)


def _group_step(
    units: Units, definition: FunnelDefinition, step: int, group: Int64 | None, groups: int
) -> _Grouped:
    hits = units.hits[step]
    count = _count_groups(hits.unit, group, groups)
    before = _step_before(definition, step)
    if before < 0:
        return _Grouped(count, [np.zeros(0)] * groups)
    seconds = (hits.at - _times_by_unit(units, before)[hits.unit]) / 1e6
    if group is None:
        return _Grouped(count, [seconds])
    codes = group[hits.unit]
    index = np.argsort(codes, kind="stable")
    edges = np.searchsorted(codes[index], np.arange(groups + 1)).tolist()
    return _Grouped(count, [seconds[index[a:b]] for a, b in zip(edges, edges[1:], strict=False)])


def _times_by_unit(units: Units, step: int) -> Int64:
    """Return each unit's time at a step; anything where it has none."""
    hits = units.hits[step]
    if len(hits.unit) == len(units):  # all of them, and hits are in the order of units
        return hits.at
    at = np.empty(len(units), np.int64)
    at[hits.unit] = hits.at
    return at


def _stayed(
    units: Units, definition: FunnelDefinition, step: int, group: Int64 | None, groups: int,
) -> tuple[Int64, Int64]:  # fmt: skip
    """Count who reached a step and not the next required one: dropped, and open."""
    level = np.searchsorted(np.array(definition.required), step, "right")
    if level == len(definition.required):
        return np.zeros(groups, np.int64), np.zeros(groups, np.int64)
    if step in definition.required:
        stayed = np.flatnonzero(units.level == level)
    else:
        unit = units.hits[step].unit
        stayed = unit[units.level[unit] <= level]
    waiting = units.open[stayed]
    return (
        _count_groups(stayed[~waiting], group, groups),
        _count_groups(stayed[waiting], group, groups),
    )


def _step_result(
    definition: FunnelDefinition, step: int, number: int, grouped: list[_Grouped],
    stayed: tuple[Int64, Int64],
) -> StepResult:  # fmt: skip
    count, entered = int(grouped[step].count[number]), int(grouped[0].count[number])
    before = _step_before(definition, step)
    base = int(grouped[before].count[number]) if before >= 0 else 0
    whole, own = wilson_interval(count, entered), wilson_interval(count, base) if base else None
    times = grouped[step].seconds[number]
    low, middle, high = _quartiles(times) if len(times) else (None, None, None)
    return StepResult(
        name=step_name(definition, step),
        count=count,
        optional=definition.steps[step].optional,
        conversion_rate=count / entered if entered else None,
        lower=whole.lower if whole else None,
        upper=whole.upper if whole else None,
        step_conversion_rate=count / base if base else None,
        step_lower=own.lower if own else None,
        step_upper=own.upper if own else None,
        drop_off=int(stayed[0][number]),
        open=int(stayed[1][number]),
        median_seconds=middle,
        mean_seconds=float(times.mean()) if len(times) else None,
        p25_seconds=low,
        p75_seconds=high,
    )


def _quartiles(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> list[float]:
    """Return the quartiles, between two values in proportion.

    They are ``np.percentile``'s, which loads numpy's masked arrays first: a cold process feels it.
    """
    places = np.array([0.25, 0.5, 0.75]) * (len(values) - 1)
    below = places.astype(np.int64)
    above = np.minimum(below + 1, len(values) - 1)
    ordered = np.partition(values, np.concatenate([below, above]))
    share, low, high = places - below, ordered[below], ordered[above]
    # From the nearer end, so that equal values stay what they are to the last bit.
    near = np.where(share < 0.5, low + (high - low) * share, high - (high - low) * (1 - share))
    return [float(value) for value in near]


def _split_dates(units: Units, definition: FunnelDefinition) -> tuple[Bucket, ...] | None:
    """Split the units by the local day, week or month of their entry; gaps are buckets too."""
    if definition.every is None:
        return None
    if not len(units):
        return ()
    entry = units.hits[0].at
    first, last = (
        to_local(int(moment), definition.timezone).date() for moment in (entry.min(), entry.max())
    )
    try:
        starts, edges_us = day_edges(first, last, definition.every, definition.timezone)
    except ValueError as error:
        raise DefinitionError(f'"every": {error}') from error
    group = np.searchsorted(np.array(edges_us), entry, "right").astype(np.int64) - 1
    # A local time before year 1 has no date of its own: it belongs to the first there is.
    group = np.maximum(group, 0)
    results = summarize_groups(units, definition, group, len(starts))
    converted = units.level == len(definition.required)
    open_count = _count_groups(np.flatnonzero(units.open), group, len(starts)).tolist()
    won = _count_groups(np.flatnonzero(converted), group, len(starts)).tolist()
    return tuple(
        Bucket(start.isoformat(), done, steps[0].count - done - waiting, waiting, steps)
        for start, steps, done, waiting in zip(starts, results, won, open_count, strict=True)
    )


def _break_down(result: FunnelResult, values: ValueUnits) -> Breakdown:
    definition, units = result.definition, result.units
    if values.code is not None:
        results = summarize_groups(units, definition, values.code, len(values.labels))
        twice, none, beyond = 0, int(np.count_nonzero(values.code < 0)), 0
    else:
        results = [summarize_groups(u, definition, None, 1)[0] for u in values.by_label]
        twice, none, beyond = _reconcile(units, values)
    rows = [
        BreakdownValue(label, steps)
        for label, steps in zip(values.labels, results, strict=True)
        if steps[0].count
    ]
    rows.sort(key=lambda row: (-row.steps[0].count, str(row.value)))
    return Breakdown(definition.by or "", tuple(rows), twice, none, beyond)


def _reconcile(units: Units, values: ValueUnits) -> tuple[int, int, int]:
    """Return how the values of a breakdown by ``all`` add up to the total at step 1."""
    counted = [u.path for u in values.by_label]
    total = distinct(units.path)
    union = distinct(np.concatenate(counted)) if counted else np.zeros(0, np.int64)
    beyond = len(np.setdiff1d(union, total, assume_unique=True))
    none = len(np.setdiff1d(total, union, assume_unique=True))
    # Attempts are counted as they are: the rest of the difference is what was counted twice.
    surplus = sum(len(path) for path in counted) - len(units)
    return surplus + none - beyond, none, beyond

"""Steps that take time and win nothing: those who leave them out convert as well.

Own definition: ``docs/explanation/algorithms/bottlenecks.md``, "Steps too many"; the interval
is that of :func:`suppilo.analytics.funnel.compare.newcombe_interval`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from suppilo.analytics.bottlenecks.losses import units_over
from suppilo.analytics.bottlenecks.report import Estimate, ExtraStep
from suppilo.analytics.events import Bool
from suppilo.analytics.funnel.compare import newcombe_interval
from suppilo.analytics.funnel.definition import FunnelDefinition
from suppilo.analytics.funnel.run import FunnelResult

MIN_PATHS = 30
"""Fewer with, or without, say nothing yet."""
TOLERANCE = 0.1
"""Converting as well: no more than a tenth of the conversion with the step is lost without it.
Taking longer: a tenth longer."""


def find_extra_steps(
    result: FunnelResult, run: Callable[[FunnelDefinition], FunnelResult]
) -> tuple[ExtraStep, ...]:
    """Compare, for each step between the first and the last, who did it and who did not.

    Parameters
    ----------
    result
        The counted funnel.
    run
        Counts another funnel of the same events: a required step is made optional first, one
        at a time.

    Notes
    -----
    Both groups reached the required step before it, and their time to convert is over. A step
    is extra where the upper end of the interval of the difference (with less without) is no more
    than a tenth of the conversion with it, which is a test of non-inferiority, and the median
    way from the step before to the step after takes a tenth longer with it. Who leaves a step
    out chose to: the comparison is a hint where to try, not a proof. Empty for funnels in any
    order, which have no step between.
    """
    definition = result.definition
    if definition.order == "any" or not len(result.units):
        return ()
    return tuple(_compare_all(result, run))


def _compare_all(
    result: FunnelResult, run: Callable[[FunnelDefinition], FunnelResult]
) -> Iterator[ExtraStep]:
    definition = result.definition
    named = {number - 1 for item in definition.exclude for number in (item.after, item.before)}
    for step in range(1, definition.required[-1]):
        if definition.steps[step].optional:
            yield _compare(result, step)
        elif step not in named and definition.steps[step].within_us is None:
            yield _compare(run(loosen(definition, step)), step)


def loosen(definition: FunnelDefinition, step: int) -> FunnelDefinition:
    """Return the funnel in which a step (from 0) may be left out."""
    steps = tuple(
        replace(given, optional=True) if place == step else given
        for place, given in enumerate(definition.steps)
    )
    return replace(definition, steps=steps, by=None, by_value="first", every=None)


def _compare(result: FunnelResult, step: int) -> ExtraStep:
    place = _place_before(result, step)
    groups = split_by_step(result, step)
    counts = [_counts(result, group) for group in groups]
    medians = [_median(result, place, group) for group in groups]
    found = newcombe_interval(counts[1], counts[0])
    difference = None
    if found is not None:
        difference = Estimate(found.difference, found.lower, found.upper)
    return ExtraStep(
        step, result.definition.steps[step].name, result.definition, counts[0], counts[1],
        difference, medians[0], medians[1], _is_extra(counts, medians, difference),
    )  # fmt: skip


def split_by_step(result: FunnelResult, step: int) -> tuple[Bool, Bool]:
    """Return which units did a step (from 0), and which did not.

    Both reached the required step before it, and their time to convert is over.
    """
    units = result.units
    did = np.zeros(len(units), bool)
    did[units.hits[step].unit] = True
    eligible = units_over(result) & (units.level > _place_before(result, step))
    return eligible & did, eligible & ~did


def _place_before(result: FunnelResult, step: int) -> int:
    """Return which of the required steps, from 0, is the last before a step."""
    return max(0, int(np.searchsorted(np.array(result.definition.required), step)) - 1)


def _counts(result: FunnelResult, group: Bool) -> tuple[int, int]:
    converted = result.units.level == len(result.definition.required)
    return int(np.count_nonzero(group & converted)), int(np.count_nonzero(group))


def _median(result: FunnelResult, place: int, group: Bool) -> float | None:
    """Return the median seconds of a group from one required step to the next."""
    units, required = result.units, result.definition.required
    here, there = units.hits[required[place]], units.hits[required[place + 1]]
    began_us = np.zeros(len(units), np.int64)
    began_us[here.unit] = here.at
    chosen = group[there.unit]
    if not chosen.any():
        return None
    return float(np.median((there.at - began_us[there.unit])[chosen])) / 1e6


def _is_extra(
    counts: list[tuple[int, int]], medians: list[float | None], difference: Estimate | None
) -> bool:
    longer, shorter = medians
    if difference is None or longer is None or shorter is None:
        return False
    if min(total for _converted, total in counts) < MIN_PATHS:
        return False
    as_well = difference.upper <= TOLERANCE * counts[0][0] / counts[0][1]
    return as_well and longer > (1 + TOLERANCE) * shorter

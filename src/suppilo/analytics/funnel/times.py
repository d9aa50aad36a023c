"""Time to convert between two steps: percentiles of who did, and a curve that uses the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from suppilo.analytics.durations import Float64, kaplan_meier
from suppilo.analytics.events import Bool, Int64
from suppilo.analytics.funnel.definition import FunnelDefinition
from suppilo.analytics.funnel.kernels import UNLIMITED
from suppilo.analytics.funnel.run import FunnelResult
from suppilo.analytics.funnel.spec import DefinitionError

PERCENTILES = (10, 25, 50, 75, 90)
_BINS = 30


@dataclass(frozen=True, slots=True)
class TimeToConvert:
    """How long it takes from one step to a later one, in seconds.

    ``percentiles`` are (per cent, seconds) and ``histogram`` (from, to, count) of the counted
    chains: bins of equal width up to three times the 90th percentile, and one for what took
    longer. ``curve`` is (seconds, share converted by then, lower, upper) by Kaplan-Meier, in
    which the ``censored`` count as waiting for as long as they were seen to.
    """

    from_step: str
    to_step: str
    converted: int
    censored: int
    median_seconds: float | None
    mean_seconds: float | None
    percentiles: tuple[tuple[int, float], ...]
    histogram: tuple[tuple[float, float, int], ...]
    curve: tuple[tuple[float, float, float, float], ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def time_to_convert(
    result: FunnelResult, from_step: int = 1, to_step: int | None = None
) -> TimeToConvert:
    """Return how long counted chains take from one required step to a later one (from 1).

    Raises
    ------
    DefinitionError
        If the steps are not two required steps in this order.
    """
    definition = result.definition
    to_step = definition.required[-1] + 1 if to_step is None else to_step
    check_time_steps(definition, from_step, to_step)
    waits = find_waits(result, from_step, to_step)
    seconds, waiting = waits.seconds[waits.ended], waits.seconds[~waits.ended]
    curve = kaplan_meier(waits.seconds, waits.ended)
    found = np.percentile(seconds, PERCENTILES).tolist() if len(seconds) else []
    return TimeToConvert(
        from_step=definition.steps[from_step - 1].name,
        to_step=definition.steps[to_step - 1].name,
        converted=len(seconds),
        censored=len(waiting),
        median_seconds=float(np.median(seconds)) if len(seconds) else None,
        mean_seconds=float(seconds.mean()) if len(seconds) else None,
        percentiles=tuple(zip(PERCENTILES, found, strict=False)),
        histogram=_histogram(seconds),
        curve=tuple(
            zip(curve.time.tolist(), (1 - curve.share).tolist(), (1 - curve.upper).tolist(),
                (1 - curve.lower).tolist(), strict=True)
        ),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Waits:
    """How long each unit was watched between two steps, in seconds; who has not ``ended`` waits."""

    unit: Int64
    seconds: Float64
    ended: Bool


def find_waits(result: FunnelResult, from_step: int, to_step: int) -> Waits:
    """Return the waits of all units that reached the first of two steps (from 1)."""
    begun, done = result.units.hits[from_step - 1], result.units.hits[to_step - 1]
    began_us = np.empty(len(result.units), np.int64)
    began_us[begun.unit] = begun.at
    waiting = np.setdiff1d(begun.unit, done.unit, assume_unique=True)
    took = (done.at - began_us[done.unit]) / 1e6
    return Waits(
        np.concatenate([done.unit, waiting]),
        np.concatenate([took, _watched_seconds(result, began_us, waiting)]),
        np.concatenate([np.ones(len(took), bool), np.zeros(len(waiting), bool)]),
    )


def _histogram(seconds: Float64) -> tuple[tuple[float, float, int], ...]:
    if not len(seconds):
        return ()
    counts, edges = np.histogram(seconds, _bins_of(seconds))
    ends = edges.tolist()
    return tuple(zip(ends[:-1], ends[1:], counts.tolist(), strict=True))


def _bins_of(seconds: Float64) -> Float64:
    """Return the bounds of bins of equal width; what took very long shares one more, the last."""
    low, high = float(seconds.min()), float(seconds.max())
    usual = float(np.percentile(seconds, 90))
    cut = max(3 * usual, high / 20)
    if usual <= 0 or cut >= high:
        return np.histogram_bin_edges(seconds, _BINS)
    return np.append(np.linspace(low, cut, _BINS + 1), high)


def check_time_steps(definition: FunnelDefinition, from_step: int, to_step: int) -> None:
    """Make sure that time can be taken between two steps (from 1).

    Raises
    ------
    DefinitionError
        If they are not two required steps in this order.
    """
    required = {step + 1 for step in definition.required}
    if definition.order == "any":
        required = set(range(1, len(definition.steps) + 1))
    if from_step not in required or to_step not in required or from_step >= to_step:
        raise DefinitionError(
            f"time to convert goes from a required step to a later one, "
            f"not from {from_step} to {to_step}"
        )


def _watched_seconds(result: FunnelResult, began_us: Int64, waiting: Int64) -> Float64:
    """Return how long those who did not convert were seen waiting: until their window ended."""
    window_us = result.definition.window_us
    entered_us = np.empty(len(result.units), np.int64)
    entered_us[result.units.hits[0].unit] = result.units.hits[0].at
    ends_us = entered_us[waiting] + (UNLIMITED if window_us is None else window_us)
    until_us = np.minimum(ends_us, result.as_of_us or 0)
    return np.maximum(until_us - began_us[waiting], 0) / 1e6

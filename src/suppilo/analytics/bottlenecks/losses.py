"""From counted units to losses: how many, how much of a conversion each was, who waits too long.

Own definition: ``docs/explanation/algorithms/bottlenecks.md``, "Loss" and "Waiting too long".
"""

from __future__ import annotations

import numpy as np

from suppilo.analytics.bottlenecks.report import Bottlenecks, Estimate, Loss, Worth, multiply
from suppilo.analytics.events import Bool, Int64
from suppilo.analytics.funnel.feed import longest_spans
from suppilo.analytics.funnel.kernels import UNLIMITED
from suppilo.analytics.funnel.run import FunnelResult
from suppilo.analytics.funnel.summary import step_name
from suppilo.analytics.intervals import wilson_interval

USUAL = 0.8


def find_bottlenecks(
    result: FunnelResult, worth: Worth | None = None, saved: float = 0.1, level: float = 0.95
) -> Bottlenecks:
    """Return what is lost at each step, in people, in conversions and in money.

    Parameters
    ----------
    result
        The counted funnel; nothing is read again.
    worth
        What one conversion brings, where that is known.
    saved
        Share of the lost, 0..1, whose saving is reckoned.
    level
        Of the ranges.

    Notes
    -----
    Somebody lost before step k is expected to have converted like those who did reach step k:
    ``conversions = lost * P(converted | reached k)``, taken among the units whose time to convert
    is over, so that those who entered lately neither help nor harm. That is a reckoning on the
    figures and no promise: the lost may be less willing than those who stayed.

    The range of a gain is that for as many units at the step once more. It joins the Wilson
    intervals of the share that is lost and of the conversion from the next step on, and the
    range of the measured worth, by :func:`~suppilo.analytics.bottlenecks.report.multiply`.
    """
    steps = range(len(result.definition.required) - 1)
    over = units_over(result)
    losses = tuple(_find_loss(result, over, place, worth, saved, level) for place in steps)
    return Bottlenecks(losses, worth, saved, USUAL, level)


def units_over(result: FunnelResult) -> Bool:
    """Return the units whose time to convert is over; all of them where there is no limit."""
    units, definition = result.units, result.definition
    span = longest_spans(definition)[len(definition.required) - 1]
    if span >= UNLIMITED or not len(units):
        return np.ones(len(units), bool)
    return np.asarray(units.hits[0].at + span <= (result.as_of_us or 0))


def _find_loss(
    result: FunnelResult, over: Bool, place: int, worth: Worth | None, saved: float, level: float
) -> Loss:
    units, required = result.units, result.definition.required
    here = units.level == place + 1
    still = int(np.count_nonzero(here & units.open))
    gone = int(np.count_nonzero(here)) - still
    final = bool(longest_spans(result.definition)[place + 1] < UNLIMITED)
    lost, reached = gone if final else gone + still, int(np.count_nonzero(units.level > place))
    onward = _rate_onward(result, over, place + 1, level)
    share = _share(lost, reached - still if final else reached, level)
    gain = _gain(lost, share, onward, saved)
    usual, late = _wait(result, place)
    return Loss(
        after=required[place],
        before=required[place + 1],
        after_name=step_name(result.definition, required[place]),
        before_name=step_name(result.definition, required[place + 1]),
        reached=reached,
        lost=lost,
        open=still,
        is_final=final,
        onward=onward,
        conversions=None if onward is None else lost * onward.value,
        money=None if onward is None or worth is None else lost * onward.value * worth.each.value,
        gain=gain,
        gain_money=None if gain is None or worth is None else multiply(gain, worth.each),
        usual_seconds=usual,
        late=len(late),
    )


def _rate_onward(result: FunnelResult, over: Bool, place: int, level: float) -> Estimate | None:
    levels = result.units.level[over]
    last = len(result.definition.required)
    reached = int(np.count_nonzero(levels > place))
    if place == last - 1:
        return Estimate(1.0, 1.0, 1.0)  # whoever reaches the last step has converted
    return _share(int(np.count_nonzero(levels == last)), reached, level)


def _share(count: int, of: int, level: float) -> Estimate | None:
    found = wilson_interval(count, of, level)
    return None if found is None else Estimate(count / of, found.lower, found.upper)


def _gain(
    lost: int, share: Estimate | None, onward: Estimate | None, saved: float
) -> Estimate | None:
    if share is None or onward is None:
        return None
    if not lost:
        return Estimate(0.0, 0.0, 0.0)
    each = saved * lost / share.value
    return multiply(
        Estimate(saved * lost, each * share.lower, each * share.upper),
        onward,
    )


def find_late(result: FunnelResult, step: int) -> Int64:
    """Return the units that are open at a required step (from 0) and have waited too long.

    Too long is longer than 80 % of those took that went on to the next required step.
    """
    required = result.definition.required
    if step not in required[:-1]:
        return np.zeros(0, np.int64)
    return _wait(result, required.index(step))[1]


def _wait(result: FunnelResult, place: int) -> tuple[float | None, Int64]:
    """Return the usual wait from one required step to the next, in seconds, and who is late."""
    units, required = result.units, result.definition.required
    here, there = units.hits[required[place]], units.hits[required[place + 1]]
    began_us = np.zeros(len(units), np.int64)
    began_us[here.unit] = here.at
    if not len(there.unit):
        return None, np.zeros(0, np.int64)
    usual_us = _quantile(there.at - began_us[there.unit], USUAL)
    waiting = np.flatnonzero((units.level == place + 1) & units.open)
    waited_us = (result.as_of_us or 0) - began_us[waiting]
    return usual_us / 1e6, waiting[waited_us > usual_us]


def _quantile(values: Int64, share: float) -> int:
    """Return the smallest value that at least ``share`` of all do not exceed."""
    place = max(0, int(np.ceil(share * len(values) - 1e-9)) - 1)
    return int(np.partition(values, place)[place])

"""What will have come by a period's end, with its range, and the light that it gives a goal.

Own definition: ``docs/explanation/algorithms/goals.md``, "Lights".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import floor, isclose

LEVEL = 0.8
"""Of the ranges: one in ten ends below, one in ten above."""


class Light(StrEnum):
    """Where a goal stands.

    ``reached`` and ``missed`` are facts once the period is over, or nothing can change them;
    before that ``missed`` says that not even the range's far end gets there.
    """

    TOO_EARLY = "too_early"
    ON_TRACK = "on_track"
    AT_RISK = "at_risk"
    MISSED = "missed"
    REACHED = "reached"


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a measure will be at the period's end, and the range that holds it in 8 of 10 cases.

    In the measure's own unit: counts, an amount of money, or a share 0..1.
    """

    value: float
    lower: float
    upper: float


def add_rest(fact: float, mean: float, variance: float) -> Outlook:
    """Return a fact with what is still to come, of this mean and variance.

    What is to come is never less than nothing, and often lopsided: it is taken to follow the gamma
    distribution with this mean and variance.
    """
    from scipy.special import gammaincinv

    if mean <= 0 or variance <= 0:
        return Outlook(fact + max(mean, 0.0), fact + max(mean, 0.0), fact + max(mean, 0.0))
    shape, scale = mean * mean / variance, variance / mean
    tail = (1 - LEVEL) / 2
    lower, upper = (float(gammaincinv(shape, q)) * scale for q in (tail, 1 - tail))
    # Far from normal the mean leaves the range: one large deal that comes once in fifty times.
    return Outlook(fact + mean, fact + min(lower, mean), fact + max(upper, mean))


def judge_goal(
    target: float,
    fact: float,
    outlook: Outlook | None,
    *,
    is_over: bool,
    is_limit: bool = False,
    is_whole: bool = True,
) -> Light:
    """Return the light of a goal.

    Reached: the fact is the target or more. On track: the projection is. At risk: only the upper
    end of its range is. Missed: not even that. For a limit (``is_limit``: stay at or below) the
    same the other way round; it is reached only when the period is over.

    Parameters
    ----------
    outlook
        What will have come; None: it is too early to say.
    is_over
        The fact does not change any more.
    is_whole
        The measure is a count: a range's ends are rounded, as 99.6 is 100 of something whole.
    """
    if is_over:
        kept = _within(fact, target) if is_limit else _within(target, fact)
        return Light.REACHED if kept else Light.MISSED
    if is_limit:
        return _judge_limit(target, fact, outlook, is_whole=is_whole)
    if _within(target, fact):
        return Light.REACHED
    if outlook is None:
        return Light.TOO_EARLY
    if _within(target, outlook.value):
        return Light.ON_TRACK
    upper = floor(outlook.upper + 0.5) if is_whole else outlook.upper
    return Light.AT_RISK if _within(target, upper) else Light.MISSED


def _judge_limit(target: float, fact: float, outlook: Outlook | None, *, is_whole: bool) -> Light:
    if not _within(fact, target):
        return Light.MISSED
    if outlook is None:
        return Light.TOO_EARLY
    if _within(outlook.value, target):
        return Light.ON_TRACK
    lower = floor(outlook.lower + 0.5) if is_whole else outlook.lower
    return Light.AT_RISK if _within(lower, target) else Light.MISSED


def _within(one: float, other: float) -> bool:
    """Return whether one is at most the other; sums of money differ in the last binary digit."""
    return one <= other or isclose(one, other, rel_tol=1e-12)

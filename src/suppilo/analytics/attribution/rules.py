"""Attribution by rules: each touch of a converted journey has its share, by place or by age.

The rules and their shares are the trade's own, defined in
``docs/explanation/algorithms/attribution.md``, "Rules".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from suppilo.analytics.attribution.journeys import NO_MOMENT, Journeys
from suppilo.analytics.events import Int64

Float64 = NDArray[np.float64]
DAY_US = 86_400_000_000


@dataclass(frozen=True, slots=True)
class RuleOptions:
    """What rules ask for: which channels are none, and after how long a touch counts half."""

    direct: tuple[str, ...] = ("direct",)
    half_life_us: int = 7 * DAY_US


def credit_rule(
    journeys: Journeys, rule: str, options: RuleOptions | None = None
) -> tuple[Float64, Float64]:
    """Return each channel's conversions and value by a rule; they add up to all with a touch.

    Parameters
    ----------
    rule
        One of :data:`RULES`.
    """
    won = journeys.choose(journeys.converted)
    share = share_touches(won, rule, options)
    size = len(journeys.names)
    value = np.repeat(won.value, won.lengths)
    sums = (np.bincount(won.channel, weights, size) for weights in (share, share * value))
    conversions, worth = (one.astype(np.float64) for one in sums)
    return conversions, worth


def share_touches(won: Journeys, rule: str, options: RuleOptions | None = None) -> Float64:
    """Return each touch's share of its journey's conversion; those of a journey add up to 1.

    Parameters
    ----------
    won
        Journeys that converted.
    rule
        One of :data:`RULES`.
    """
    weight = RULES[rule](won, options or RuleOptions())
    total = np.add.reduceat(weight, won.first[:-1]) if len(won) else np.empty(0)
    share: Float64 = weight / np.repeat(total, won.lengths)
    return share


def _first(journeys: Journeys, _options: RuleOptions) -> Float64:
    share = np.zeros(len(journeys.channel))
    share[journeys.first[:-1]] = 1
    return share


def _last(journeys: Journeys, _options: RuleOptions) -> Float64:
    share = np.zeros(len(journeys.channel))
    share[journeys.first[1:] - 1] = 1
    return share


def _last_non_direct(journeys: Journeys, options: RuleOptions) -> Float64:
    """Choose the last touch that is not direct; the last one where all are."""
    is_direct = np.array([name in options.direct for name in journeys.names], np.bool_)
    place = np.arange(len(journeys.channel))
    meant = np.where(is_direct[journeys.channel], -1, place)
    best = np.maximum.reduceat(meant, journeys.first[:-1]) if len(journeys) else meant
    share = np.zeros(len(place))
    share[np.where(best >= 0, best, journeys.first[1:] - 1)] = 1
    return share


def _linear(journeys: Journeys, _options: RuleOptions) -> Float64:
    return np.ones(len(journeys.channel))


def _position(journeys: Journeys, _options: RuleOptions) -> Float64:
    """40 % to the first, 40 % to the last, 20 % to those between; half each where there are two."""
    lengths = journeys.lengths
    between = np.maximum(lengths - 2, 1)
    share = np.repeat(0.2 / between, lengths)
    share[journeys.first[:-1]] = 0.4
    share[journeys.first[1:] - 1] = 0.4
    return share


def _w_shaped(journeys: Journeys, _options: RuleOptions) -> Float64:
    """30 % each to the first, the one that made the lead, and the last; 10 % to the others.

    Roles that fall on one touch add up; what nobody takes is spread in proportion.
    """
    lengths, first = journeys.lengths, journeys.first[:-1]
    made = _lead_touch(journeys)
    has_lead = made >= 0
    roles = np.zeros(len(journeys.channel))
    np.add.at(roles, first, 0.3)
    np.add.at(roles, journeys.first[1:] - 1, 0.3)
    np.add.at(roles, made[has_lead], 0.3)
    is_other = roles == 0
    others = np.bincount(journeys.journey[is_other], minlength=len(journeys))
    return roles + np.where(is_other, np.repeat(0.1 / np.maximum(others, 1), lengths), 0.0)


def _lead_touch(journeys: Journeys) -> Int64:
    """Return the place of each journey's last touch until it became a lead; -1 for none."""
    lead_us = np.repeat(journeys.lead_us, journeys.lengths)
    before = (lead_us != NO_MOMENT) & (journeys.at_us <= lead_us)
    place = np.where(before, np.arange(len(before)), -1)
    return np.maximum.reduceat(place, journeys.first[:-1]) if len(journeys) else place


def _time_decay(journeys: Journeys, options: RuleOptions) -> Float64:
    """Half as much for each half-life that a touch lies before the conversion."""
    age = (np.repeat(journeys.end_us, journeys.lengths) - journeys.at_us) / options.half_life_us
    # Ages are taken from the last touch's: a journey of old touches does not underflow.
    last = np.repeat(age[journeys.first[1:] - 1], journeys.lengths) if len(journeys) else age
    return np.exp2(np.maximum(last - age, -1000.0))


RULES: dict[str, Callable[[Journeys, RuleOptions], Float64]] = {
    "first": _first,
    "last": _last,
    "last_non_direct": _last_non_direct,
    "linear": _linear,
    "position": _position,
    "w_shaped": _w_shaped,
    "time_decay": _time_decay,
}
"""The rules by name: each gives every touch of the converted journeys a weight."""

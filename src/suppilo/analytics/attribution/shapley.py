"""Attribution by Shapley values: what a channel adds, on average over all orders of joining.

Source: L. S. Shapley (1953), "A value for n-person games"; for channels as in X. Shao, L. Li
(2011), "Data-driven multi-touch attribution models", KDD. The worth of a set of channels is the
conversion rate of the journeys that used no other channels.
"""

from __future__ import annotations

from math import factorial

import numpy as np
from numpy.typing import NDArray

from suppilo.analytics.attribution.journeys import Journeys
from suppilo.analytics.events import Int64

Float64 = NDArray[np.float64]
MOST_EXACT = 14
SAMPLES = 2_000
MOST_CHANNELS = 62


def credit_shapley(
    journeys: Journeys, random: np.random.Generator, samples: int = SAMPLES
) -> tuple[Float64, Float64, bool]:
    """Return each channel's conversions and value, and whether they are exact.

    Exact up to 14 channels; beyond, over ``samples`` orders drawn at random. They add up to all
    either way. A channel whose journeys convert less than those without it has less than nothing.

    Raises
    ------
    ValueError
        If there are more than 62 channels.
    """
    size = len(journeys.names)
    if size > MOST_CHANNELS:
        raise ValueError(
            f"{size} channels are too many to share conversions out among their sets; join the "
            f"small ones, or ask for at most {MOST_CHANNELS}"
        )
    masks, counts, goals, values = _by_set(journeys)
    if size <= MOST_EXACT:
        rates = [_exact(size, masks, counts, sums) for sums in (goals, values)]
    else:
        orders = random.permuted(np.tile(np.arange(size), (samples, 1)), axis=1)
        rates = [_sampled(orders, masks, counts, sums) for sums in (goals, values)]
    total = counts.sum()
    return rates[0] * total, rates[1] * total, size <= MOST_EXACT


def _by_set(journeys: Journeys) -> tuple[Int64, Float64, Float64, Float64]:
    """Return the sets of channels that journeys used: journeys, conversions and value of each."""
    bits = np.left_shift(np.int64(1), journeys.channel)
    used = np.bitwise_or.reduceat(bits, journeys.first[:-1]) if len(journeys) else bits
    masks, place = np.unique(used, return_inverse=True)
    size = len(masks)
    won = np.where(journeys.converted, journeys.value, 0.0)
    return (
        np.asarray(masks, np.int64),
        np.bincount(place, minlength=size).astype(np.float64),
        np.bincount(place, journeys.converted, size).astype(np.float64),
        np.bincount(place, won, size).astype(np.float64),
    )


def _exact(size: int, masks: Int64, counts: Float64, sums: Float64) -> Float64:
    worth = _worth_of_all(size, masks, counts, sums)
    sets = np.arange(1 << size)
    members = np.bitwise_count(sets)
    weight = np.array([
        factorial(k) * factorial(size - k - 1) / factorial(size) for k in range(size)
    ] + [0.0])  # fmt: skip
    credit = np.zeros(size)
    for channel in range(size):
        without = sets[(sets >> channel) & 1 == 0]
        added = worth[without | (1 << channel)] - worth[without]
        credit[channel] = np.sum(weight[members[without]] * added)
    return credit


def _worth_of_all(size: int, masks: Int64, counts: Float64, sums: Float64) -> Float64:
    """Return the worth of each set: sums over its subsets, channel by channel."""
    tables = np.zeros((2, 1 << size))
    tables[0][masks], tables[1][masks] = sums, counts
    for channel in range(size):
        halves = tables.reshape(2, -1, 2, 1 << channel)
        halves[:, :, 1] += halves[:, :, 0]
    worth: Float64 = np.zeros(1 << size)
    np.divide(tables[0], tables[1], out=worth, where=tables[1] > 0)
    return worth


def _sampled(orders: Int64, masks: Int64, counts: Float64, sums: Float64) -> Float64:
    """Average what each channel adds over orders of joining.

    A set of channels is complete with the last of its members to join: sums by that place, added
    up along the order, are the sums over subsets.
    """
    size = orders.shape[1]
    credit = np.zeros(size)
    members = (masks[:, None] >> np.arange(size)) & 1 == 1
    for order in orders:
        rank = np.empty(size, np.int64)
        rank[order] = np.arange(size)
        complete = np.where(members, rank, -1).max(axis=1)
        gained = np.cumsum(np.bincount(complete, sums, size))
        had = np.cumsum(np.bincount(complete, counts, size))
        worth = np.divide(gained, had, out=np.zeros(size), where=had > 0)
        credit[order] += np.diff(worth, prepend=0.0)
    return credit / len(orders)

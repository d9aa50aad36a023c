"""Attribution by a Markov chain: what would be lost if a channel were not there.

Source: E. Anderl, I. Becker, F. von Wangenheim, J. H. Schumann (2016), "Mapping the customer
journey: lessons learned from graph-based online attribution modeling", International Journal of
Research in Marketing 33(3), 457-474. A chain of order k has the last k channels for its state.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from suppilo.analytics.attribution.journeys import Journeys
from suppilo.analytics.events import Int64

Float64 = NDArray[np.float64]
HIGHEST_ORDER = 4
_FOLDS = 5
_FEW = 1 << 22
"""Up to so many codes are counted in a table; more are sorted."""


@dataclass(frozen=True, slots=True)
class MarkovCredits:
    """Each channel's share of the conversions and of the value, and its removal effect, 0..1."""

    conversions: Float64
    value: Float64
    removal: Float64
    order: int


def credit_markov(journeys: Journeys, order: int = 1) -> MarkovCredits:
    """Credit channels by their removal effects in a chain.

    The removal effect of a channel is the share of the conversions that does not come about when
    whoever would go to it leaves instead: exact, by one sparse linear system for each channel.
    """
    chain = _Chain.count(journeys, order)
    everything = chain.conversion()
    removal = np.zeros(len(journeys.names))
    if everything > 0:
        for channel in range(len(journeys.names)):
            removal[channel] = 1 - chain.conversion(without=channel) / everything
    removal = np.clip(removal, 0.0, 1.0)
    share = removal / removal.sum() if removal.any() else removal
    return MarkovCredits(
        share * int(journeys.converted.sum()),
        share * float(journeys.value[journeys.converted].sum()),
        removal,
        order,
    )


def choose_order(journeys: Journeys, highest: int = HIGHEST_ORDER) -> tuple[int, tuple[float, ...]]:
    """Return the order that foretells journeys it has not seen best, and how well each does.

    One journey in five is held out, five times; the figure is the mean log-likelihood of their
    steps (natural logarithm), with a pseudo-count of one spread over all outcomes.
    """
    fold = np.arange(len(journeys)) % _FOLDS
    scores = []
    for order in range(1, highest + 1):
        found = [_score(journeys, order, fold == held) for held in range(_FOLDS)]
        steps = sum(count for _, count in found)
        scores.append(sum(total for total, _ in found) / steps if steps else float("-inf"))
    return int(np.argmax(scores)) + 1, tuple(scores)


def _score(journeys: Journeys, order: int, held: NDArray[np.bool_]) -> tuple[float, int]:
    states, outcomes = _steps(journeys, order)
    of_held = held[_journey_of_steps(journeys)]
    base = len(journeys.names) + 2
    bound = (base - 1) ** order
    seen, counts = _tally((states * base + outcomes)[~of_held], bound * base)
    from_state, from_counts = _tally(states[~of_held], bound)
    asked = states[of_held] * base + outcomes[of_held]
    hits = _look_up(seen, counts, asked)
    of_state = _look_up(from_state, from_counts, states[of_held])
    return float(np.log((hits + 1 / base) / (of_state + 1)).sum()), len(asked)


def _look_up(keys: Int64, values: Int64, asked: Int64) -> Int64:
    """Return each asked key's value, 0 where there is none."""
    if not len(keys):
        return np.zeros(len(asked), np.int64)
    place = np.minimum(np.searchsorted(keys, asked), len(keys) - 1)
    return np.where(keys[place] == asked, values[place], 0)


def _distinct(codes: Int64, bound: int) -> tuple[Int64, Int64]:
    """Return the different codes, all below ``bound``, and each code's place among them."""
    if bound > _FEW:
        values, places = np.unique(codes, return_inverse=True)
        return values, places
    is_there = np.zeros(bound, np.bool_)
    is_there[codes] = True
    return np.flatnonzero(is_there), (np.cumsum(is_there) - 1)[codes]


def _tally(codes: Int64, bound: int) -> tuple[Int64, Int64]:
    """Return the different codes, all below ``bound``, and how often each is there."""
    if bound > _FEW:
        values, counts = np.unique(codes, return_counts=True)
        return values, counts
    table = np.bincount(codes, minlength=bound)
    values = np.flatnonzero(table)
    return values, table[values]


def _journey_of_steps(journeys: Journeys) -> Int64:
    """Return the journey of each step: one for each touch, then one for each end."""
    return np.concatenate([journeys.journey, np.arange(len(journeys))])


def _codes(journeys: Journeys, order: int) -> Int64:
    """Return the state after each touch: the last channels as digits; 0 stands for the start."""
    base = len(journeys.names) + 1
    place = np.arange(len(journeys.channel)) - np.repeat(journeys.first[:-1], journeys.lengths)
    code = np.zeros(len(journeys.channel), np.int64)
    digit = journeys.channel + 1
    for back in range(order):
        shifted = np.zeros_like(code)
        shifted[back:] = digit[: len(digit) - back]
        code += np.where(place >= back, shifted, 0) * base**back
    return code


def _steps(journeys: Journeys, order: int) -> tuple[Int64, Int64]:
    """Return from which state each step goes, and to what: a channel, then left, then converted."""
    codes = _codes(journeys, order)
    before = np.zeros_like(codes)
    before[1:] = codes[:-1]
    before[journeys.first[:-1]] = 0
    size = len(journeys.names)
    ends = np.where(journeys.converted, size + 1, size)
    last = codes[journeys.first[1:] - 1]
    return np.concatenate([before, last]), np.concatenate([journeys.channel, ends])


@dataclass(frozen=True, slots=True)
class _Chain:
    """The steps between states as rates; state 0 is the start."""

    steps: Any
    to_goal: Float64
    channel: Int64
    start: int

    @classmethod
    def count(cls, journeys: Journeys, order: int) -> _Chain:
        """Count a chain out of journeys."""
        from scipy.sparse import csr_array

        codes = _codes(journeys, order)
        base = len(journeys.names) + 1
        states, place = _distinct(np.concatenate([[0], codes]), base**order)
        now = place[1:]
        before = np.zeros_like(now)
        before[1:] = now[:-1]
        before[journeys.first[:-1]] = place[0]
        last = now[journeys.first[1:] - 1]
        size = len(states)
        out = np.bincount(before, minlength=size) + np.bincount(last, minlength=size)
        goals = np.bincount(last[journeys.converted], minlength=size)
        pairs, counts = _tally(before * size + now, size * size)
        origin = pairs // size
        rates = counts / out[origin]
        steps = csr_array((rates, (origin, pairs % size)), shape=(size, size))
        channel = np.where(states > 0, states % base - 1, -1)
        return cls(steps, goals / np.maximum(out, 1), channel, int(place[0]))

    def conversion(self, without: int | None = None) -> float:
        """Return the probability that a journey converts; who goes to ``without`` leaves."""
        from scipy.sparse import eye_array
        from scipy.sparse.linalg import spsolve

        stays = np.ones(len(self.channel), np.bool_)
        if without is not None:
            stays = self.channel != without
        kept = np.flatnonzero(stays)
        matrix = eye_array(len(kept), format="csr") - self.steps[kept][:, kept]
        found = np.atleast_1d(spsolve(matrix.tocsc(), self.to_goal[kept]))
        return float(found[np.searchsorted(kept, self.start)])

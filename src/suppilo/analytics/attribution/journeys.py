"""Journeys: the touches that led to a conversion, or to none."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from suppilo.analytics.events import Bool, Int64

Float64 = NDArray[np.float64]
NO_MOMENT = np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True)
class Ends:
    """How journeys ended: of each its path, its last event's row, when that was, its worth."""

    path: Int64
    row: Int64
    at_us: Int64
    value: Float64

    def __len__(self) -> int:
        return len(self.path)

    def choose(self, wanted: Bool | Int64) -> Ends:
        """Return some of them, by a mask or their places."""
        return Ends(self.path[wanted], self.row[wanted], self.at_us[wanted], self.value[wanted])

    @classmethod
    def none(cls) -> Ends:
        """Return no ends."""
        nothing = np.empty(0, np.int64)
        return cls(nothing, nothing, nothing, np.empty(0))


@dataclass(frozen=True, slots=True)
class Journeys:
    """Journeys with at least one touch, one after the other.

    Attributes
    ----------
    first
        Where each journey's touches begin; one more than there are journeys.
    channel
        Each touch's channel: an index into ``names``.
    at_us
        When each touch was.
    converted
        Whether each journey ended in a conversion.
    ends
        The conversion; without one the last touch, worth nothing.
    lead_us
        When the journey's path became a lead; ``NO_MOMENT`` where that is not known.
    names
        The channels.
    bare
        Conversions that had no touch before them.
    """

    first: Int64
    channel: Int64
    at_us: Int64
    converted: Bool
    ends: Ends
    lead_us: Int64
    names: tuple[str, ...]
    bare: Ends = field(default_factory=Ends.none)

    def __len__(self) -> int:
        return len(self.first) - 1

    @property
    def value(self) -> Float64:
        """What each journey's conversion was worth."""
        return self.ends.value

    @property
    def end_us(self) -> Int64:
        """When each journey ended."""
        return self.ends.at_us

    @property
    def without_touch(self) -> int:
        """How many conversions had no touch before them."""
        return len(self.bare)

    @property
    def lengths(self) -> Int64:
        """How many touches each journey has."""
        return np.diff(self.first)

    @property
    def journey(self) -> Int64:
        """Each touch's journey."""
        return np.repeat(np.arange(len(self)), self.lengths)

    def choose(self, wanted: Bool) -> Journeys:
        """Return some of the journeys; the conversions without a touch stay out."""
        lengths = self.lengths[wanted]
        touches = wanted[self.journey]
        return Journeys(
            np.concatenate([[0], np.cumsum(lengths)]), self.channel[touches],
            self.at_us[touches], self.converted[wanted], self.ends.choose(wanted),
            self.lead_us[wanted], self.names,
        )  # fmt: skip

    def ended_within(self, start_us: int | None, end_us: int | None) -> Journeys:
        """Return the journeys, and conversions without a touch, that ended in ``[start, end)``."""
        chosen = self.choose(_within(self.end_us, start_us, end_us))
        return replace(chosen, bare=self.bare.choose(_within(self.bare.at_us, start_us, end_us)))

    def join_small(self, most: int, rest: str) -> Journeys:
        """Return the journeys with at most so many channels, those never seen left out.

        Those with the fewest touches become one, called ``rest``.
        """
        touches = np.bincount(self.channel, minlength=len(self.names))
        order = np.argsort(-touches, kind="stable")[: int((touches > 0).sum())]
        kept = order if len(order) <= most else order[: most - 1]
        code = np.full(len(self.names), len(kept), np.int64)
        code[kept] = np.arange(len(kept))
        names = [self.names[place] for place in kept.tolist()]
        joined = [] if len(kept) == len(order) else [rest]
        return replace(self, channel=code[self.channel], names=(*names, *joined))


def _within(at_us: Int64, start_us: int | None, end_us: int | None) -> Bool:
    found: Bool = np.ones(len(at_us), np.bool_)
    if start_us is not None:
        found &= at_us >= start_us
    if end_us is not None:
        found &= at_us < end_us
    return found

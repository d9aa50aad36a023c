"""Why a conversion changed: what the mix of segments did, what their rates did, and paradoxes."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from suppilo.analytics.funnel.compare import (
    Counts,
    GroupEffect,
    RateDifference,
    decompose_counts,
    newcombe_interval,
)

Float64 = NDArray[np.float64]

DRAWS = 4_000


class Paradox(StrEnum):
    """How the whole may contradict its segments.

    ``simpson``: every segment's rate moved one way, or not at all, and the whole's the other way.
    ``reversal``: the rates together moved one way and the whole the other, though not every
    segment did. Both need segments that are in both sides; what is in one only is mix.
    """

    NONE = ""
    SIMPSON = "simpson"
    REVERSAL = "reversal"


@dataclass(frozen=True, slots=True)
class Effect:
    """A part of a difference, in shares -1..1, with its range."""

    value: Fraction
    lower: float
    upper: float

    @property
    def is_clear(self) -> bool:
        """Whether the range leaves 0 out."""
        return self.lower > 0 or self.upper < 0

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, in floating point."""
        return {"value": float(self.value), "lower": self.lower, "upper": self.upper}


@dataclass(frozen=True, slots=True)
class Segment:
    """What one segment adds to the difference: by its share of entries, and by its rate.

    ``group`` has its counts, shares and rates; ``converted_*`` are whole numbers.
    """

    group: GroupEffect
    converted_a: int
    converted_b: int
    mix: Effect
    rate: Effect

    @property
    def whole(self) -> Fraction:
        """What the segment adds in all."""
        return self.mix.value + self.rate.value


@dataclass(frozen=True, slots=True)
class Change:
    """A difference of two conversions, split by segments.

    ``mix.value + rate.value`` is the difference to the last digit, and so are the segments' parts
    together. ``overall`` is the difference with Newcombe's interval.
    """

    by: str
    a: Counts
    b: Counts
    overall: RateDifference
    mix: Effect
    rate: Effect
    segments: tuple[Segment, ...]
    paradox: Paradox
    level: float = 0.95

    @property
    def difference(self) -> Fraction:
        """The difference itself, exactly."""
        return self.mix.value + self.rate.value

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "by": self.by,
            "a": {"converted": self.a[0], "entered": self.a[1]},
            "b": {"converted": self.b[0], "entered": self.b[1]},
            "overall": self.overall.to_dict(),
            "mix": self.mix.to_dict(),
            "rate": self.rate.to_dict(),
            "paradox": str(self.paradox) or None,
            "level": self.level,
            "segments": [_segment_dict(segment) for segment in self.segments],
        }


def _segment_dict(segment: Segment) -> dict[str, Any]:
    found = asdict(segment.group)
    for name in ("share_a", "share_b", "rate_a", "rate_b"):
        found[name] = None if found[name] is None else float(found[name])
    return found | {
        "converted_a": segment.converted_a,
        "converted_b": segment.converted_b,
        "mix": segment.mix.to_dict(),
        "rate": segment.rate.to_dict(),
    }


def explain_change(
    a: Mapping[Hashable, Counts],
    b: Mapping[Hashable, Counts],
    by: str,
    random: np.random.Generator,
    level: float = 0.95,
) -> Change | None:
    """Split the difference of two conversions, ``b`` less ``a``, by segments.

    Parameters
    ----------
    a, b
        (converted, entered) of each segment, on either side.
    by
        What the segments are values of.
    random
        Where the draws come from that make the ranges.
    level
        Of the ranges.

    Returns
    -------
    Change or None
        None where nobody entered one of the sides. The segments with the largest part come first.

    Notes
    -----
    The split is that of :mod:`suppilo.analytics.funnel.compare` (Kitagawa 1955, Das Gupta 1993).
    The ranges are those of draws from what the counts leave open: of each side's shares by the
    Bayesian bootstrap (Rubin 1981, Annals of Statistics 9, 130-134), which is a Dirichlet over
    the segments' entries, and of each rate by Jeffreys' Beta(converted + 1/2, rest + 1/2).

    Examples
    --------
    >>> found = explain_change({"x": (10, 100), "y": (90, 100)}, {"x": (5, 50), "y": (135, 150)},
    ...                        "device", np.random.default_rng(0))
    >>> float(found.mix.value), float(found.rate.value), str(found.paradox)
    (0.2, 0.0, '')
    """
    split = decompose_counts(a, b, by)
    all_a, all_b = _sum(a), _sum(b)
    overall = newcombe_interval(all_a, all_b, level)
    if split is None or overall is None:
        return None
    keys = sorted({**a, **b}, key=lambda key: _order(split.values, key))
    counts = [(a.get(key, (0, 0)), b.get(key, (0, 0))) for key in keys]
    mix, rate = _draw_effects(counts, random)
    segments = tuple(
        Segment(group, one[0], other[0], _effect(group.mix, drawn_mix, level),
                _effect(group.rate, drawn_rate, level))
        for group, (one, other), drawn_mix, drawn_rate in zip(
            split.values, counts, mix, rate, strict=True)
    )  # fmt: skip
    return Change(
        by, all_a, all_b, overall, _effect(split.mix, mix.sum(axis=0), level),
        _effect(split.rate, rate.sum(axis=0), level), segments,
        find_paradox(split.values), level,
    )  # fmt: skip


def _sum(side: Mapping[Hashable, Counts]) -> Counts:
    return sum(done for done, _ in side.values()), sum(entered for _, entered in side.values())


def _order(groups: Sequence[GroupEffect], key: Any) -> int:
    """Return the place of a key's group: keys are as they are, or (type, value)."""
    value = key[1] if isinstance(key, tuple) else key
    kind = key[0] if isinstance(key, tuple) else type(key)
    return next(
        place for place, group in enumerate(groups)
        if group.value == value and (group.value is None or type(group.value) is kind)
    )  # fmt: skip


def find_paradox(groups: Sequence[GroupEffect]) -> Paradox:
    """Return whether a difference contradicts that of its segments.

    Source: E. H. Simpson (1951), "The interpretation of interaction in contingency tables",
    JRSS B 13, 238-241; C. R. Blyth (1972), JASA 67, 364-366.
    """
    whole = sum((group.mix + group.rate for group in groups), Fraction())
    moved = sum((group.rate for group in groups), Fraction())
    both = [group.rate for group in groups if group.rate_a is not None and group.rate_b is not None]
    if not whole or not moved or (whole > 0) == (moved > 0):
        return Paradox.NONE
    if all(rate >= 0 for rate in both) or all(rate <= 0 for rate in both):
        return Paradox.SIMPSON
    return Paradox.REVERSAL


def _draw_effects(
    counts: Sequence[tuple[Counts, Counts]], random: np.random.Generator
) -> tuple[Float64, Float64]:
    """Return draws of the segments' mix and rate effects, one row for each segment."""
    share_a, share_b = (_draw_shares([pair[side][1] for pair in counts], random) for side in (0, 1))
    rate_a, rate_b = (_draw_rates([pair[side] for pair in counts], random) for side in (0, 1))
    in_a, in_b = (np.array([[pair[side][1] > 0] for pair in counts]) for side in (0, 1))
    # Where a segment is on one side only, the other takes its rate: all it does is mix.
    own_a, own_b = np.where(in_a, rate_a, rate_b), np.where(in_b, rate_b, rate_a)
    return (share_b - share_a) * (own_a + own_b) / 2, (own_b - own_a) * (share_a + share_b) / 2


def _draw_shares(entered: Sequence[int], random: np.random.Generator) -> Float64:
    drawn = random.standard_gamma(np.array(entered, float)[:, None], (len(entered), DRAWS))
    return np.asarray(drawn / drawn.sum(axis=0))


def _draw_rates(counts: Sequence[Counts], random: np.random.Generator) -> Float64:
    done = np.array([converted for converted, _ in counts], float)[:, None]
    rest = np.array([entered - converted for converted, entered in counts], float)[:, None]
    return random.beta(done + 0.5, rest + 0.5, (len(counts), DRAWS))


def _effect(value: Fraction, drawn: Float64, level: float) -> Effect:
    lower, upper = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2]).tolist()
    # At rates of 0 and 1 the draws lie to one side of what was measured.
    return Effect(value, min(lower, float(value)), max(upper, float(value)))

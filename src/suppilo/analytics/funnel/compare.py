"""Two funnels beside each other: how far their rates differ, and why.

Why is answered exactly. A rate over groups is ``sum(share * rate)``; between two of them

    difference = sum((share_b - share_a) * (rate_a + rate_b) / 2)     what the mix did
               + sum((rate_b - rate_a) * (share_a + share_b) / 2)     what the rates did

with nothing left over: the symmetric decomposition of E. M. Kitagawa (1955), "Components of a
difference between two rates", JASA 50, 1168-1194; P. Das Gupta (1993), "Standardization and
decomposition of rates", shows why the average is the fair way to split the joint part.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt
from typing import Any

from suppilo.analytics.funnel.report import BreakdownValue, FunnelReport, StepResult
from suppilo.analytics.funnel.spec import DefinitionError
from suppilo.analytics.intervals import wilson_interval

Counts = tuple[int, int]
"""How many converted, of how many."""


@dataclass(frozen=True, slots=True)
class RateDifference:
    """A rate of ``b`` less that of ``a``, with its interval; all are shares, -1..1.

    ``is_clear`` says whether the interval leaves 0 out.
    """

    rate_a: float
    rate_b: float
    difference: float
    lower: float
    upper: float
    level: float = 0.95
    method: str = "newcombe"

    @property
    def is_clear(self) -> bool:
        """Whether the two are apart by more than chance would explain."""
        return self.lower > 0 or self.upper < 0

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        fields = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return fields | {"is_clear": self.is_clear}


@dataclass(frozen=True, slots=True)
class StepComparison:
    """One step in both funnels: its share of step 1, and of the required step before.

    A difference is None where one of the denominators is 0.
    """

    name: str
    a: StepResult
    b: StepResult
    overall: RateDifference | None
    step: RateDifference | None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "name": self.name,
            "a": {"count": self.a.count, "conversion_rate": self.a.conversion_rate,
                  "step_conversion_rate": self.a.step_conversion_rate},
            "b": {"count": self.b.count, "conversion_rate": self.b.conversion_rate,
                  "step_conversion_rate": self.b.step_conversion_rate},
            "overall": self.overall.to_dict() if self.overall else None,
            "step": self.step.to_dict() if self.step else None,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class GroupEffect:
    """What one group adds to the difference, by its share of entries and by its rate.

    ``share_*`` are its shares of those that entered, ``rate_*`` its conversion rates (None where
    nobody of the group entered). ``mix`` and ``rate`` are exact: over all groups they add up to
    the difference of the whole.
    """

    value: Any
    entered_a: int
    entered_b: int
    share_a: Fraction
    share_b: Fraction
    rate_a: Fraction | None
    rate_b: Fraction | None
    mix: Fraction
    rate: Fraction


@dataclass(frozen=True, slots=True)
class Decomposition:
    """A difference between two rates, split by a property's values.

    ``mix + rate == difference``, to the last digit. ``values`` are those with the largest effect
    first; the group without a value has the value None.
    """

    by: str
    difference: Fraction
    mix: Fraction
    rate: Fraction
    values: tuple[GroupEffect, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, in floating point."""
        return {
            "by": self.by,
            "difference": float(self.difference),
            "mix": float(self.mix),
            "rate": float(self.rate),
            "values": [
                {"value": group.value, "entered_a": group.entered_a, "entered_b": group.entered_b,
                 "mix": float(group.mix), "rate": float(group.rate)}
                for group in self.values
            ],
        }  # fmt: skip


def newcombe_interval(a: Counts, b: Counts, level: float = 0.95) -> RateDifference | None:
    """Return the difference of two independent rates, ``b`` less ``a``, with its interval.

    None where one of them has no trials.

    Source: R. G. Newcombe (1998), "Interval estimation for the difference between independent
    proportions", Statistics in Medicine 17, 873-890, method 10: the square-and-add of the two
    Wilson intervals, without continuity correction.

    Examples
    --------
    >>> found = newcombe_interval((48, 80), (56, 70))
    >>> round(found.difference, 4), round(found.lower, 4), round(found.upper, 4)
    (0.2, 0.0524, 0.3339)
    """
    of_a, of_b = wilson_interval(*a, level), wilson_interval(*b, level)
    if of_a is None or of_b is None:
        return None
    rate_a, rate_b = a[0] / a[1], b[0] / b[1]
    difference = rate_b - rate_a
    below = sqrt((rate_b - of_b.lower) ** 2 + (of_a.upper - rate_a) ** 2)
    above = sqrt((of_b.upper - rate_b) ** 2 + (rate_a - of_a.lower) ** 2)
    lower, upper = max(-1.0, difference - below), min(1.0, difference + above)
    return RateDifference(rate_a, rate_b, difference, lower, upper, level)


def compare_reports(a: FunnelReport, b: FunnelReport) -> tuple[StepComparison, ...]:
    """Return two funnels of the same steps beside each other, step by step.

    Raises
    ------
    DefinitionError
        If they don't have as many steps.
    """
    if len(a.steps) != len(b.steps):
        raise DefinitionError("only funnels with the same steps can be compared")
    return tuple(_compare_step(a.steps, b.steps, place) for place in range(len(a.steps)))


def _compare_step(a: Sequence[StepResult], b: Sequence[StepResult], place: int) -> StepComparison:
    before = max((i for i in range(place) if not a[i].optional), default=None)
    return StepComparison(
        a[place].name,
        a[place],
        b[place],
        None if not place else _difference(a, b, place, 0),
        None if before is None else _difference(a, b, place, before),
    )


def _difference(
    a: Sequence[StepResult], b: Sequence[StepResult], place: int, base: int
) -> RateDifference | None:
    return newcombe_interval((a[place].count, a[base].count), (b[place].count, b[base].count))


def decompose(a: FunnelReport, b: FunnelReport) -> Decomposition | None:
    """Split the difference of two overall conversions into mix and rate, by their breakdown.

    None where nobody entered one of them.

    Raises
    ------
    DefinitionError
        If a report is not split by the same property as the other, or by ``all``, where one path
        counts under several values.
    """
    if a.breakdown is None or b.breakdown is None or a.breakdown.by != b.breakdown.by:
        raise DefinitionError('both funnels must be split by the same property: give them "by"')
    if "all" in {a.definition.by_value, b.definition.by_value}:
        raise DefinitionError('"by_value" can\'t be all here: each path must have one value')
    end = a.definition.required[-1]
    return decompose_counts(counts_by_value(a, end), counts_by_value(b, end), a.breakdown.by)


def counts_by_value(report: FunnelReport, end: int) -> dict[Hashable, Counts]:
    """Return how many of each value of a breakdown reached the step ``end`` (from 0).

    Keys are (type, value), since True equals 1 in a dict; who has no value is under None.
    """
    values: Sequence[BreakdownValue] = report.breakdown.values if report.breakdown else ()
    counts: dict[Hashable, Counts] = {
        _key(value.value): (value.steps[end].count, value.steps[0].count) for value in values
    }
    rest = (
        report.steps[end].count - sum(converted for converted, _ in counts.values()),
        report.steps[0].count - sum(entered for _, entered in counts.values()),
    )
    return counts | ({(None, None): rest} if rest[1] else {})


def _key(value: Any) -> tuple[type | None, Any]:
    # True == 1 in a dict; the type keeps them apart.
    return (type(value), value)


def decompose_counts(
    a: Mapping[Hashable, Counts], b: Mapping[Hashable, Counts], by: str = ""
) -> Decomposition | None:
    """Split the difference of two rates by groups of (converted, entered); None without entries.

    A group that is in one of them only has there no rate of its own: it takes the other's, so
    that all it does is mix.

    Examples
    --------
    >>> found = decompose_counts({"x": (10, 100), "y": (90, 100)}, {"x": (5, 50), "y": (135, 150)})
    >>> float(found.difference), float(found.mix), float(found.rate)
    (0.2, 0.2, 0.0)
    """
    all_a, all_b = (sum(entered for _, entered in part.values()) for part in (a, b))
    if not all_a or not all_b:
        return None
    none = (0, 0)
    groups = [_effect(key, a.get(key, none), b.get(key, none), all_a, all_b) for key in {**a, **b}]
    groups.sort(key=lambda group: (-abs(group.mix + group.rate), str(group.value)))
    mix = sum((group.mix for group in groups), Fraction())
    rate = sum((group.rate for group in groups), Fraction())
    return Decomposition(by, mix + rate, mix, rate, tuple(groups))


def _effect(key: Any, a: Counts, b: Counts, all_a: int, all_b: int) -> GroupEffect:
    share_a, share_b = Fraction(a[1], all_a), Fraction(b[1], all_b)
    rate_a = Fraction(*a) if a[1] else None
    rate_b = Fraction(*b) if b[1] else None
    own_a = rate_a if rate_a is not None else rate_b or Fraction()
    own_b = rate_b if rate_b is not None else rate_a or Fraction()
    return GroupEffect(
        key[1] if isinstance(key, tuple) else key, a[1], b[1], share_a, share_b, rate_a, rate_b,
        mix=(share_b - share_a) * (own_a + own_b) / 2,
        rate=(own_b - own_a) * (share_a + share_b) / 2,
    )  # fmt: skip

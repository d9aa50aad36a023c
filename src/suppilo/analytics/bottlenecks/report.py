"""What the search for bottlenecks answers: frozen results, with their JSON form."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import exp, log, sqrt
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from suppilo.analytics.funnel.definition import FunnelDefinition


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its range, ``lower <= value <= upper``."""

    value: float
    lower: float
    upper: float


def multiply(*factors: Estimate) -> Estimate:
    """Return the product of independent figures, none of them negative, with its range.

    The ranges are put together on the scale of logarithms, where a product is a sum: the distance
    to each bound is the root of the summed squares of the factors' own distances.

    Source: G. Y. Zou and A. Donner (2008), "Construction of confidence limits about effect
    measures: a general approach", Statistics in Medicine 27, 1693-1702.

    Examples
    --------
    >>> found = multiply(Estimate(100, 80, 120), Estimate(0.5, 0.5, 0.5))
    >>> found.value, round(found.lower, 6), round(found.upper, 6)
    (50.0, 40.0, 60.0)
    """
    value, highest = 1.0, 1.0
    for factor in factors:
        value, highest = value * factor.value, highest * factor.upper
    if value <= 0:
        return Estimate(0.0, 0.0, highest)
    below = above = 0.0
    for factor in factors:
        above += log(factor.upper / factor.value) ** 2
        below += log(factor.value / factor.lower) ** 2 if factor.lower > 0 else float("inf")
    return Estimate(value, value * exp(-sqrt(below)), value * exp(sqrt(above)))


@dataclass(frozen=True, slots=True)
class Worth:
    """What one conversion brings.

    Attributes
    ----------
    each
        The value, with its range where it was measured; a value given by hand has none.
    currency
        Empty where none is known.
    name
        The property it was measured in; None for a value given by hand.
    measured, unmeasured
        Conversions that carry the value, and those that don't.
    foreign
        Conversions in other currencies, which are left out of the mean.
    """

    each: Estimate
    currency: str = ""
    name: str | None = None
    measured: int = 0
    unmeasured: int = 0
    foreign: int = 0


@dataclass(frozen=True, slots=True)
class Loss:
    """What is lost between a required step and the next one.

    Attributes
    ----------
    after, before
        The two steps, as indexes from 0, with their names.
    reached, lost, open
        How many reached the first of them; went no further and can't any more; still can. Where
        the funnel has no time limit nobody is ever lost: then ``lost`` are all who have not gone
        on so far, and ``is_final`` is False.
    onward
        The share that converts of those who reach the next step, with its Wilson interval, among
        those whose time is over; None where there is nobody yet.
    conversions
        Conversions that the lost would have been, had they gone on and fared like the others.
    money
        The same in money; None where the worth of a conversion is unknown.
    gain, gain_money
        Conversions and money from saving the report's share of the lost.
    usual_seconds
        Within which the report's share (80 %) of those that went on had gone on.
    late
        How many are still open here and have waited for longer than that.
    """

    after: int
    before: int
    after_name: str
    before_name: str
    reached: int
    lost: int
    open: int
    is_final: bool
    onward: Estimate | None
    conversions: float | None
    money: float | None
    gain: Estimate | None
    gain_money: Estimate | None
    usual_seconds: float | None
    late: int


@dataclass(frozen=True, slots=True)
class ExtraStep:
    """A step between two others, and how those fared who did it and who did not.

    Attributes
    ----------
    step, name
        Its index from 0, and its name.
    definition
        The funnel in which the step may be left out: the one whose paths are counted here.
    did, did_not
        (converted, all) of those who reached the required step before it.
    difference
        The conversion with it less that without, -1..1, with Newcombe's interval.
    with_seconds, without_seconds
        Median time from the required step before it to the one after.
    is_extra
        Whether it takes longer with it, and converts as well without it.
    """

    step: int
    name: str
    definition: FunnelDefinition
    did: tuple[int, int]
    did_not: tuple[int, int]
    difference: Estimate | None
    with_seconds: float | None
    without_seconds: float | None
    is_extra: bool

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form; the definition is the funnel's own with this step optional."""
        return {
            "step": self.step,
            "name": self.name,
            "did": {"converted": self.did[0], "count": self.did[1]},
            "did_not": {"converted": self.did_not[0], "count": self.did_not[1]},
            "difference": None if self.difference is None else asdict(self.difference),
            "with_seconds": self.with_seconds,
            "without_seconds": self.without_seconds,
            "is_extra": self.is_extra,
        }


@dataclass(frozen=True, slots=True)
class Bottlenecks:
    """The losses of a funnel, step by step.

    ``saved`` is the share of the lost that the gains are reckoned for, ``usual`` the share whose
    waiting time is the usual one, ``level`` that of the ranges. ``extra`` is None where the
    steps that can be left out were not looked for.
    """

    losses: tuple[Loss, ...]
    worth: Worth | None = None
    saved: float = 0.1
    usual: float = 0.8
    level: float = 0.95
    extra: tuple[ExtraStep, ...] | None = None

    @property
    def worst(self) -> Loss | None:
        """The loss of most conversions, the earliest of equal ones; None where nothing is lost."""
        lossy = [loss for loss in self.losses if loss.lost]
        return max(lossy, key=lambda loss: (loss.conversions or 0.0, loss.lost), default=None)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form: the part ``bottlenecks`` of a funnel's."""
        return {
            "losses": [asdict(loss) for loss in self.losses],
            "worst": None if self.worst is None else self.losses.index(self.worst),
            "worth": None if self.worth is None else asdict(self.worth),
            "saved": self.saved,
            "usual": self.usual,
            "level": self.level,
            "extra": None if self.extra is None else [step.to_dict() for step in self.extra],
        }

"""What a funnel answers: frozen results, with their JSON form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from suppilo.analytics.funnel.definition import FunnelDefinition
from suppilo.analytics.periods import format_moment

if TYPE_CHECKING:
    from suppilo.analytics.bottlenecks.report import Bottlenecks


@dataclass(frozen=True, slots=True)
class StepResult:
    """One step of a funnel.

    Rates are 0..1. ``conversion_rate`` is the share of step 1, with the interval ``lower`` to
    ``upper``; ``step_conversion_rate`` the share of the required step before, with
    ``step_lower`` to ``step_upper``; None where the denominator is 0 or there is no step before.
    ``drop_off`` reached the step, not the next required one, and can't any more; ``open`` still
    can. Times are seconds since the required step before, over the counted chains.
    """

    name: str
    count: int
    optional: bool
    conversion_rate: float | None
    lower: float | None
    upper: float | None
    step_conversion_rate: float | None
    step_lower: float | None
    step_upper: float | None
    drop_off: int
    open: int
    median_seconds: float | None
    mean_seconds: float | None
    p25_seconds: float | None
    p75_seconds: float | None
    level: float = 0.95
    method: str = "wilson"
    outside: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True, slots=True)
class Bucket:
    """The paths that entered in one day, week or month; ``start`` is its first day (ISO)."""

    start: str
    converted: int
    dropped: int
    open: int
    steps: tuple[StepResult, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "start": self.start,
            "converted": self.converted,
            "dropped": self.dropped,
            "open": self.open,
            "steps": [step.to_dict() for step in self.steps],
        }


@dataclass(frozen=True, slots=True)
class BreakdownValue:
    """The funnel of one value of the property."""

    value: Any
    steps: tuple[StepResult, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"value": self.value, "steps": [step.to_dict() for step in self.steps]}


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A funnel split by a property, largest value first, and what reconciles it with the total.

    At step 1: total = sum of the values - ``twice`` + ``none`` - ``beyond``. ``twice`` was
    counted under more than one value (once for each value after the first); ``none`` has no
    value; ``beyond`` counts under a value and not in the total, which only an exclusion causes.
    """

    by: str
    values: tuple[BreakdownValue, ...]
    twice: int
    none: int
    beyond: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "by": self.by,
            "values": [value.to_dict() for value in self.values],
            "twice": self.twice,
            "none": self.none,
            "beyond": self.beyond,
        }


@dataclass(frozen=True, slots=True)
class Rejected:
    """Rows of the input that could not be used, by reason."""

    rows: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"rows": self.rows, "reasons": dict(self.reasons)}


@dataclass(frozen=True, slots=True)
class Correlation:
    """How one event, or one value of a property, goes with conversion.

    ``odds_ratio`` compares paths that have it with paths that don't, among those that entered;
    ``lower`` to ``upper`` is its interval at 0.95, widened for the number of things looked at
    (Bonferroni), and ``p_value`` is corrected likewise (Holm).
    """

    kind: str
    name: str
    value: Any
    with_converted: int
    with_total: int
    without_converted: int
    without_total: int
    odds_ratio: float
    lower: float
    upper: float
    p_value: float

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True, slots=True)
class FunnelReport:
    """A funnel's answer. ``paths`` are all that were looked at; ``excluded`` left by an exclusion.

    ``as_of_us`` is None only where there are no events.
    """

    definition: FunnelDefinition
    as_of_us: int | None
    paths: int
    excluded: int
    steps: tuple[StepResult, ...]
    buckets: tuple[Bucket, ...] | None = None
    breakdown: Breakdown | None = None
    rejected: Rejected = field(default_factory=Rejected)
    correlations: tuple[Correlation, ...] | None = None
    bottlenecks: Bottlenecks | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form: exactly what ``suppilo funnel --json`` prints."""
        timezone = self.definition.timezone
        answer = {
            "definition": self.definition.to_dict(),
            "as_of": None if self.as_of_us is None else format_moment(self.as_of_us, timezone),
            "paths": self.paths,
            "excluded": self.excluded,
            "steps": [step.to_dict() for step in self.steps],
            "buckets": None if self.buckets is None else [b.to_dict() for b in self.buckets],
            "breakdown": None if self.breakdown is None else self.breakdown.to_dict(),
            "rejected": self.rejected.to_dict(),
        }
        if self.correlations is not None:
            answer["correlations"] = [found.to_dict() for found in self.correlations]
        if self.bottlenecks is not None:
            answer["bottlenecks"] = self.bottlenecks.to_dict()
        return answer

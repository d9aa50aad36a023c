"""What is known about a learned score: how good it was on a later time than it was learned from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from suppilo.analytics.intervals import Interval, wilson_interval

ModelKind = Literal["base", "logistic", "boosting"]

FEWEST_LEARNED = 50
"""Fewer outcomes to learn from leave the base rate alone open by more than 28 % of itself (1.96 /
sqrt(50)), and the weights by far more."""
FEWEST_HELD = 20
"""With fewer outcomes to be held against, an AUC of 0.7 is known to no better than 0.13 either
way, and a useless model can't be told from a good one."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its range at 95 %."""

    value: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Part:
    """The moments that were learned from, or held against.

    Attributes
    ----------
    rows
        Units at moments: somebody asked about at three moments counts three times.
    units
        How many different ones they were.
    outcomes
        Rows where the goal came within the horizon.
    moments_us
        The moments, microseconds UTC, ascending.
    """

    rows: int
    units: int
    outcomes: int
    moments_us: tuple[int, ...]

    @property
    def rate(self) -> float:
        """The base rate: outcomes of rows, 0..1."""
        return self.outcomes / self.rows if self.rows else 0.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model that was tried.

    Attributes
    ----------
    log_loss
        The mean of it, in nats, on the moments that were held out; less is better.
    gain
        By how much it is less than the base rate's.
    """

    kind: ModelKind
    log_loss: float
    gain: Estimate


@dataclass(frozen=True, slots=True)
class Band:
    """A tenth of those held out, the likeliest first: a point of the calibration, a row of lift.

    Those of one and the same probability are never parted, so bands may be fewer than ten.

    Attributes
    ----------
    rows, outcomes
        How many it has, and of how many the goal came.
    predicted
        The mean of their probabilities.
    base_rate
        Of all that were held out.
    captured
        The share of all outcomes that lie in this band and those before it.
    """

    rows: int
    outcomes: int
    predicted: float
    base_rate: float
    captured: float

    @property
    def rate(self) -> float:
        """What came true, 0..1."""
        return self.outcomes / self.rows

    @property
    def interval(self) -> Interval:
        """Wilson's interval of the rate."""
        found = wilson_interval(self.outcomes, self.rows)
        assert found is not None  # no band is empty
        return found

    @property
    def lift(self) -> float:
        """How many times the base rate it is."""
        return self.rate / self.base_rate if self.base_rate else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        bounds = {"lower": self.interval.lower, "upper": self.interval.upper}
        return asdict(self) | {"rate": self.rate, "lift": self.lift} | bounds


@dataclass(frozen=True, slots=True)
class GroupWeight:
    """How much a subject matters: all features of one event, one property, and so on.

    Attributes
    ----------
    kind, subject
        As of :class:`suppilo.analytics.scores.features.Feature`.
    effect
        The mean, over those held out, of how far it moves the log-odds from where they would be
        were it as with the median unit; without its sign.
    direction
        Whether the odds rise (1) or fall (-1) where its features are higher; 0: neither clearly.
    weights
        Of logistic regression: each feature's name with its weight, log-odds a standard deviation.
    """

    kind: str
    subject: str
    effect: float
    direction: int
    weights: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class FeatureDrift:
    """How much a feature has moved since the score was learned.

    Attributes
    ----------
    kind, subject, detail
        The feature; ``kind`` is ``probability`` for the score itself.
    psi
        The population stability index, 0 for the same distribution.
    level
        ``steady``, ``moved`` (from 0.1 on) or ``other`` (from 0.25 on), where chance does not
        explain it.
    """

    kind: str
    subject: str
    detail: str
    psi: float
    level: Literal["steady", "moved", "other"]


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What a model is and how good it was.

    Attributes
    ----------
    kind
        The model that was taken; ``base``: none was better than saying the base rate of everybody.
    learned, held
        What it was learned from, and the later moments on which every figure here was measured.
    candidates
        All that were tried.
    auc
        The probability that one with the goal is placed above one without; None for ``base``.
    brier, brier_base
        The mean squared error of its probabilities, and that of the base rate.
    bias
        The mean of what was told less the share that came: above 0, its probabilities were too
        high on the whole.
    bands
        Calibration and lift: see :class:`Band`.
    weights
        What matters, what matters most first; none for ``base``.
    """

    kind: ModelKind
    learned: Part
    held: Part
    candidates: tuple[Candidate, ...]
    auc: Estimate | None
    brier: Estimate
    brier_base: float
    bias: Estimate
    bands: tuple[Band, ...]
    weights: tuple[GroupWeight, ...]

    @property
    def is_useful(self) -> bool:
        """Whether it is better than saying the base rate of everybody."""
        return self.kind != "base"

    @property
    def is_biased(self) -> bool:
        """Whether its probabilities were too high, or too low, beyond chance."""
        return self.bias.lower > 0 or self.bias.upper < 0

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return asdict(self) | {
            "learned": asdict(self.learned) | {"rate": self.learned.rate},
            "held": asdict(self.held) | {"rate": self.held.rate},
            "bands": [band.to_dict() for band in self.bands],
            "is_useful": self.is_useful,
        }

    @classmethod
    def from_dict(cls, spec: Mapping[str, Any]) -> ModelCard:
        """Return the card that :meth:`to_dict` wrote, also after it was JSON."""
        parts = {name: _read_part(spec[name]) for name in ("learned", "held")}
        return cls(
            spec["kind"], parts["learned"], parts["held"],
            tuple(
                Candidate(one["kind"], one["log_loss"], Estimate(**one["gain"]))
                for one in spec["candidates"]
            ),
            None if spec["auc"] is None else Estimate(**spec["auc"]),
            Estimate(**spec["brier"]), spec["brier_base"], Estimate(**spec["bias"]),
            tuple(Band(*(one[name] for name in _BAND)) for one in spec["bands"]),
            tuple(_read_weight(one) for one in spec["weights"]),
        )  # fmt: skip


_BAND = ("rows", "outcomes", "predicted", "base_rate", "captured")


def _read_part(spec: Mapping[str, Any]) -> Part:
    return Part(spec["rows"], spec["units"], spec["outcomes"], tuple(spec["moments_us"]))


def _read_weight(spec: Mapping[str, Any]) -> GroupWeight:
    weights = tuple((name, weight) for name, weight in spec["weights"])
    return GroupWeight(**{**spec, "weights": weights})


@dataclass(frozen=True, slots=True)
class TooFew:
    """Why nothing can be learned yet; :func:`suppilo.charts.scores.refusal` says it in words.

    Attributes
    ----------
    lack
        ``moments``: the history is too short for the horizon; ``outcomes``: the goal came too
        seldom; ``others``: it came to nearly everybody.
    part
        Of those to learn from, or of those held out.
    have, need
        How many there are, and how many it takes. Of ``moments``: days of history.
    """

    lack: Literal["moments", "outcomes", "others"]
    part: Literal["learned", "held"]
    have: int
    need: int
    horizon_days: int

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return asdict(self)

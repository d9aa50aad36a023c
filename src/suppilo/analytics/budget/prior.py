"""What is known of response to spend before any history is looked at."""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import numpy as np

from suppilo.analytics.budget.adstock import Float64
from suppilo.analytics.budget.history import BudgetError


@dataclass(frozen=True, slots=True)
class Prior:
    """What is usual; the thinner the data, the more it weighs.

    ``elasticity × share`` is the elasticity of the whole outcome: 0.15 as it stands. Meta-analyses
    find 0.12 at once and 0.24 in the long run for advertising (R. Sethuraman, G. Tellis,
    R. Briesch, 2011, "How well does advertising work?", Journal of Marketing Research 48(3),
    457-471); D. Hanssens (editor, 2015), "Empirical generalizations about marketing impact",
    2nd edition, collects those of other spend, up to 0.3 for selling in person.

    Attributes
    ----------
    elasticity
        How many percent more a channel brings for one percent more spend: the middle of what is
        likely, between 0 and 1. Its logit is normal with the deviation ``elasticity_spread``:
        0.5 and 0.6 make nineteen of twenty lie between 0.24 and 0.76.
    share
        What all channels together bring of the outcome, 0..1. Each channel's part is as its part
        of the spend: beforehand a coin brings the same everywhere, so that without data no split
        is better than the one there is. Its logarithm is normal with ``share_spread``: 1.0 makes
        nineteen of twenty lie within a factor of seven.
    half_life_days
        After how long half of an effect is still to come; logarithm normal with
        ``half_life_spread``.
    """

    elasticity: float = 0.5
    elasticity_spread: float = 0.6
    share: float = 0.3
    share_spread: float = 1.0
    half_life_days: float = 4.0
    half_life_spread: float = 0.8

    def __post_init__(self) -> None:
        """Check that the figures can be what they are said to be."""
        if not 0.1 <= self.elasticity <= 0.9:
            raise BudgetError("the usual elasticity lies between 0.1 and 0.9")
        if not 0 < self.share <= 1:
            raise BudgetError("the usual share of the outcome lies between 0 and 1")
        if not 0.5 <= self.half_life_days <= 60:
            raise BudgetError("the usual half-life lies between half a day and 60 days")

    def centre(self, levels: Float64) -> Float64:
        """Return the middle of all parameters: log levels, logits, log half-lives."""
        size, odds = len(levels), self.elasticity / (1 - self.elasticity)
        return np.concatenate([
            np.log(levels), np.full(size, log(odds)), np.full(size, log(self.half_life_days))
        ])  # fmt: skip

    def spread(self, channels: int) -> Float64:
        """Return the deviation of all parameters, in the same order."""
        each = (self.share_spread, self.elasticity_spread, self.half_life_spread)
        return np.repeat(np.array(each), channels)

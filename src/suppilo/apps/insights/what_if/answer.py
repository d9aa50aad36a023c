"""Pull the levers of a what-if, and say what came of it in the form of the API."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from suppilo.analytics.periods import format_moment
from suppilo.analytics.whatif import KeyLevel, Projection, project, rank_key_levels
from suppilo.apps.insights.what_if.baseline import Baseline
from suppilo.apps.insights.what_if.question import WhatIfQuestion

_SEED = 0
"""The same question has the same answer, to the last figure of its range."""


@dataclass(frozen=True, slots=True)
class WhatIfAnswer:
    """What comes of the levers, and which level repays the same effort best.

    Where no value is known, money is in units of the last level: ``has_money`` is False.
    """

    question: WhatIfQuestion
    baseline: Baseline
    projection: Projection
    key_levels: tuple[KeyLevel, ...]

    @property
    def has_money(self) -> bool:
        """Whether it is known what the last level is worth."""
        return self.baseline.value is not None

    @property
    def is_pulled(self) -> bool:
        """Whether any lever is moved."""
        return any(True for _lever in self.question.levers(self.baseline.names))

    @property
    def more_won(self) -> float:
        """Units of the last level after less before."""
        last = self.projection.levels[-1]
        return last.after - last.before if self.is_pulled else 0.0

    @property
    def cost_per_extra(self) -> float | None:
        """What one more unit of the last level costs; None where that isn't known, or none is."""
        cost = self.projection.cost
        return cost / self.more_won if cost is not None and self.more_won > 0 else None


def answer_what_if(question: WhatIfQuestion, baseline: Baseline) -> WhatIfAnswer:
    """Answer a question on levels as they are.

    Raises
    ------
    WhatIfError
        If a lever asks for what can't be, such as a rate above all.
    """
    value = 1.0 if baseline.value is None else baseline.value
    levers = tuple(question.levers(baseline.names))
    random = np.random.default_rng(_SEED)
    found = project(
        baseline.levels, levers, value, random=random,
        margin=question.margin,
    )  # fmt: skip
    ranked = rank_key_levels(baseline.levels, value, question.saved, random=random)
    return WhatIfAnswer(question, baseline, found, ranked)


def describe_answer(answer: WhatIfAnswer) -> dict[str, Any]:
    """Return the JSON form: that of ``suppilo what-if --json``, and what it was asked of."""
    baseline, counts = answer.baseline, answer.baseline.counts
    return {
        **asdict(answer.projection),
        "key_levels": [asdict(one) for one in answer.key_levels],
        "cost_per_extra": answer.cost_per_extra,
        "has_money": answer.has_money,
        "currency": baseline.currency,
        "margin": answer.question.margin,
        "unit_costs": [level.unit_cost for level in baseline.levels],
        "left_out": list(baseline.left_out),
        "as_of": None if counts is None else format_moment(counts.as_of_us),
        "question": answer.question.to_dict(),
    }

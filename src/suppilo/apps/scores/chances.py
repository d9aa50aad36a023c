"""What was learnt, asked of everybody."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from suppilo.analytics.events import EventSource, Int64
from suppilo.analytics.funnel import DefinitionError
from suppilo.analytics.scores import LearnedReason, LearnedScores
from suppilo.apps.people.values import as_us
from suppilo.apps.scores.models import LearnedModel

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Chances:
    """The chance of each key; not a number where nothing was learnt, or nobody is asked about."""

    probability: NDArray[np.float64] = field(repr=False)
    scores: LearnedScores | None = field(default=None, repr=False)

    def reasons(self, key: int) -> list[dict[str, Any]]:
        """Return what moves somebody's chance most, as it is kept."""
        return [] if self.scores is None else list(map(_keep, self.scores.reasons(key)))


def foretell(
    model: LearnedModel | None, source: EventSource, keys: Int64, now: datetime
) -> Chances:
    """Return everybody's chance of the goal."""
    nothing = Chances(np.full(len(keys), np.nan))
    if model is None:
        return nothing
    try:
        score = model.read_score()
    except DefinitionError:
        log.warning("what was learnt of %s is kept in another form; it is learnt anew", model.goal)
        return nothing
    if score is None or not score.card.is_useful:
        return nothing
    found = score.score(source, as_us(now), keys, with_reasons=True)
    return Chances(found.probability, found)


def _keep(reason: LearnedReason) -> dict[str, Any]:
    return {
        "kind": reason.kind, "subject": reason.subject, "effect": round(reason.effect, 3),
        "facts": dict(reason.facts), "usual": dict(reason.usual),
    }  # fmt: skip

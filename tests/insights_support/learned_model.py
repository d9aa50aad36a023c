"""A lesson of scores as it is kept, with those whom it was tested on."""

from __future__ import annotations

from collections.abc import Sequence

from insights_support.scored_company import NOW
from suppilo.apps.scores.models import HeldCase, LearnedModel

CARD = {
    "kind": "logistic",
    "learned": {"rows": 900, "units": 300, "outcomes": 90, "moments_us": [1_770_000_000_000_000]},
    "held": {"rows": 300, "units": 280, "outcomes": 30, "moments_us": [1_773_000_000_000_000]},
    "candidates": [
        {"kind": "base", "log_loss": 0.32, "gain": {"value": 0, "lower": 0, "upper": 0}},
        {"kind": "logistic", "log_loss": 0.2,
         "gain": {"value": 0.12, "lower": 0.1, "upper": 0.14}},
    ],
    "auc": {"value": 0.9, "lower": 0.85, "upper": 0.95},
    "brier": {"value": 0.05, "lower": 0.04, "upper": 0.06},
    "brier_base": 0.09,
    "bias": {"value": 0.02, "lower": 0.01, "upper": 0.03},
    "bands": [
        {"rows": 30, "outcomes": 24, "predicted": 0.75, "base_rate": 0.1, "captured": 0.8},
        {"rows": 270, "outcomes": 6, "predicted": 0.02, "base_rate": 0.1, "captured": 1.0},
    ],
    "weights": [{"kind": "event", "subject": "page", "effect": 1.2, "direction": 1,
                 "weights": [["page:7d", 0.4]]}],
}  # fmt: skip
PARAMETERS = {
    "form": 2,
    "question": {"goal": "Lead Submitted", "where": None, "horizon_days": 30, "again": False,
                 "active_days": 90, "channel": None, "properties": []},
    "learned_at_us": 1_773_000_000_000_000,
    "plan": {"events": [], "channel": None, "first_channels": [], "categories": [], "numbers": []},
    "model": {"kind": "base", "intercept": -2.0}, "median": [], "card": CARD,
    "baseline": {"columns": [], "probability": [[], [1]]},
}  # fmt: skip


def keep_cases(model: LearnedModel, people: Sequence[int]) -> None:
    """Keep a case of each: the third in the second group, the others in the first; one reached."""
    for place, person in enumerate(people):
        HeldCase.objects.create(
            model=model, person=person, at=NOW, probability=0.9 - place / 10,
            reached=place == 1, band=int(place == 2),
        )  # fmt: skip


def keep_lesson(model: LearnedModel, people: Sequence[int]) -> None:
    """Keep that it was learnt from each; the first one reached the goal."""
    for place, person in enumerate(people):
        HeldCase.objects.create(model=model, person=person, at=NOW, reached=place == 0)

"""Scores: by rules, and learned from what became of others."""

from suppilo.analytics.scores.card import (
    Band,
    Candidate,
    Estimate,
    FeatureDrift,
    GroupWeight,
    ModelCard,
    Part,
    TooFew,
)
from suppilo.analytics.scores.conditions import (
    Comparison,
    EventCondition,
    PropertyCondition,
    UnitProperties,
)
from suppilo.analytics.scores.learned import LearnedReason, LearnedScore, LearnedScores
from suppilo.analytics.scores.points import RuleReason, RuleScores, score_by_rules
from suppilo.analytics.scores.predict import Eligible, learn
from suppilo.analytics.scores.question import ScoreQuestion
from suppilo.analytics.scores.rules import TEMPERATURES, Rule, ScoreRules, Temperature

__all__ = [
    "TEMPERATURES",
    "Band",
    "Candidate",
    "Comparison",
    "Eligible",
    "Estimate",
    "EventCondition",
    "FeatureDrift",
    "GroupWeight",
    "LearnedReason",
    "LearnedScore",
    "LearnedScores",
    "ModelCard",
    "Part",
    "PropertyCondition",
    "Rule",
    "RuleReason",
    "RuleScores",
    "ScoreQuestion",
    "ScoreRules",
    "Temperature",
    "TooFew",
    "UnitProperties",
    "learn",
    "score_by_rules",
]

"""Which channels conversions are owed to, by rules and by what the journeys themselves say."""

from suppilo.analytics.attribution.disagreement import Disagreement, find_disagreement
from suppilo.analytics.attribution.journeys import Ends, Journeys
from suppilo.analytics.attribution.markov import choose_order, credit_markov
from suppilo.analytics.attribution.reading import (
    GoalRules,
    NoChannelError,
    TouchRules,
    read_journeys,
)
from suppilo.analytics.attribution.report import (
    AttributionError,
    AttributionReport,
    ModelCredits,
    report_attribution,
)
from suppilo.analytics.attribution.rules import RULES, RuleOptions, credit_rule, share_touches
from suppilo.analytics.attribution.shapley import credit_shapley

__all__ = [
    "RULES",
    "AttributionError",
    "AttributionReport",
    "Disagreement",
    "Ends",
    "GoalRules",
    "Journeys",
    "ModelCredits",
    "NoChannelError",
    "RuleOptions",
    "TouchRules",
    "choose_order",
    "credit_markov",
    "credit_rule",
    "credit_shapley",
    "find_disagreement",
    "read_journeys",
    "report_attribution",
    "share_touches",
]

"""Goals: how much of a period's plan is due by now, and what will have come by its end.

``docs/explanation/algorithms/goals.md`` reckons an example on paper. A projection is always the
fact so far and what is still to come, so at the period's end it is the fact.
"""

from suppilo.analytics.goals.levels import project_level
from suppilo.analytics.goals.outlook import LEVEL, Light, Outlook, judge_goal
from suppilo.analytics.goals.pace import (
    OWN_WEIGHT,
    Usual,
    describe_usual,
    is_too_early,
    project_pace,
)
from suppilo.analytics.goals.passage import (
    FEWEST_ENDS,
    FlowOutlook,
    Passage,
    Starts,
    measure_passage,
    project_flow,
)
from suppilo.analytics.goals.rates import project_rate
from suppilo.analytics.goals.rhythm import EVEN, Rhythm, find_rhythm

__all__ = [
    "EVEN",
    "FEWEST_ENDS",
    "LEVEL",
    "OWN_WEIGHT",
    "FlowOutlook",
    "Light",
    "Outlook",
    "Passage",
    "Rhythm",
    "Starts",
    "Usual",
    "describe_usual",
    "find_rhythm",
    "is_too_early",
    "judge_goal",
    "measure_passage",
    "project_flow",
    "project_level",
    "project_pace",
    "project_rate",
]

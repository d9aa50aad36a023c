"""What if: a funnel's levels as they are, and what becomes of them when levers are pulled."""

from suppilo.apps.insights.what_if.answer import WhatIfAnswer, answer_what_if, describe_answer
from suppilo.apps.insights.what_if.baseline import (
    Baseline,
    BaselineError,
    CountedLevel,
    Counts,
    baseline_of,
    count_levels,
    make_baseline,
)
from suppilo.apps.insights.what_if.counting import levels_of_full_funnel
from suppilo.apps.insights.what_if.question import (
    LevelAsked,
    LevelSource,
    WhatIfQuestion,
    read_question,
)

__all__ = [
    "Baseline",
    "BaselineError",
    "CountedLevel",
    "Counts",
    "LevelAsked",
    "LevelSource",
    "WhatIfAnswer",
    "WhatIfQuestion",
    "answer_what_if",
    "baseline_of",
    "count_levels",
    "describe_answer",
    "levels_of_full_funnel",
    "make_baseline",
    "read_question",
]

"""A pipeline as a funnel: what became of deals at each stage, how long, how much, how often won.

Everything is computed from the ledger's columns (:class:`StageLedger`): follow the deals with
:func:`trace_deals`, then ask with :func:`report_pipeline`.

Own definition of the five fates, and of what is skipped or goes back:
``docs/explanation/algorithms/stages.md``, with eight deals by hand. Times are those of
:mod:`suppilo.analytics.durations`, intervals of rates Wilson's.
"""

from suppilo.analytics.stages.balance import (
    Fate,
    Fates,
    StageBalance,
    StageQuestion,
    balance_stages,
    count_fates,
    find_fates,
    select_deals,
)
from suppilo.analytics.stages.conformance import (
    START,
    Conformance,
    Departure,
    Followers,
    Moved,
    check_conformance,
)
from suppilo.analytics.stages.ledger import (
    DISQUALIFIED,
    ELSEWHERE,
    LOST,
    NEVER,
    DealTraces,
    Outcome,
    StageLedger,
    trace_deals,
)
from suppilo.analytics.stages.rates import (
    VALUE_UNITS,
    SampleSize,
    Velocity,
    WinRate,
    find_velocity,
    judge_sample,
    sum_values,
    win_rate,
)
from suppilo.analytics.stages.report import (
    DealColumns,
    GroupFigures,
    LostReason,
    PipelineReport,
    compare_cycles,
    compare_groups,
    count_reasons,
    report_pipeline,
)
from suppilo.analytics.stages.times import (
    CAUSES,
    SHARES,
    Ending,
    StageTime,
    has_left,
    time_cycle,
    time_in_stages,
    time_to_end,
)

__all__ = [
    "CAUSES",
    "DISQUALIFIED",
    "ELSEWHERE",
    "LOST",
    "NEVER",
    "SHARES",
    "START",
    "VALUE_UNITS",
    "Conformance",
    "DealColumns",
    "DealTraces",
    "Departure",
    "Ending",
    "Fate",
    "Fates",
    "Followers",
    "GroupFigures",
    "LostReason",
    "Moved",
    "Outcome",
    "PipelineReport",
    "SampleSize",
    "StageBalance",
    "StageLedger",
    "StageQuestion",
    "StageTime",
    "Velocity",
    "WinRate",
    "balance_stages",
    "check_conformance",
    "compare_cycles",
    "compare_groups",
    "count_fates",
    "count_reasons",
    "find_fates",
    "find_velocity",
    "has_left",
    "judge_sample",
    "report_pipeline",
    "select_deals",
    "sum_values",
    "time_cycle",
    "time_in_stages",
    "time_to_end",
    "trace_deals",
    "win_rate",
]

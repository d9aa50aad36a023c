"""The pipeline report: every figure of one question, and groups side by side.

Own definition: ``docs/explanation/algorithms/stages.md``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from suppilo.analytics.durations import (
    LogRank,
    Quantile,
    curve_quantile,
    kaplan_meier,
    log_rank,
)
from suppilo.analytics.events import Bool, Int64
from suppilo.analytics.stages.balance import (
    Fates,
    StageBalance,
    StageQuestion,
    balance_stages,
    find_fates,
    select_deals,
)
from suppilo.analytics.stages.ledger import DealTraces, Outcome
from suppilo.analytics.stages.rates import (
    Velocity,
    WinRate,
    find_velocity,
    sum_values,
    win_rate,
)
from suppilo.analytics.stages.times import Ending, StageTime, time_in_stages, time_to_end


@dataclass(frozen=True, slots=True)
class DealColumns:
    """What deals are worth and whose they are: one row for each deal, in the ledger's numbers.

    ``value`` is in ten-thousandths of the unit of the deal's currency; ``currency`` and ``reason``
    (why it was lost; -1: not said) are numbers that the asker knows the names of.
    """

    value: Int64
    currency: Int64
    reason: Int64
    currencies: int


@dataclass(frozen=True, slots=True)
class LostReason:
    """How many deals were lost for one reason, and what they were worth in each currency."""

    reason: int
    deals: int
    disqualified: int
    value: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PipelineReport:
    """What became of the deals of a question.

    ``open_value`` and ``won_value`` are by currency.
    """

    question: StageQuestion
    as_of_us: int
    chosen: Bool
    fates: Fates
    stages: tuple[StageBalance, ...]
    times: tuple[StageTime, ...]
    ending: Ending
    win_rate: WinRate
    velocity: tuple[Velocity, ...]
    lost_reasons: tuple[LostReason, ...]
    open_value: tuple[int, ...]
    won_value: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """One group beside others: an owner, a channel, a month.

    ``cycle`` is the median time until a deal ends, open ones censored; ``won_value`` is by
    currency.
    """

    group: int
    win_rate: WinRate
    cycle: Quantile
    won_value: tuple[int, ...]
    entered: tuple[int, ...]


def report_pipeline(
    traces: DealTraces, deals: DealColumns, question: StageQuestion, among: Bool | None = None
) -> PipelineReport:
    """Answer a question.

    Parameters
    ----------
    among
        Which deals may be looked at at all: one owner's, say; all where it is left out.
    """
    chosen = select_deals(traces, question)
    if among is not None:
        chosen &= among
    fates = find_fates(traces, question)
    return PipelineReport(
        question=question,
        as_of_us=traces.as_of_us,
        chosen=chosen,
        fates=fates,
        stages=balance_stages(fates, chosen),
        times=time_in_stages(traces, chosen, question.level),
        ending=time_to_end(traces, chosen, question.level),
        win_rate=win_rate(traces.outcome[chosen], question.level),
        velocity=find_velocity(traces, chosen, deals.value, deals.currency),
        lost_reasons=count_reasons(traces, deals, chosen),
        open_value=_value(deals, chosen & (traces.outcome == Outcome.OPEN)),
        won_value=_value(deals, chosen & (traces.outcome == Outcome.WON)),
    )


def count_reasons(traces: DealTraces, deals: DealColumns, chosen: Bool) -> tuple[LostReason, ...]:
    """Return why the chosen deals were lost or disqualified, the commonest reason first."""
    disqualified = chosen & (traces.outcome == Outcome.DISQUALIFIED)
    gone = disqualified | (chosen & (traces.outcome == Outcome.LOST))
    reasons, counts = np.unique(deals.reason[gone], return_counts=True)
    found = [
        LostReason(
            reason,
            deals_lost,
            int((disqualified & (deals.reason == reason)).sum()),
            _value(deals, gone & (deals.reason == reason)),
        )
        for reason, deals_lost in zip(reasons.tolist(), counts.tolist(), strict=True)
    ]
    return tuple(sorted(found, key=lambda one: (-one.deals, one.reason)))


def compare_groups(
    traces: DealTraces,
    deals: DealColumns,
    report: PipelineReport,
    groups: Int64,
) -> tuple[GroupFigures, ...]:
    """Return the figures of each group of a report's deals, by the groups' numbers.

    Parameters
    ----------
    groups
        Each deal's group; a negative one is left out.
    """
    rows = np.flatnonzero(report.chosen & (groups >= 0))
    rows = rows[np.argsort(groups[rows], kind="stable")]
    found, starts = np.unique(groups[rows], return_index=True)
    parts = np.split(rows, starts[1:]) if len(found) else []
    return tuple(
        _group(traces, deals, report, group, part)
        for group, part in zip(found.tolist(), parts, strict=True)
    )


def compare_cycles(
    traces: DealTraces, report: PipelineReport, groups: Int64, count: int
) -> LogRank:
    """Test whether groups of a report's deals take equally long until they end, in whatever way.

    Parameters
    ----------
    groups
        Each deal's group, ``0 .. count - 1``; a negative one is left out.
    """
    kept = report.chosen & (groups >= 0)
    ended = traces.outcome[kept] != Outcome.OPEN
    return log_rank(traces.seconds_to_end()[kept], ended, groups[kept], count)


def _group(
    traces: DealTraces, deals: DealColumns, report: PipelineReport, group: int, rows: Int64
) -> GroupFigures:
    outcome, level = traces.outcome[rows], report.question.level
    end = np.minimum(traces.ended[rows], traces.as_of_us)
    seconds = (end - traces.began[rows]) / 1e6
    won = rows[outcome == Outcome.WON]
    return GroupFigures(
        group,
        win_rate(outcome, level),
        curve_quantile(kaplan_meier(seconds, outcome != Outcome.OPEN, level), 0.5),
        sum_values(deals.value[won], deals.currency[won], deals.currencies),
        tuple((report.fates[rows] > 0).sum(axis=0).tolist()),
    )


def _value(deals: DealColumns, these: Bool) -> tuple[int, ...]:
    return sum_values(deals.value[these], deals.currency[these], deals.currencies)

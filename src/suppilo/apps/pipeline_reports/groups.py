"""Owners, teams, channels or segments of a report side by side, over the months."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np

from suppilo.analytics.durations import LogRank, SurvivalCurve
from suppilo.analytics.events import Bool, Int64
from suppilo.analytics.periods import Every, day_edges, to_local
from suppilo.analytics.stages import NEVER, GroupFigures, compare_cycles, compare_groups, time_cycle
from suppilo.apps.accounts.models import Team, User
from suppilo.apps.pipeline_reports.ask import NOBODY, PipelineAnswer
from suppilo.apps.segments.lists import deals_in_each
from suppilo.apps.segments.models import Segment

GroupBy = Literal["owner", "team", "channel", "segment"]

MOST_PERIODS = 12
MOST_GROUPS = 60
MOST_CURVES = 5


@dataclass(frozen=True, slots=True)
class Group:
    """One of those side by side: its key in the address, its name, and its figures.

    ``periods`` are the figures of its deals that came in each period; None where none did.
    """

    key: str
    name: str
    whole: GroupFigures
    periods: tuple[GroupFigures | None, ...]


@dataclass(frozen=True, slots=True)
class SideBySide:
    """Groups, the one with most deals first; ``hidden`` are left out, being too many.

    Attributes
    ----------
    edges
        The periods' bounds, microseconds since 1970 UTC: one more than ``periods``.
    curves
        Of the first groups, the share of deals that has not ended yet, over seconds.
    test
        Whether the groups take equally long; None where a deal belongs to several.
    """

    by: GroupBy
    every: Every
    periods: tuple[date, ...]
    edges: tuple[int, ...]
    groups: tuple[Group, ...]
    total: tuple[GroupFigures | None, ...]
    hidden: int
    curves: tuple[SurvivalCurve, ...]
    test: LogRank | None


def set_side_by_side(
    answer: PipelineAnswer, by: GroupBy, timezone: str, segments: Sequence[Segment] = ()
) -> SideBySide:
    """Return a report's deals by owner, team, channel or segment, and by when they came in.

    A deal belongs to one owner, team and channel, but to as many of the ``segments`` as hold it.
    """
    every, starts, edges = _periods(answer, timezone)
    period = np.searchsorted(np.array(edges[:-1], np.int64), answer.traces.began, "right") - 1
    if by == "segment":
        found = _by_segment(answer, segments, period, len(starts))
    else:
        found = _by_code(answer, by, period, len(starts))
    totals = _compare(answer, np.where(period >= 0, period, -1))
    return SideBySide(
        by, every, tuple(starts), tuple(edges), tuple(found.groups),
        _places(totals, len(starts)), found.hidden,
        tuple(time_cycle(answer.traces, inside) for inside in found.inside[:MOST_CURVES]),
        found.test,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Found:
    """Groups, which deals the first of them hold, how many are left out, and their test."""

    groups: list[Group]
    inside: list[Bool]
    hidden: int
    test: LogRank | None = None


def _by_code(answer: PipelineAnswer, by: GroupBy, period: Int64, periods: int) -> _Found:
    codes, labels = _codes(answer, by)
    size = max(periods, 1)
    cells = _compare(answer, np.where(period >= 0, codes * size + period, -1))
    wholes = sorted(_compare(answer, codes).values(), key=lambda one: -one.win_rate.created)
    groups = [
        Group(*labels[one.group], one, _places(cells, periods, one.group * size))
        for one in wholes[:MOST_GROUPS]
    ]
    shown = [one.group for one in wholes[:MOST_GROUPS]]
    place = np.full(len(labels), -1)
    place[shown] = np.arange(len(shown))
    inside = [answer.report.chosen & (codes == code) for code in shown[:MOST_CURVES]]
    test = compare_cycles(answer.traces, answer.report, place[codes], len(shown))
    return _Found(groups, inside, max(0, len(wholes) - MOST_GROUPS), test)


def _by_segment(
    answer: PipelineAnswer, segments: Sequence[Segment], period: Int64, periods: int
) -> _Found:
    """Return the segments that hold deals of the report."""
    only = answer.question.segment
    told = segments if only is None else [only]
    held = list(_held(answer, told))
    held.sort(key=lambda one: -int(np.count_nonzero(one[1])))
    groups = []
    for segment, inside in held[:MOST_GROUPS]:
        (whole,) = _compare(answer, np.where(inside, 0, -1)).values()
        cells = _compare(answer, np.where(inside & (period >= 0), period, -1))
        groups.append(Group(str(segment.pk), segment.name, whole, _places(cells, periods)))
    drawn = [deals for _segment, deals in held[:MOST_CURVES]]
    return _Found(groups, drawn, max(0, len(held) - MOST_GROUPS))


def _held(answer: PipelineAnswer, segments: Sequence[Segment]) -> Iterator[tuple[Segment, Bool]]:
    found = deals_in_each(segments)
    for segment in segments:
        inside = answer.world.numbers_of(found[segment.pk]) & answer.report.chosen
        if inside.any():
            yield segment, inside


def _places(
    found: Mapping[int, GroupFigures], periods: int, first: int = 0
) -> tuple[GroupFigures | None, ...]:
    return tuple(found.get(first + place) for place in range(periods))


def _compare(answer: PipelineAnswer, codes: Int64) -> dict[int, GroupFigures]:
    found = compare_groups(answer.traces, answer.world.worth, answer.report, codes)
    return {one.group: one for one in found}


def _periods(answer: PipelineAnswer, timezone: str) -> tuple[Every, list[date], list[int]]:
    """Return the unit, the last dozen periods in which deals came in, and their bounds."""
    began = answer.traces.began[answer.report.chosen]
    began = began[began != NEVER]
    if not len(began):
        return "month", [], []
    first, last = (to_local(int(at), timezone).date() for at in (began.min(), began.max()))
    every: Every = "month" if (last - first).days > 7 * MOST_PERIODS else "week"
    starts, edges = day_edges(first, last, every, timezone)
    end = answer.question.stages.end_us or answer.question.as_of_us + 1
    return every, starts[-MOST_PERIODS:], [*edges[-MOST_PERIODS:], max(end, edges[-1] + 1)]


def _codes(answer: PipelineAnswer, by: GroupBy) -> tuple[Int64, Sequence[tuple[str, str]]]:
    """Return each deal's group as a number, and what each number is called."""
    deals, rows = answer.world.deals, answer.world.rows
    if by == "channel":
        return deals.channel[rows], [(name, name) for name in deals.channels]
    ids, codes = np.unique((deals.owner if by == "owner" else deals.team)[rows],
                           return_inverse=True)  # fmt: skip
    people = User.objects if by == "owner" else Team.objects
    names = {one.pk: one.name for one in people.filter(pk__in=ids.tolist())}
    labels = [(str(one or NOBODY), names.get(one, "")) for one in ids.tolist()]
    return codes.astype(np.int64), labels

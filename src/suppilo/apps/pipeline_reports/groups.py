"""Owners, channels or months of a report side by side, and one of them over the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np

from suppilo.analytics.events import Int64
from suppilo.analytics.periods import Every, day_edges, to_local
from suppilo.analytics.stages import NEVER, GroupFigures, compare_groups
from suppilo.apps.accounts.models import Team, User
from suppilo.apps.pipeline_reports.ask import NOBODY, PipelineAnswer

GroupBy = Literal["owner", "team", "channel"]

MOST_PERIODS = 12
MOST_GROUPS = 60


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

    ``edges`` are the periods' bounds, microseconds since 1970 UTC: one more than ``periods``.
    """

    by: GroupBy
    every: Every
    periods: tuple[date, ...]
    edges: tuple[int, ...]
    groups: tuple[Group, ...]
    total: tuple[GroupFigures | None, ...]
    hidden: int


def set_side_by_side(answer: PipelineAnswer, by: GroupBy, timezone: str) -> SideBySide:
    """Return a report's deals by owner, team or channel, and by when they came in."""
    every, starts, edges = _periods(answer, timezone)
    codes, labels = _codes(answer, by)
    period = np.searchsorted(np.array(edges[:-1], np.int64), answer.traces.began, "right") - 1
    size = max(len(starts), 1)
    cells = np.where(period >= 0, codes * size + period, -1)
    compared = _compare(answer, cells)
    wholes = sorted(_compare(answer, codes).values(), key=lambda one: -one.win_rate.created)
    groups = [
        Group(
            *labels[one.group],
            one,
            tuple(compared.get(one.group * size + place) for place in range(len(starts))),
        )
        for one in wholes[:MOST_GROUPS]
    ]
    totals = _compare(answer, np.where(period >= 0, period, -1))
    return SideBySide(
        by, every, tuple(starts), tuple(edges), tuple(groups),
        tuple(totals.get(place) for place in range(len(starts))),
        max(0, len(wholes) - MOST_GROUPS),
    )  # fmt: skip


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

"""Ask a pipeline's report, as far as the asker may see."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import numpy as np
from django.db.models import Count, Exists, Max, Model, OuterRef, QuerySet

from suppilo.analytics.events import Bool, Int64
from suppilo.analytics.stages import (
    CAUSES,
    DealTraces,
    Fate,
    Outcome,
    PipelineReport,
    StageQuestion,
    has_left,
    report_pipeline,
    trace_deals,
)
from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, allows, require
from suppilo.apps.deals.models import BroughtUnmet, MoveSource, StageChange, Waiver
from suppilo.apps.deals.selectors import visible_deals
from suppilo.apps.kept import Kept
from suppilo.apps.people.values import as_datetime
from suppilo.apps.pipeline_reports.columns import read_columns
from suppilo.apps.pipeline_reports.world import PipelineWorld, read_world
from suppilo.apps.pipelines.models import Pipeline, Stage
from suppilo.apps.segments.lists import deals_in
from suppilo.apps.segments.models import Segment

_Row = TypeVar("_Row", bound=Model)
NOBODY = 0
"""Stands for deals that are nobody's."""


@dataclass(frozen=True, slots=True)
class ReportQuestion:
    """A question to a pipeline.

    Attributes
    ----------
    as_of_us
        The moment of observation: what happened later is unknown.
    owner, team
        Only deals that are theirs now, by id; ``NOBODY``: only those that are nobody's.
    channel
        Only deals that came through it; the empty text: those of which it isn't known.
    segment
        Only deals that belong to who or what is in it now; the asker must be allowed to see it.
    """

    pipeline: Pipeline
    as_of_us: int
    stages: StageQuestion = field(default_factory=StageQuestion)
    owner: int | None = None
    team: int | None = None
    channel: str | None = None
    segment: Segment | None = None


@dataclass(frozen=True, slots=True)
class PipelineAnswer:
    """A report with what its numbers stand for."""

    question: ReportQuestion
    world: PipelineWorld
    traces: DealTraces
    report: PipelineReport


@dataclass(frozen=True, slots=True)
class Cell:
    """Whose deals a figure counts.

    Attributes
    ----------
    stage, fate
        A stage's key, and what became of its deals: one of :class:`Fate` by name, in small
        letters, or ``entered``; ``lost`` holds the disqualified, ``not_advanced`` all that did not
        go on. ``visited``: they were there themselves; ``left``: and are there no longer.
    outcome
        One of :class:`Outcome` by name, in small letters, ``decided`` (won or lost) or ``ended``
        (in whatever way); of all stages.
    reason
        Why they were lost: a number of the world's ``reasons``; -1: not said.
    currency
        Only deals of this one.
    """

    stage: str = ""
    fate: str = ""
    outcome: str = ""
    reason: int | None = None
    currency: str = ""


_worlds: Kept[PipelineWorld] = Kept(4)
_traces: Kept[DealTraces] = Kept(4)
_reports: Kept[PipelineReport] = Kept(4)


def list_pipelines(user: User) -> QuerySet[Pipeline]:
    """Return the pipelines whose report a user may ask, those in use first.

    Raises
    ------
    PermissionDenied
        If the role sees no deals.
    """
    require(user, Permission.SEE_DEALS)
    return Pipeline.objects.order_by("is_archived", "position", "id")


def ask_pipeline(user: User, question: ReportQuestion) -> PipelineAnswer:
    """Answer a question of the deals that a user sees.

    Raises
    ------
    PermissionDenied
        If the role sees no deals.
    """
    require(user, Permission.SEE_DEALS)
    key, world = open_world(question.pipeline)
    traces = _traces.get(
        (*key, question.as_of_us), lambda: trace_deals(world.ledger, question.as_of_us)
    )
    among = select_among(user, world, question)
    # The parts of a page, and the lists behind its figures, ask the same again.
    report = _reports.get(
        (*key, question.as_of_us, question.stages, among.tobytes()),
        lambda: report_pipeline(traces, world.worth, question.stages, among),
    )
    return PipelineAnswer(question, world, traces, report)


def open_world(pipeline: Pipeline) -> tuple[tuple[Hashable, ...], PipelineWorld]:
    """Return a pipeline's deals as they are now, and what names that state."""
    columns = read_columns()
    key = (columns.version, pipeline.pk, pipeline.current_id)
    return key, _worlds.get(key, lambda: read_world(pipeline, columns))


def select_among(user: User, world: PipelineWorld, question: ReportQuestion) -> Bool:
    """Return which deals a question is about, of those that a user sees."""
    return _allowed(user, world) & _filtered(world, question)


def _allowed(user: User, world: PipelineWorld) -> Bool:
    if allows(user, Permission.SEE_ALL_DEALS):
        return np.ones(len(world.rows), np.bool_)
    ids = list(visible_deals(user).values_list("pk", flat=True))
    return world.numbers_of(np.array(ids, np.int64))


def _filtered(world: PipelineWorld, question: ReportQuestion) -> Bool:
    deals, rows = world.deals, world.rows
    among: Bool = np.ones(len(rows), np.bool_)
    if question.owner is not None:
        among &= deals.owner[rows] == question.owner
    if question.team is not None:
        among &= deals.team[rows] == question.team
    if question.channel is not None:
        channels = np.array([name == question.channel for name in deals.channels], np.bool_)
        among &= channels[deals.channel[rows]]
    if question.segment is not None:
        among &= world.numbers_of(np.fromiter(deals_in(question.segment), np.int64))
    return among


def deals_behind(answer: PipelineAnswer, cell: Cell) -> Int64:
    """Return the ids of a figure's deals, the newest first.

    Raises
    ------
    KeyError
        If there is no such stage, fate, outcome or currency.
    """
    chosen = answer.report.chosen
    if cell.stage:
        chosen = chosen & _at_stage(answer, cell)
    if cell.outcome:
        wanted = _OUTCOMES.get(cell.outcome) or (Outcome[cell.outcome.upper()],)
        chosen = chosen & np.isin(answer.traces.outcome, wanted)
    if cell.reason is not None:
        gone = np.isin(answer.traces.outcome, (Outcome.LOST, Outcome.DISQUALIFIED))
        chosen = chosen & gone & (answer.world.worth.reason == cell.reason)
    if cell.currency:
        if cell.currency not in answer.world.deals.currencies:
            raise KeyError(cell.currency)
        number = list(answer.world.deals.currencies).index(cell.currency)
        chosen = chosen & (answer.world.worth.currency == number)
    return answer.world.ids[chosen][::-1]


_OUTCOMES: dict[str, tuple[Outcome, ...]] = {
    "decided": (Outcome.WON, Outcome.LOST), "ended": CAUSES,
}  # fmt: skip


def _at_stage(answer: PipelineAnswer, cell: Cell) -> Bool:
    stage = answer.world.stages.number(cell.stage)
    if stage is None:
        raise KeyError(cell.stage)
    fates = answer.report.fates[:, stage]
    if cell.fate in ("", "entered"):
        found: Bool = fates != Fate.NOT_ENTERED
    elif cell.fate == "not_advanced":
        found = (fates != Fate.NOT_ENTERED) & (fates != Fate.ADVANCED)
    elif cell.fate == "visited":
        found = answer.traces.visited[:, stage]
    elif cell.fate == "left":
        found = has_left(answer.traces, stage)
    elif cell.fate == "lost":
        found = (fates == Fate.LOST) | (fates == Fate.DISQUALIFIED)
    else:
        found = fates == Fate[cell.fate.upper()]
    return found


def list_waivers(user: User, answer: PipelineAnswer) -> QuerySet[Waiver]:
    """Return the waivers given deal by deal in the period, the newest first, as far as visible."""
    found = _given(user, answer).exclude(change__source=MoveSource.IMPORT)
    return found.select_related("change__deal", "change__to_stage", "by")


@dataclass(frozen=True, slots=True)
class FileWaivers:
    """What somebody waived for the deals of a file with one reason."""

    reason: str
    by: User
    at: datetime
    deals: int
    criteria: int


def list_file_waivers(user: User, answer: PipelineAnswer, most: int) -> list[FileWaivers]:
    """Return the waivers given for files in the period, the newest first, as far as visible."""
    given = _given(user, answer).filter(change__source=MoveSource.IMPORT).order_by()
    found = given.values_list("reason", "by").annotate(
        last=Max("at"), deals=Count("change__deal", distinct=True), criteria=Count("pk")
    )
    rows = list(found.order_by("-last")[:most])
    users = User.objects.in_bulk({by for _reason, by, *_ in rows})
    return [FileWaivers(reason, users[by], at, *counts) for reason, by, at, *counts in rows]


def _given(user: User, answer: PipelineAnswer) -> QuerySet[Waiver]:
    seen = StageChange.objects.filter(
        deal__in=visible_deals(user), version__pipeline=answer.question.pipeline
    )
    return _narrow(_of(seen, Waiver.objects.all(), "change"), answer, "change__deal")


def list_brought_unmet(user: User, answer: PipelineAnswer) -> QuerySet[BroughtUnmet]:
    """Return the deals that files brought in the period into stages whose gates they didn't meet.

    The newest first, as far as visible.
    """
    stages = Stage.objects.filter(version__pipeline=answer.question.pipeline)
    found = _of(visible_deals(user), BroughtUnmet.objects.all(), "deal")
    found = _narrow(_of(stages, found, "stage"), answer, "deal")
    return found.select_related("deal", "stage").order_by("-at", "-pk")


def _of(wanted: QuerySet[Any], rows: QuerySet[_Row], key: str) -> QuerySet[_Row]:
    """Return the rows whose key is wanted: looked up for each row, which are few.

    From a list of all that is wanted SQLite would begin, and so go through a whole ledger.
    """
    return rows.filter(Exists(wanted.filter(pk=OuterRef(key))))


def _narrow(found: QuerySet[_Row], answer: PipelineAnswer, deal: str) -> QuerySet[_Row]:
    """Return the rows of the question's period and of its deals."""
    stages, question = answer.question.stages, answer.question
    found = found.filter(at__lte=as_datetime(question.as_of_us))
    if stages.start_us is not None:
        found = found.filter(at__gte=as_datetime(stages.start_us))
    if stages.end_us is not None:
        found = found.filter(at__lt=as_datetime(stages.end_us))
    if question.owner is not None:
        found = found.filter(**{f"{deal}__owner": question.owner or None})
    if question.team is not None:
        found = found.filter(**{f"{deal}__team": question.team or None})
    if question.channel is not None:
        found = found.filter(**{f"{deal}__channel": question.channel})
    if question.segment is not None:
        found = found.filter(**{f"{deal}__in": deals_in(question.segment)})
    return found

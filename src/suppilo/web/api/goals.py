"""The API of goals: set, change and end them, and where they stand."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Annotated, Any

from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.utils import timezone
from ninja import Field, Query, Schema, Status
from pydantic import StringConstraints

from suppilo.analytics.goals import Light
from suppilo.analytics.goals.standing import Basis, Standing
from suppilo.apps.goals import services
from suppilo.apps.goals.models import Cadence, Goal, Measure
from suppilo.apps.goals.selectors import (
    PREVIOUS,
    Asked,
    Progress,
    ask_goals,
    days_for,
    needs_events,
    read_stored,
    start_events,
    visible_goals,
    weigh,
)
from suppilo.apps.goals.services import GoalChange, NewGoal
from suppilo.web.api.access import ApiRequest
from suppilo.web.api.answers import wait_for_answer
from suppilo.web.api.errors import problems
from suppilo.web.api.idempotency import KeyedRouter
from suppilo.web.api.parsing import Day, Given, within
from suppilo.web.paging import read_cursor, sign_cursor

router = KeyedRouter()

_REFUSED = problems(403, 404)
Id = Annotated[int, Field(ge=1, lt=2**63)]
Target = Annotated[Decimal, Field(gt=0, max_digits=19, decimal_places=4)]
Code = Annotated[str, StringConstraints(pattern="^([A-Z]{3})?$")]


class GoalOut(Schema):
    """A goal; ``target`` is the latest: of a conversion a share 0..1."""

    id: int
    name: str
    measure: Measure
    cadence: Cadence
    target: Decimal
    event: str
    funnel_id: int | None
    step: int | None
    to_step: int | None
    pipeline_id: int | None
    stage_key: str
    user_id: int | None
    team_id: int | None
    channel: str
    currency: str
    segment_id: int | None
    starts_on: date
    ends_on: date | None
    created_at: datetime
    updated_at: datetime

    @staticmethod
    def resolve_target(goal: Goal) -> Decimal:
        """Return the latest of its targets."""
        return max(goal.targets.all(), key=lambda row: row.starts_on).target


class GoalsOut(Schema):
    """One page of goals; ``next`` is the page after it, empty where there is none."""

    goals: list[GoalOut]
    next: str


class GoalsAsked(Schema):
    """Which goals: those that go on, or those that have ended."""

    ended: bool = False
    measure: Measure | None = None
    page: str = Field("", max_length=1000)
    limit: int = Field(50, ge=1, le=200)


class GoalIn(Given):
    """A goal to set; what each measure needs is told where it is missing (422)."""

    measure: Measure
    cadence: Cadence
    target: Target
    name: str = Field("", max_length=120)
    event: str = Field("", max_length=200)
    funnel_id: Id | None = None
    step: int | None = Field(None, ge=1, le=100)
    to_step: int | None = Field(None, ge=2, le=100)
    pipeline_id: Id | None = None
    stage_key: str = Field("", max_length=60)
    user_id: Id | None = None
    team_id: Id | None = None
    channel: str = Field("", max_length=60)
    currency: Code = ""
    segment_id: Id | None = None
    starts_on: Day | None = None
    ends_on: Day | None = None


class GoalChangeIn(Given):
    """What is to be another; the target counts from this period on."""

    name: str | None = Field(None, max_length=120)
    target: Target | None = None
    ends_on: Day | None = None


class OutlookOut(Schema):
    """What will have come by the period's end, and the range that holds in 8 of 10 cases."""

    value: float
    lower: float
    upper: float


class FlowOut(Schema):
    """What those under way still bring; ``needed_now`` more would have to start today.

    ``needed_now`` is null where what starts now comes too late for this period.
    """

    under_way: float
    from_new: float
    open_count: int
    expected_starts: float
    median_days: float
    last_call: date
    needed_now: int | None
    is_borrowed: bool


class StandingOut(Schema):
    """A goal in one period. ``due`` is the share of the plan that is due by now."""

    period: str
    starts_on: date
    ends_on: date
    target: Decimal
    fact: Decimal | None
    pieces: int
    entered: int
    still_open: int
    due: float | None
    pace: float | None
    light: Light
    is_over: bool
    basis: Basis
    outlook: OutlookOut | None
    flow: FlowOut | None
    failure: str

    @staticmethod
    def resolve_period(standing: Standing) -> str:
        """Return the period's key: 2026-11-22, 2026-W47, 2026-11, 2026-Q4."""
        return standing.period.key

    @staticmethod
    def resolve_starts_on(standing: Standing) -> date:
        """Return the period's first day."""
        return standing.period.starts_on

    @staticmethod
    def resolve_ends_on(standing: Standing) -> date:
        """Return the period's last day."""
        return standing.period.last_day


class ProgressOut(Schema):
    """A goal's present period (or its last), then those before; none where it begins later."""

    goal_id: int
    standings: list[StandingOut]


class ProgressesOut(Schema):
    """Where the goals of one page stand; ``next`` is the page after it."""

    progress: list[ProgressOut]
    next: str


class ProgressAsked(GoalsAsked):
    """Which goals, and how many periods before the present one."""

    previous: int = Field(PREVIOUS, ge=0, le=12)


@router.get("/goals", response={200: GoalsOut, **problems(403)}, url_name="goals")
def show_goals(request: ApiRequest, asked: Query[GoalsAsked]) -> dict[str, Any]:
    """List the goals that the caller sees, the newest first."""
    rows, following = _page(request, asked)
    return {"goals": rows, "next": following}


@router.post("/goals", response={201: GoalOut, **_REFUSED}, url_name="make_goal")
def make(request: ApiRequest, given: GoalIn) -> Status[Goal]:
    """Set a goal. A person's or team's won deals or revenue of a month is a quota (422)."""
    goal = services.make_goal(request.auth, NewGoal(**given.model_dump()))
    return Status(201, goal)


@router.get(
    "/goals/progress", response={200: ProgressesOut, **problems(403, 503)},
    url_name="goals_progress",
)  # fmt: skip
def show_progress(request: ApiRequest, asked: Query[ProgressAsked]) -> dict[str, Any]:
    """Tell where goals stand: plan, fact, what is due, projection and light."""
    rows, following = _page(request, asked)
    return {"progress": _weigh(rows, asked.previous), "next": following}


@router.get("/goals/{int:goal_id}", response={200: GoalOut, **_REFUSED}, url_name="goal")
def show_goal(request: ApiRequest, goal_id: int) -> Goal:
    """Show a goal."""
    return _find(request, goal_id)


@router.get(
    "/goals/{int:goal_id}/progress", response={200: ProgressOut, **problems(403, 404, 503)},
    url_name="goal_progress",
)  # fmt: skip
def show_goal_progress(request: ApiRequest, goal_id: int) -> dict[str, Any]:
    """Tell where one goal stands, and how its last twelve periods ended."""
    return _weigh([_find(request, goal_id)], 12)[0]


@router.patch("/goals/{int:goal_id}", response={200: GoalOut, **_REFUSED}, url_name="change_goal")
def change(request: ApiRequest, goal_id: int, given: GoalChangeIn) -> Goal:
    """Give a goal another name, target (from this period on) or last day (null: none)."""
    goal = _find(request, goal_id)
    sent = given.model_dump(exclude_unset=True)
    target = sent.get("target") or GoalOut.resolve_target(goal)
    ends_on = sent.get("ends_on", goal.ends_on)
    name = sent.get("name")
    wanted = GoalChange(goal.name if name is None else name, target, ends_on)
    services.change_goal(request.auth, goal, wanted)
    return _find(request, goal_id)


@router.post("/goals/{int:goal_id}/end", response={200: GoalOut, **_REFUSED}, url_name="end_goal")
def end(request: ApiRequest, goal_id: int) -> Goal:
    """End a goal with the period before this one; its past stays."""
    goal = _find(request, goal_id)
    services.end_goal(request.auth, goal)
    return goal


@router.delete("/goals/{int:goal_id}", response={204: None, **_REFUSED}, url_name="delete_goal")
def delete(request: ApiRequest, goal_id: int) -> HttpResponse:
    """Delete a goal with its past."""
    services.delete_goal(request.auth, _find(request, goal_id))
    return HttpResponse(status=204)


def _page(request: ApiRequest, asked: GoalsAsked) -> tuple[list[Goal], str]:
    today = timezone.localdate(timezone.now(), timezone.get_default_timezone())
    ended = Q(ends_on__lt=today)
    found: QuerySet[Goal] = visible_goals(request.auth).filter(ended if asked.ended else ~ended)
    if asked.measure is not None:
        found = found.filter(measure=asked.measure)
    place = read_cursor(asked.page, "goals")
    if place is not None:
        found = found.filter(pk__lt=place[0])
    rows = list(found.prefetch_related("targets").order_by("-pk")[: asked.limit + 1])
    shown = rows[: asked.limit]
    return shown, sign_cursor([shown[-1].pk], "goals") if len(rows) > asked.limit else ""


def _weigh(goals: Collection[Goal], previous: int) -> list[dict[str, Any]]:
    asked = ask_goals(goals, timezone.now(), previous)
    return [
        {"goal_id": one.asked.goal.pk, "standings": one.standings}
        for one in _progress(asked)
        if one.asked.goal is not None
    ]


def _progress(asked: Collection[Asked]) -> list[Progress]:
    days = days_for(asked, timezone.now())
    facts = read_stored(asked, days)
    if needs_events(asked):
        facts |= wait_for_answer(partial(start_events, asked, days))
    return weigh(asked, facts, days)


def _find(request: ApiRequest, goal_id: int) -> Goal:
    found = visible_goals(request.auth).prefetch_related("targets")
    goal = found.filter(pk=within(goal_id)).first()
    if goal is None:
        raise Http404
    return goal

"""The API of what-ifs: ask one; keep scenarios, list, check and remove them."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Field, Query, Schema, Status
from ninja.errors import HttpError

from suppilo.analytics.periods import format_moment, to_microseconds
from suppilo.analytics.whatif import WhatIfError
from suppilo.apps.accounts.models import Team
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.insights.what_if import (
    WhatIfAnswer,
    WhatIfQuestion,
    answer_what_if,
    describe_answer,
    make_baseline,
    read_question,
)
from suppilo.apps.scenarios import services
from suppilo.apps.scenarios.models import Scenario
from suppilo.apps.scenarios.selectors import ScenarioCheck, check_scenario, list_scenarios
from suppilo.web.api.access import ApiRequest
from suppilo.web.api.errors import problems
from suppilo.web.api.idempotency import KeyedRouter
from suppilo.web.api.lists import PageAsked, answer_page
from suppilo.web.api.parsing import Given, within
from suppilo.web.reporting import now_us, read_moment
from suppilo.web.what_if_query import read_asked

router = KeyedRouter()

WAIT_S = 60.0
_Text = Field("", max_length=40)


class WhatIfAsked(Schema):
    """A what-if as the page's address writes it; shares in per cent, lists in the levels' order."""

    of: str = Field("own", max_length=40)
    level: list[str] = Field([], max_length=20)
    count: list[str] = Field([], max_length=20)
    cost: list[str] = Field([], max_length=20)
    times: list[str] = Field([], max_length=20)
    elasticity: list[str] = Field([], max_length=20)
    rate: list[str] = Field([], max_length=20)
    value: str = _Text
    currency: str = Field("", max_length=3)
    margin: str = _Text
    saved: str = _Text
    dates: str = _Text
    start: str = Field("", max_length=40, alias="from")
    end: str = Field("", max_length=40, alias="to")
    segment: str = Field("", max_length=19)


class ScenarioIn(Given):
    """A what-if to keep; the definition as ``question`` in what ``/insights/what-if`` answers."""

    name: str = Field(min_length=1, max_length=120)
    description: str = Field("", max_length=1000)
    definition: dict[str, Any]
    visibility: Literal["private", "team", "everyone"] = "private"
    team_id: int | None = Field(None, ge=1, lt=2**63)


class ScenarioOut(Schema):
    """A scenario: what was asked, and what was foretold when it was kept."""

    id: int
    name: str
    description: str
    definition: dict[str, Any]
    prediction: dict[str, Any]
    owner_id: int
    team_id: int | None
    visibility: str
    created_at: datetime
    updated_at: datetime


class ScenariosOut(Schema):
    """One page of scenarios."""

    scenarios: list[ScenarioOut]
    next: str


class CheckAsked(Schema):
    """The time to put beside a scenario, and counts by level where these are one's own figures."""

    start: str = Field("", max_length=40, alias="from", description="Empty: since it was kept.")
    end: str = Field("", max_length=40, alias="to", description="Empty: until now.")
    count: list[float] = Field([], max_length=20)


@router.get("/what-if", response={200: dict[str, Any], **problems(403, 404, 503)})
def what_if(request: ApiRequest, asked: Query[WhatIfAsked]) -> dict[str, Any]:
    """Ask what if: the page's parameters, the JSON of ``suppilo what-if --json`` and more."""
    del asked
    require(request.auth, Permission.SEE_REPORTS)
    found = read_asked(request.GET)
    if found.question is None:
        raise HttpError(422, " ".join(found.errors.values()))
    return describe_answer(_answer(request, found.question))


def _answer(request: ApiRequest, question: WhatIfQuestion) -> WhatIfAnswer:
    try:
        baseline = make_baseline(request.auth, question, now_us(), WAIT_S)
        if baseline is None:
            raise HttpError(503, "The calculation takes too long; ask again soon.")
        return answer_what_if(question, baseline)
    except WhatIfError as error:
        raise HttpError(422, str(error)) from error


@router.get("/scenarios", response={200: ScenariosOut, **problems(403)})
def list_kept(request: ApiRequest, asked: Query[PageAsked]) -> dict[str, Any]:
    """List the scenarios that the user may see, the newest first."""
    require(request.auth, Permission.SEE_REPORTS)
    return answer_page("scenarios", list_scenarios(request.auth), asked)


@router.post("/scenarios", response={201: ScenarioOut, **problems(403, 404, 503)})
def keep(request: ApiRequest, given: ScenarioIn) -> Status[Scenario]:
    """Ask a what-if and keep it, with its levels as they are now."""
    require(request.auth, Permission.SAVE_REPORTS)
    try:
        question = read_question(given.definition)
    except WhatIfError as error:
        raise HttpError(422, str(error)) from error
    team = None if given.team_id is None else get_object_or_404(Team, pk=given.team_id)
    saved = services.save_scenario(
        request.auth, given.name, _answer(request, question), description=given.description,
        visibility=given.visibility, team=team,
    )  # fmt: skip
    return Status(201, saved)


@router.get("/scenarios/{int:scenario_id}", response={200: ScenarioOut, **problems(403, 404)})
def get_kept(request: ApiRequest, scenario_id: int) -> Scenario:
    """Return a scenario."""
    require(request.auth, Permission.SEE_REPORTS)
    return _find(request, scenario_id)


@router.get(
    "/scenarios/{int:scenario_id}/check",
    response={200: dict[str, Any], **problems(403, 404, 503)},
)
def check_kept(request: ApiRequest, scenario_id: int, asked: Query[CheckAsked]) -> dict[str, Any]:
    """Put a scenario beside what happened to those who entered in a time."""
    require(request.auth, Permission.SEE_REPORTS)
    scenario, live = _find(request, scenario_id), now_us()
    errors: dict[str, str] = {}
    start_us = read_moment(asked.start, "from", errors) or to_microseconds(scenario.created_at)
    end_us = read_moment(asked.end, "to", errors, last=True) or live
    if errors or start_us >= end_us:
        raise HttpError(422, " ".join(errors.values()) or "'from' must be a date before 'to'")
    typed = tuple(asked.count)
    found = check_scenario(request.auth, scenario, start_us, end_us, live, WAIT_S, typed)
    if found.is_waiting:
        raise HttpError(503, "The calculation takes too long; ask again soon.")
    if found.failure or found.is_hidden:
        raise HttpError(422, found.failure or "The funnel of these levels is not there any more.")
    return _describe_check(found)


def _describe_check(found: ScenarioCheck) -> dict[str, Any]:
    return {
        "from": format_moment(found.start_us),
        "to": format_moment(found.end_us),
        "scale": found.scale,
        "is_early": found.is_early,
        "levels": [{**asdict(one), "verdict": one.verdict} for one in found.levels],
    }


@router.delete("/scenarios/{int:scenario_id}", response={204: None, **problems(403, 404)})
def delete_kept(request: ApiRequest, scenario_id: int) -> HttpResponse:
    """Delete a scenario."""
    require(request.auth, Permission.SAVE_REPORTS)
    services.delete_scenario(request.auth, _find(request, scenario_id))
    return HttpResponse(status=204)


def _find(request: ApiRequest, scenario_id: int) -> Scenario:
    found: Scenario = get_object_or_404(list_scenarios(request.auth), pk=within(scenario_id))
    return found

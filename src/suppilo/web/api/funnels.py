"""The API of funnels: ask one, and keep, share and remove saved ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Field, Query, Schema, Status
from ninja.errors import HttpError

from suppilo.analytics.funnel import DefinitionError, FunnelDefinition
from suppilo.apps.accounts.models import Team
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.funnels import services
from suppilo.apps.funnels.ask import Answer, Question, hide_values, start_question
from suppilo.apps.funnels.events import open_source
from suppilo.apps.funnels.models import SavedFunnel
from suppilo.apps.funnels.running import CalculationEndedError, TooManyCalculationsError
from suppilo.apps.funnels.selectors import list_funnels
from suppilo.lake import WhereError
from suppilo.web.api.access import ApiRequest
from suppilo.web.api.errors import problems
from suppilo.web.api.idempotency import KeyedRouter
from suppilo.web.api.lists import PageAsked, answer_page
from suppilo.web.api.parsing import Given

router = KeyedRouter()

WAIT_S = 60.0


class AskIn(Given):
    """A funnel to count, as in docs/reference/funnel-definition.md."""

    definition: dict[str, Any]
    correlations: bool = False
    bottlenecks: bool = False
    worth: str = Field("", max_length=200)
    times: bool = False


class FunnelIn(Given):
    """A funnel to keep."""

    name: str = Field(min_length=1, max_length=120)
    description: str = Field("", max_length=1000)
    definition: dict[str, Any]
    visibility: Literal["private", "team", "everyone"] = "private"
    team_id: int | None = Field(None, ge=1, lt=2**63)


class FunnelOut(Schema):
    """A saved funnel."""

    id: int
    name: str
    description: str
    definition: dict[str, Any]
    dates: str
    owner_id: int
    team_id: int | None
    visibility: str
    created_at: datetime
    updated_at: datetime


class FunnelsOut(Schema):
    """One page of saved funnels."""

    funnels: list[FunnelOut]
    next: str


class ListAsked(PageAsked):
    """Which saved funnels."""

    q: str = Field("", max_length=200)


@router.post("/ask", once=False, response={200: dict[str, Any], **problems(403, 404, 503)})
def ask(request: ApiRequest, asked: AskIn) -> dict[str, Any]:
    """Count a funnel: the same JSON as ``suppilo funnel --json``."""
    require(request.auth, Permission.SEE_REPORTS)
    view = "correlations" if asked.correlations else "api"
    definition = _read(asked.definition)
    report = _answer(request, Question(definition, view)).report
    if asked.bottlenecks or asked.worth:
        question = Question(definition, "bottlenecks", worth=asked.worth.strip())
        found = _answer(request, question)
        report = replace(report, bottlenecks=found.report.bottlenecks)
    return report.to_dict() | (_times(request, definition) if asked.times else {})


def _times(request: ApiRequest, definition: FunnelDefinition) -> dict[str, Any]:
    """Return how long it takes from the first step to the last, and each value apart."""
    found = _answer(request, Question(definition, "times"))
    return {
        "times": None if found.times is None else found.times.to_dict(),
        "times_by": None if found.times_by is None else found.times_by.to_dict(),
    }


def _answer(request: ApiRequest, question: Question) -> Answer:
    try:
        started = start_question(open_source(), question, request.auth)
        if not started.wait(WAIT_S):
            raise HttpError(503, "The calculation takes too long; ask for less.")
        answer = hide_values(request.auth, started.answer())
    except (DefinitionError, WhereError) as error:
        raise HttpError(422, str(error)) from error
    except CalculationEndedError as error:
        raise HttpError(503, str(error)) from error
    except TooManyCalculationsError as error:
        raise HttpError(503, "Many reports are being calculated; ask again soon.") from error
    return answer


def _read(definition: dict[str, Any]) -> FunnelDefinition:
    try:
        return FunnelDefinition.from_dict(definition)
    except DefinitionError as error:
        raise HttpError(422, str(error)) from error


@router.get("", response={200: FunnelsOut, **problems(403)})
def list_saved(request: ApiRequest, asked: Query[ListAsked]) -> dict[str, Any]:
    """List the saved funnels that the user may see, the newest first."""
    require(request.auth, Permission.SEE_REPORTS)
    return answer_page("funnels", list_funnels(request.auth, asked.q), asked)


@router.get("/{int:funnel_id}", response={200: FunnelOut, **problems(403, 404)})
def get_saved(request: ApiRequest, funnel_id: int) -> SavedFunnel:
    """Return a saved funnel."""
    require(request.auth, Permission.SEE_REPORTS)
    return _find(request, funnel_id)


@router.post("", response={201: FunnelOut, **problems(403, 404)})
def save(request: ApiRequest, given: FunnelIn) -> Status[SavedFunnel]:
    """Keep a funnel."""
    require(request.auth, Permission.SAVE_REPORTS)
    saved = services.save_funnel(
        request.auth, given.name, _read(given.definition), description=given.description,
        visibility=given.visibility, team=_team(given),
    )  # fmt: skip
    return Status(201, saved)


@router.put("/{int:funnel_id}", response={200: FunnelOut, **problems(403, 404)})
def change(request: ApiRequest, funnel_id: int, given: FunnelIn) -> SavedFunnel:
    """Change a saved funnel: its definition, name, description and who sees it."""
    require(request.auth, Permission.SAVE_REPORTS)
    saved = _find(request, funnel_id)
    services.replace_funnel(
        request.auth, saved, _read(given.definition), name=given.name,
        description=given.description, visibility=given.visibility, team=_team(given),
    )  # fmt: skip
    return saved


@router.delete("/{int:funnel_id}", response={204: None, **problems(403, 404)})
def delete(request: ApiRequest, funnel_id: int) -> HttpResponse:
    """Delete a saved funnel and its pins."""
    require(request.auth, Permission.SAVE_REPORTS)
    services.delete_funnel(request.auth, _find(request, funnel_id))
    return HttpResponse(status=204)


def _find(request: ApiRequest, funnel_id: int) -> SavedFunnel:
    found: SavedFunnel = get_object_or_404(list_funnels(request.auth), pk=funnel_id)
    return found


def _team(given: FunnelIn) -> Team | None:
    if given.team_id is None:
        return None
    return get_object_or_404(Team, pk=given.team_id)

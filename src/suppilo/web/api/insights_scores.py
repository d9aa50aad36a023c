"""The API of scores: who is hot, why, the rules, and what was learnt."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils import timezone
from ninja import Field, Query, Schema, Status

from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.scores.models import Score, ScoreSheet, Temperature
from suppilo.apps.scores.preview import start_preview
from suppilo.apps.scores.selectors import (
    ScoreFilter,
    current_model,
    current_sheet,
    list_scores,
    score_of,
)
from suppilo.apps.scores.services import NewSheet, check_rules, learn_now, save_sheet
from suppilo.apps.segments.selectors import find_segment
from suppilo.web.api.access import ApiRequest
from suppilo.web.api.answers import wait_for_answer
from suppilo.web.api.errors import problems
from suppilo.web.api.idempotency import KeyedRouter
from suppilo.web.api.parsing import Given, within
from suppilo.web.paging import read_cursor, sign_cursor

router = KeyedRouter()


class ScoreOut(Schema):
    """A person's score: ``points`` 0..100 are fit times engagement, ``probability`` was learnt.

    ``reasons`` are the rules that gave points; ``chance_reasons`` move the log-odds by ``effect``.
    """

    person_id: int
    temperature: Temperature
    points: float
    fit: float
    engagement: float
    probability: float | None
    reasons: list[dict[str, Any]]
    chance_reasons: list[dict[str, Any]]
    at: datetime

    @staticmethod
    def resolve_person_id(score: Score) -> int:
        """Return whose it is."""
        return score.person


class ScoresOut(Schema):
    """One page of scores; ``next`` is the page after it, empty where there is none."""

    scores: list[ScoreOut]
    next: str


class ScoresAsked(Schema):
    """Which scores, those with the most points first."""

    temperature: Temperature | None = None
    segment: int | None = Field(None, ge=1, lt=2**63, description="Only who is in it now.")
    page: str = Field("", max_length=1000)
    limit: int = Field(50, ge=1, le=200)


class SheetIn(Given):
    """What people are to be scored by: the form of ``suppilo score --rules``."""

    rules: dict[str, Any]
    goal: str = Field("", max_length=200, description="Learn the chance of this event.")
    horizon_days: int = Field(30, ge=1, le=365)
    again: bool = Field(False, description="Also of those who have reached it before.")


class SheetOut(Schema):
    """What people are scored by; ``is_guess`` says that the server guessed it from the data."""

    version: int
    rules: dict[str, Any]
    goal: str
    horizon_days: int
    again: bool
    is_guess: bool
    made_by_id: int | None
    made_at: datetime


class RulesIn(Given):
    """Rules to be looked at: nothing is saved."""

    rules: dict[str, Any]


class ModelOut(Schema):
    """What was learnt: its ``card``, how far people have moved since; or the ``refusal``."""

    goal: str
    horizon_days: int
    again: bool
    made_at: datetime
    card: dict[str, Any] | None
    refusal: dict[str, Any] | None
    drift: list[dict[str, Any]]


@router.get("/scores", response={200: ScoresOut, **problems(403, 404)}, url_name="scores")
def show_scores(request: ApiRequest, asked: Query[ScoresAsked]) -> dict[str, Any]:
    """List the scores of known people. ``next`` of the answer is ``page`` of the next question."""
    segment = None if asked.segment is None else find_segment(request.auth, asked.segment)
    found = list_scores(request.auth, ScoreFilter(asked.temperature, segment=segment))
    rows = list(_after(found, asked.page)[: asked.limit + 1])
    shown, more = rows[: asked.limit], len(rows) > asked.limit
    last = shown[-1] if shown else None
    following = (
        sign_cursor([last.points, last.engagement, last.person], "scores") if more and last else ""
    )
    return {"scores": shown, "next": following}


def _after(found: QuerySet[Score], cursor: str) -> QuerySet[Score]:
    place = read_cursor(cursor, "scores")
    if place is None:
        return found
    points, engagement, person = place
    less = Q(points=points, engagement__lt=engagement)
    same = Q(points=points, engagement=engagement, person__lt=person)
    return found.filter(Q(points__lt=points) | less | same)


@router.get("/scores/people/{int:person_id}", response={200: ScoreOut, **problems(403, 404)},
            url_name="score")  # fmt: skip
def show_score(request: ApiRequest, person_id: int) -> Score:
    """Return a person's score with its reasons."""
    require(request.auth, Permission.SEE_PEOPLE)
    found = score_of(within(person_id))
    if found is None:
        raise Http404
    return found


@router.get("/scores/rules", response={200: SheetOut, **problems(403, 404)}, url_name="score_rules")
def show_rules(request: ApiRequest) -> ScoreSheet:
    """Return what people are scored by; 404 before anything is."""
    require(request.auth, Permission.SEE_REPORTS)
    sheet = current_sheet()
    if sheet is None:
        raise Http404
    return sheet


@router.put("/scores/rules", response={200: SheetOut, **problems(403)}, url_name="save_score_rules")
def save_rules(request: ApiRequest, given: SheetIn) -> ScoreSheet:
    """Score people by other rules from now on; the ones before are kept."""
    return save_sheet(request.auth, NewSheet(**given.model_dump()))


@router.post(
    "/scores/rules/preview", once=False, response={200: dict[str, Any], **problems(403, 503)},
    url_name="preview_score_rules",
)  # fmt: skip
def preview_rules(request: ApiRequest, given: RulesIn) -> dict[str, Any]:
    """Say how many would be hot, warm and cold by these rules, and whom each rule reaches."""
    require(request.auth, Permission.MANAGE_LEADS)
    rules = check_rules(given.rules)
    found = wait_for_answer(partial(start_preview, request.auth, rules, timezone.now()))
    said: dict[str, Any] = found.to_dict()
    return said


@router.get("/scores/model", response={200: ModelOut, **problems(403, 404)}, url_name="score_model")
def show_model(request: ApiRequest) -> dict[str, Any]:
    """Return the card of what was learnt of the goal, or why nothing could be; 404 before that."""
    require(request.auth, Permission.SEE_REPORTS)
    sheet = current_sheet()
    model = None if sheet is None else current_model(sheet)
    if model is None:
        raise Http404
    card = None if model.parameters is None else model.parameters["card"]
    fields = ("goal", "horizon_days", "again", "made_at", "refusal", "drift")
    return {name: getattr(model, name) for name in fields} | {"card": card}


@router.post("/scores/model/learn", response={202: None, **problems(403)}, url_name="learn_scores")
def learn(request: ApiRequest) -> Status[None]:
    """Have the chances learnt anew; a job does it."""
    learn_now(request.auth)
    return Status(202, None)

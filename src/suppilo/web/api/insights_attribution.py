"""The API of attribution: the same question as the page's, the same JSON as the command's."""

from __future__ import annotations

from typing import Any, Literal

from ninja import Field, Query, Router, Schema
from ninja.errors import HttpError

from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.funnels.events import open_source
from suppilo.web.api.access import ApiRequest
from suppilo.web.api.errors import problems
from suppilo.web.views.insights.attribution.answering import find_answer
from suppilo.web.views.insights.attribution.asked import read_asked

router = Router()

WAIT_S = 55.0
Model = Literal["first", "last", "last_non_direct", "linear", "position", "w_shaped",
                "time_decay", "markov", "shapley"]  # fmt: skip
Day = Field("", max_length=40)


class AttributionAsked(Schema):
    """What is a goal and a touch, of which time, and the models; empty: as the page guesses.

    ``value`` left out is guessed, empty is none. ``look_back`` and ``half_life`` are days.
    """

    goal: Literal["", "event", "lead", "won"] = ""
    event: str = Field("", max_length=200)
    count: Literal["", "each", "first"] = ""
    value: str | None = Field(None, max_length=200)
    currency: str = Field("", max_length=20)
    dim: Literal["", "channel", "campaign", "source"] = ""
    unit: Literal["", "person", "company"] = ""
    dates: str = Field("", max_length=20)
    start: str = Field("", max_length=40, alias="from")
    end: str = Field("", max_length=40, alias="to")
    look_back: Literal["", "7", "30", "90", "180", "365", "all"] = ""
    half_life: str = Field("", max_length=20)
    order: Literal["", "1", "2", "3", "4"] = ""
    segment: int | None = Field(None, ge=1, lt=2**63, description="Only who is in it now.")
    m: list[Model] = Field([], max_length=9)


class ModelOut(Schema):
    """What one model credits each channel with, in the order of ``channels``."""

    model: str
    conversions: list[float]
    value: list[float]
    note: str


class AttributionOut(Schema):
    """Which channels conversions are owed to; each model's credits add up to the totals.

    ``without_touch`` are conversions that no model shares out.
    """

    goal: str
    currency: str
    channels: list[str]
    journeys: int
    conversions: int
    value: float
    without_touch: int
    value_without_touch: float
    touches: list[int]
    touched: list[int]
    models: list[ModelOut]


@router.get("/attribution", response={200: AttributionOut, **problems(403, 404, 503)})
def attribution(request: ApiRequest, asked: Query[AttributionAsked]) -> dict[str, Any]:
    """Share conversions out among channels, by several models."""
    del asked  # checked; the page's own reader reads them
    require(request.auth, Permission.SEE_REPORTS)
    question = read_asked(request.GET, open_source().event_names())
    if question.question is None:
        raise HttpError(422, " ".join(question.errors.values()) or "Name an event as the goal.")
    answer, state = find_answer(request.auth, question, WAIT_S)
    if answer is None:
        if state["state"] == "waiting":
            raise HttpError(503, "The calculation takes too long; ask for less.")
        raise HttpError(422, state["failure"])
    goal = question.question.journeys.goals[0]
    found = {"goal": goal, "currency": question.fields["currency"]}
    return found | answer.report.to_dict()

"""The API of changes: the same question as the page's, the same JSON as the command's."""

from __future__ import annotations

from typing import Any

from ninja import Field, Query, Router, Schema
from ninja.errors import HttpError

from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.funnels.events import open_source, property_types
from suppilo.web.api.access import ApiRequest
from suppilo.web.api.errors import problems
from suppilo.web.views.insights.change.asked import read_asked
from suppilo.web.views.insights.change.page import find_change

router = Router()

WAIT_S = 55.0


class ChangeAsked(Schema):
    """Of which conversion, what against what, split by what; empty: as the page takes it.

    ``of`` is ``deals`` or a saved funnel's number. ``vs`` empty sets the dates against the period
    before; else it is what ``a`` and ``b`` are values of. ``segment`` is a segment's number: only
    who is in it now counts.
    """

    of: str = Field("", max_length=20)
    vs: str = Field("", max_length=200)
    a: str = Field("", max_length=200)
    b: str = Field("", max_length=200)
    by: str = Field("", max_length=200)
    dates: str = Field("", max_length=20)
    start: str = Field("", max_length=40, alias="from")
    end: str = Field("", max_length=40, alias="to")
    segment: str = Field("", pattern=r"^\d{0,18}$")


class SideOut(Schema):
    """How many converted, of how many."""

    converted: int
    entered: int


class EffectOut(Schema):
    """A part of the difference, -1..1, with its range."""

    value: float
    lower: float
    upper: float


class SegmentOut(Schema):
    """What one segment adds, by its share of entries and by its rate."""

    name: str
    value: Any
    entered_a: int
    entered_b: int
    converted_a: int
    converted_b: int
    share_a: float
    share_b: float
    rate_a: float | None
    rate_b: float | None
    mix: EffectOut
    rate: EffectOut


class ChangeOut(Schema):
    """A difference of two conversions; ``mix`` and ``rate`` add up to it, and so do segments'."""

    by: str
    a: SideOut
    b: SideOut
    overall: dict[str, Any]
    mix: EffectOut
    rate: EffectOut
    paradox: str | None
    level: float
    segments: list[SegmentOut]


@router.get("/change", response={200: ChangeOut, **problems(403, 404, 503)})
def explain(request: ApiRequest, asked: Query[ChangeAsked]) -> dict[str, Any]:
    """Say why a conversion differs between two periods, or two values of a property."""
    require(request.auth, Permission.SEE_REPORTS)
    fields = asked.model_dump(by_alias=True)
    question = read_asked(fields, request.auth, property_types(open_source()))
    for text in question.errors.values():
        raise HttpError(422, text)
    found = find_change(request.auth, question, WAIT_S)
    if found.change is None:
        is_wrong = found.state["state"] == "empty" or "fault" in found.state
        status = 422 if is_wrong else 503
        raise HttpError(status, found.state.get("failure", "Nobody entered on one of the sides."))
    answer = found.change.to_dict()
    for row, segment in zip(found.rows, answer["segments"], strict=True):
        segment["name"] = row.name
    return answer

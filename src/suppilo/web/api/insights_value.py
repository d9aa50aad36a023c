"""The API of customer value."""

from __future__ import annotations

from functools import partial
from typing import Any, Literal

from ninja import Field, Query, Router, Schema

from suppilo.analytics.value.occasions import OCCASIONS
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.insights.value import ValueAnswer, ValueQuestion, end_of_day, start_value
from suppilo.apps.segments.selectors import find_segment
from suppilo.web.api.access import ApiRequest
from suppilo.web.api.answers import wait_for_answer
from suppilo.web.api.errors import problems
from suppilo.web.reporting import here, now_us

router = Router()


class ValueAsked(Schema):
    """Which purchases, and how far ahead."""

    purchase: str = Field(min_length=1, max_length=2_000, description="An event's name.")
    amount: str = Field("", max_length=2_000, description="The property with what was paid.")
    currency: str = Field(
        "", max_length=20, description="The only one that counts; empty: the only one there is."
    )
    model: Literal["free", "day", "week", "month", "year", "contract"] = Field(
        "free",
        description="Customers buy at any time, or at regular occasions (each day, week, month or "
        "year), or pay month by month until they leave.",
    )
    days: int = Field(365, ge=1, le=3_650)
    discount: float = Field(0.1, ge=0, le=10, description="The yearly rate, 0.1 for 10 %.")
    segment: int | None = Field(None, ge=1, lt=2**63, description="Only who is in it now.")


@router.get("/value", response={200: dict[str, Any], **problems(403, 404, 503)}, url_name="value")
def show_value(request: ApiRequest, asked: Query[ValueAsked]) -> dict[str, Any]:
    """Say what customers are worth: the same JSON as ``suppilo value --json``."""
    require(request.auth, Permission.SEE_REPORTS)
    question = ValueQuestion(
        purchase=asked.purchase,
        amount=asked.amount,
        currency=asked.currency,
        horizon_days=float(asked.days),
        discount=asked.discount,
        contract=asked.model == "contract",
        occasions=next((every for every in OCCASIONS if every == asked.model), None),
        timezone=here(),
        as_of_us=end_of_day(now_us()),
    )
    segment = None if asked.segment is None else find_segment(request.auth, asked.segment)
    start = partial(start_value, request.auth, question, segment)
    answer: ValueAnswer = wait_for_answer(start)
    report = answer.report or answer.renewals
    return report.to_dict() if report is not None else {}

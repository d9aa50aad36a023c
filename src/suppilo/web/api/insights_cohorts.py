"""The API of cohorts."""

from __future__ import annotations

from functools import partial
from typing import Any, Literal

from ninja import Field, Query, Router, Schema
from ninja.errors import HttpError

from suppilo.analytics.cohorts import CohortQuestion, parse_brackets
from suppilo.analytics.cohorts.question import MOST_PERIODS, USUAL_BRACKETS
from suppilo.analytics.periods import parse_moment
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.insights.cohorts import CohortAnswer, start_cohorts
from suppilo.apps.segments.selectors import find_segment
from suppilo.web.api.access import ApiRequest
from suppilo.web.api.answers import wait_for_answer
from suppilo.web.api.errors import problems
from suppilo.web.reporting import here, now_us

router = Router()


class CohortsAsked(Schema):
    """Which cohorts; what is left out is as for ``suppilo cohorts``."""

    start: str = Field("", max_length=2_000, description="Joins by it; empty: any event.")
    back: str = Field("", max_length=2_000, description="Comes back by it; empty: any event.")
    every: Literal["day", "week", "month"] = "month"
    kind: Literal["classic", "rolling", "bracket"] = "classic"
    brackets: str = Field("", max_length=200, description="Ranges of days: 0, 1-7, 8-30.")
    periods: int = Field(12, ge=1, le=MOST_PERIODS)
    amount: str = Field("", max_length=2_000, description="The property with what was paid.")
    currency: str = Field("", max_length=20, description="Which one, where there are several.")
    from_: str = Field("", alias="from", max_length=40, description="Only who joined from then on.")
    to: str = Field("", max_length=40, description="Only who joined before.")
    as_of: str = Field("", max_length=40, description="End of the observation; empty: now.")
    segment: int | None = Field(None, ge=1, lt=2**63, description="Only who is in it now.")


@router.get(
    "/cohorts", response={200: dict[str, Any], **problems(403, 404, 503)}, url_name="cohorts"
)
def show_cohorts(request: ApiRequest, asked: Query[CohortsAsked]) -> dict[str, Any]:
    """Count who comes back: the same JSON as ``suppilo cohorts --json``."""
    require(request.auth, Permission.SEE_REPORTS)
    try:
        question = _read(asked)
    except ValueError as error:
        raise HttpError(422, str(error)) from error
    segment = None if asked.segment is None else find_segment(request.auth, asked.segment)
    start = partial(start_cohorts, request.auth, question, now_us(), segment)
    answer: CohortAnswer = wait_for_answer(start)
    return answer.result.report.to_dict()


def _read(asked: CohortsAsked) -> CohortQuestion:
    return CohortQuestion(
        start=(asked.start,) if asked.start else (),
        back=(asked.back,) if asked.back else (),
        every=asked.every,
        kind=asked.kind,
        brackets=parse_brackets(asked.brackets) if asked.brackets else USUAL_BRACKETS,
        periods=asked.periods,
        timezone=here(),
        from_us=_moment(asked.from_),
        to_us=_moment(asked.to),
        as_of_us=_moment(asked.as_of),
        amount=asked.amount or None,
        currency=asked.currency or None,
    )


def _moment(text: str) -> int | None:
    return parse_moment(text, here()) if text else None

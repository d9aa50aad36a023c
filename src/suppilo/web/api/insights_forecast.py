"""The API of the forecast: the page's question, the command's JSON; and calls."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Annotated, Any, Literal

from django.utils import timezone
from ninja import Field, Query, Schema, Status
from ninja.errors import HttpError
from pydantic import StringConstraints

from suppilo.analytics.forecast import BackTest, Forecast
from suppilo.analytics.forecast.written import write_forecast, write_record
from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.forecasts.ask import ForecastAnswer, start_back_test, start_forecast
from suppilo.apps.forecasts.categories import sum_categories
from suppilo.apps.forecasts.services import call_deal, call_figure
from suppilo.apps.pipelines.models import Pipeline
from suppilo.web.api.access import ApiRequest
from suppilo.web.api.errors import problems
from suppilo.web.api.idempotency import KeyedRouter
from suppilo.web.api.parsing import Day, Given
from suppilo.web.api.quotas import AttainmentOut
from suppilo.web.views.insights.forecast.asked import Asked, read_asked, read_month
from suppilo.web.views.insights.forecast.people import QuotaRow, quota_rows
from suppilo.web.views.insights.waiting import WAITS_S, find_answer

router = KeyedRouter()

LARGEST_ID = 2**63 - 1
Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]
Note = Annotated[str, StringConstraints(max_length=300)]


class ForecastAskedIn(Schema):
    """Of which pipeline, by week or month, how many periods, whose deals; empty: as the page.

    ``owner`` and ``team`` are ids; 0: deals that are nobody's. ``segment`` is one's number: only
    deals of who is in it now.
    """

    p: str = Field("", max_length=20)
    every: Literal["", "week", "month"] = ""
    periods: str = Field("", max_length=3)
    owner: str = Field("", max_length=20)
    team: str = Field("", max_length=20)
    segment: str = Field("", max_length=20)


class BandOut(Schema):
    """A range that holds so large a share of what may come."""

    share: float
    lower: float
    upper: float


class PeriodOut(Schema):
    """A period: won already, by the weighted pipeline, and what it will come to.

    Without enough history ``median`` is null and ``bands`` is empty.
    """

    start: date
    from_: str = Field(alias="from")
    to: str
    won: Decimal
    weighted: float
    median: float | None
    bands: list[BandOut]
    from_open: float | None
    from_new: float | None


class CategoryOut(Schema):
    """Open deals expected to close in the period at hand, by how far one counts on them."""

    category: str
    deals: int
    called: int
    amount: Decimal


class HeldOut(Schema):
    """How much of what came a range held, 0..1."""

    share: float
    held: float


class RecordOut(Schema):
    """How good past forecasts were; ``advice``: ``history``, ``weighted`` or ``untried``."""

    scored: int
    coverage: list[HeldOut]
    pinball: float
    weighted_pinball: float
    error: float
    weighted_error: float
    mape: float | None
    weighted_mape: float | None
    advice: str
    quantiles: list[float]


class QuotaPaceOut(AttainmentOut):
    """How far somebody's, or a team's, quota of the month is, and what it is likely to come to.

    ``expected`` is the fact and what open deals are likely to add until the month's end; null
    where history is too short.
    """

    expected: Decimal | None


class CurrencyForecastOut(Schema):
    """The forecast in one currency; ``quotas`` are the month's, with months and all deals alone."""

    currency: str
    as_of: str
    every: str
    history: dict[str, Any]
    new_deals_per_week: float
    periods: list[PeriodOut]
    total: PeriodOut
    categories: list[CategoryOut]
    quotas: list[QuotaPaceOut]
    track_record: RecordOut | None


class ForecastOut(Schema):
    """Forecasts by currency, that of most deals first."""

    pipeline_id: int
    forecasts: list[CurrencyForecastOut]


@router.get("/forecast", response={200: ForecastOut, **problems(403, 404, 503)}, by_alias=True)
def forecast(request: ApiRequest, asked: Query[ForecastAskedIn]) -> dict[str, Any]:
    """Say what will be won, with ranges, and how good such forecasts were."""
    require(request.auth, Permission.SEE_DEALS)
    question = read_asked(asked.model_dump(), request.auth)
    if question.question is None:
        raise HttpError(404, "There is no pipeline yet.")
    answer: ForecastAnswer = _wait(partial(start_forecast, request.auth, question.question))
    tried: BackTest = _wait(partial(start_back_test, request.auth, question.question))
    return {
        "pipeline_id": question.question.pipeline.pk,
        "forecasts": [
            _write(request.auth, question, answer, one, tried) for one in answer.forecasts
        ],
    }


def _wait(start: Any) -> Any:
    found, state = find_answer(start, WAITS_S[-1])
    if found is None:
        raise HttpError(503, state.get("failure", "It is not reckoned yet. Try again."))
    return found


def _write(
    user: User, asked: Asked, answer: ForecastAnswer, one: Forecast, tried: BackTest
) -> dict[str, Any]:
    assert asked.question is not None
    month = read_month(asked.question, "")
    paces = quota_rows(user, asked, answer, one, timezone.now())
    sums = sum_categories(user, asked.question, one.currency, month)
    return write_forecast(one, timezone.get_default_timezone_name()) | {
        "categories": [
            {"category": row.category.value, "deals": row.deals, "called": row.called,
             "amount": row.amount}
            for row in sums
        ],
        "quotas": [_pace(row) for row in paces],
        "track_record": write_record(tried.record(one.currency)),
    }  # fmt: skip


def _pace(row: QuotaRow) -> dict[str, Any]:
    names = AttainmentOut.model_fields
    return {name: getattr(row.found, name) for name in names} | {"expected": row.expected}


class DealCallIn(Given):
    """An open deal and its category; an empty one takes the call back."""

    deal_id: Id
    category: Literal["", "commit", "best_case", "pipeline", "omitted"]
    note: Note = ""


class DealCallOut(Schema):
    """What was said of a deal, by whom and when."""

    id: int
    deal_id: int
    category: str
    note: str
    by_id: int | None
    at: datetime


@router.post(
    "/forecast/calls", response={201: DealCallOut, **problems(403, 404)}, url_name="forecast_calls"
)
def call(request: ApiRequest, given: DealCallIn) -> Status[Any]:
    """Put an open deal into a category."""
    said = call_deal(request.auth, given.deal_id, given.category, note=given.note)
    return Status(201, said)


class FigureIn(Given):
    """What somebody will win in a month (its first day); null takes it back."""

    user_id: Id
    pipeline_id: Id
    starts_on: Day
    currency: Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")]
    amount: Decimal | None = Field(ge=0, max_digits=19, decimal_places=4)
    note: Note = ""


class FigureOut(Schema):
    """What was said of somebody's month, by whom and when."""

    id: int
    user_id: int
    pipeline_id: int
    starts_on: date
    currency: str
    amount: Decimal | None
    note: str
    by_id: int | None
    at: datetime


@router.post(
    "/forecast/figures", response={201: FigureOut, **problems(403, 404)},
    url_name="forecast_figures",
)  # fmt: skip
def say_figure(request: ApiRequest, given: FigureIn) -> Status[Any]:
    """Say what somebody will win in a month."""
    require(request.auth, Permission.EDIT_DEALS)
    user = User.objects.get(pk=given.user_id)
    pipeline = Pipeline.objects.get(pk=given.pipeline_id)
    said = call_figure(
        request.auth, user, pipeline, given.starts_on, given.currency, given.amount,
        note=given.note,
    )  # fmt: skip
    return Status(201, said)

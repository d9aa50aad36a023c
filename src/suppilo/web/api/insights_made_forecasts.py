"""The API of forecasts kept as they were made: what each said, what came, how good they were."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Annotated, Any, Literal

from django.http import Http404
from ninja import Field, Query, Schema, Status
from pydantic import StringConstraints

from suppilo.analytics.forecast import BANDS
from suppilo.analytics.forecast.written import write_record
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.forecasts.ask import ForecastAnswer, ForecastAsked, start_forecast
from suppilo.apps.forecasts.models import MadeForecast, MadePeriod
from suppilo.apps.forecasts.scoring import read_record
from suppilo.apps.forecasts.selectors import judge_periods, visible_forecasts
from suppilo.apps.forecasts.services import keep_forecast
from suppilo.apps.pipelines.models import Pipeline
from suppilo.apps.segments.selectors import find_segment
from suppilo.web.api.access import ApiRequest
from suppilo.web.api.answers import wait_for_answer
from suppilo.web.api.errors import problems
from suppilo.web.api.idempotency import KeyedRouter
from suppilo.web.api.insights_forecast import Id, RecordOut
from suppilo.web.api.lists import PageAsked, answer_page
from suppilo.web.api.parsing import Given, within

router = KeyedRouter()

MOST_PERIODS = 26
Code = Annotated[str, StringConstraints(pattern="^([A-Z]{3})?$")]
Every = Literal["week", "month"]


class MadeBandOut(Schema):
    """A range that was to hold so large a share of what may come; null until it is known."""

    share: float
    lower: float
    upper: float
    held: bool | None


class MadePeriodOut(Schema):
    """What was said of a period, and what came; null until a day after its end.

    ``error`` is the median less what came, ``weighted_error`` the weighted pipeline less it.
    Where history was too short ``median`` is null and ``bands`` is empty.
    """

    ahead: int
    starts_at: datetime
    ends_at: datetime
    won: Decimal
    weighted: Decimal
    median: float | None
    bands: list[MadeBandOut]
    called: Decimal | None
    actual: Decimal | None
    error: float | None
    weighted_error: float | None
    scored_at: datetime | None

    @staticmethod
    def resolve_median(one: MadePeriod) -> float | None:
        """Return the middle of what was said."""
        return _median(one)

    @staticmethod
    def resolve_bands(one: MadePeriod) -> list[dict[str, Any]]:
        """Return the ranges, and whether each held what came."""
        if not one.quantiles:
            return []
        ends = [(share, one.quantiles[low], one.quantiles[high]) for share, low, high in BANDS]
        return [
            {"share": share, "lower": lower, "upper": upper,
             "held": None if one.actual is None else lower <= one.actual <= upper}
            for share, lower, upper in ends
        ]  # fmt: skip

    @staticmethod
    def resolve_error(one: MadePeriod) -> float | None:
        """Return how far the median was too high."""
        return _error(one, _median(one))

    @staticmethod
    def resolve_weighted_error(one: MadePeriod) -> float | None:
        """Return how far the weighted pipeline was too high."""
        return _error(one, float(one.weighted))


class MadeForecastOut(Schema):
    """A forecast as it was made, and how good it was over those of its periods that are over.

    ``is_opening``: it was the first made in its first period; these are the ones that a track
    record counts. ``made_by_id`` is null for the server, ``segment_id`` for all deals.
    """

    id: int
    pipeline_id: int
    segment_id: int | None
    every: str
    currency: str
    made_at: datetime
    made_on: date
    is_daily: bool
    is_opening: bool
    made_by_id: int | None
    ended: int
    won: int
    periods: list[MadePeriodOut]
    score: RecordOut | None

    @staticmethod
    def resolve_periods(made: MadeForecast) -> Sequence[MadePeriod]:
        """Return its periods, the nearest first."""
        return _periods(made)

    @staticmethod
    def resolve_score(made: MadeForecast) -> dict[str, Any] | None:
        """Return how good it was; null while no period with ranges is over."""
        return write_record(judge_periods(_periods(made)))


class MadeForecastsOut(Schema):
    """One page of kept forecasts; ``next`` is the page after it, empty where there is none."""

    forecasts: list[MadeForecastOut]
    next: str


class MadeRecordOut(Schema):
    """How good the kept forecasts of a pipeline, or of a segment, were; null: none is over."""

    pipeline_id: int
    segment_id: int | None
    every: Every
    currency: str
    record: RecordOut | None


class MadeAsked(PageAsked):
    """Which kept forecasts, the newest first; what is left out narrows nothing."""

    pipeline_id: Id | None = None
    segment_id: Id | None = None
    every: Every | None = None
    currency: Code = ""


class RecordAsked(Schema):
    """Whose track record; without a currency the pipeline's own."""

    pipeline_id: Id
    segment_id: Id | None = None
    every: Every = "month"
    currency: Code = ""


class MadeIn(Given):
    """Which forecast to keep: of a pipeline's deals, or of those of a segment."""

    pipeline_id: Id
    segment_id: Id | None = None
    every: Every = "month"
    periods: int = Field(6, ge=1, le=MOST_PERIODS)


@router.get(
    "/forecast/made", response={200: MadeForecastsOut, **problems(403, 404)},
    url_name="made_forecasts",
)  # fmt: skip
def show_all(request: ApiRequest, asked: Query[MadeAsked]) -> dict[str, Any]:
    """List the forecasts that were kept, each with what came."""
    found = visible_forecasts(request.auth)
    if asked.pipeline_id is not None:
        found = found.filter(pipeline=asked.pipeline_id)
    if asked.segment_id is not None:
        found = found.filter(segment=find_segment(request.auth, asked.segment_id))
    if asked.every is not None:
        found = found.filter(every=asked.every)
    if asked.currency:
        found = found.filter(currency=asked.currency)
    return answer_page("forecasts", found, asked)


@router.post(
    "/forecast/made", response={201: list[MadeForecastOut], **problems(403, 404, 503)},
    url_name="make_forecast",
)  # fmt: skip
def keep(request: ApiRequest, given: MadeIn) -> Status[Any]:
    """Keep the forecast as it is now, one for each currency; it is scored when its time is up."""
    require(request.auth, Permission.SAVE_REPORTS)
    question = _question(request, given.pipeline_id, given.segment_id, given.every, given.periods)
    answer: ForecastAnswer = wait_for_answer(partial(start_forecast, request.auth, question))
    made = keep_forecast(request.auth, answer)
    kept = visible_forecasts(request.auth).filter(pk__in=[one.pk for one in made])
    return Status(201, list(kept))


@router.get(
    "/forecast/made/{int:made_id}", response={200: MadeForecastOut, **problems(403, 404)},
    url_name="made_forecast",
)  # fmt: skip
def show_one(request: ApiRequest, made_id: int) -> MadeForecast:
    """Show what a kept forecast said of each period, what came, and how good it was."""
    made = visible_forecasts(request.auth).filter(pk=within(made_id)).first()
    if made is None:
        raise Http404
    return made


@router.get(
    "/forecast/record", response={200: MadeRecordOut, **problems(403, 404)},
    url_name="made_record",
)  # fmt: skip
def show_record(request: ApiRequest, asked: Query[RecordAsked]) -> dict[str, Any]:
    """Say how good kept forecasts were: of each period the first that was made counts."""
    question = _question(request, asked.pipeline_id, asked.segment_id, asked.every)
    currency = asked.currency or question.pipeline.currency
    return {
        "pipeline_id": question.pipeline.pk,
        "segment_id": asked.segment_id,
        "every": asked.every,
        "currency": currency,
        "record": write_record(read_record(question, currency)),
    }


def _question(
    request: ApiRequest, pipeline: int, segment: int | None, every: Every, periods: int = 1
) -> ForecastAsked:
    require(request.auth, Permission.SEE_ALL_DEALS)
    return ForecastAsked(
        Pipeline.objects.get(pk=pipeline), every, periods,
        segment=None if segment is None else find_segment(request.auth, segment),
    )  # fmt: skip


def _periods(made: MadeForecast) -> list[MadePeriod]:
    return list(made.periods.all())


def _median(one: MadePeriod) -> float | None:
    return one.quantiles[len(one.quantiles) // 2] if one.quantiles else None


def _error(one: MadePeriod, said: float | None) -> float | None:
    if said is None or one.actual is None:
        return None
    return round(said - float(one.actual), 2)

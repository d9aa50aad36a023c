"""The API of the pipeline's report and of the full funnel: the same questions as the pages'."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from ninja import Field, Query, Router, Schema
from ninja.errors import HttpError

from suppilo.analytics.durations import Quantile
from suppilo.analytics.intervals import Interval, wilson_interval
from suppilo.analytics.periods import format_moment
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.pipeline_reports.ask import PipelineAnswer, ask_pipeline
from suppilo.apps.pipeline_reports.full_funnel import FullFunnel, ask_full_funnel
from suppilo.web.api.access import ApiRequest
from suppilo.web.api.errors import problems
from suppilo.web.reporting import here
from suppilo.web.views.full_funnel.asked import USUAL_DATES as FUNNEL_DATES
from suppilo.web.views.full_funnel.steps import step_name
from suppilo.web.views.pipeline_reports.asked import USUAL_DATES, Asked, read_asked
from suppilo.web.views.pipeline_reports.figures import reason_rows, velocity_rows
from suppilo.web.views.pipeline_reports.links import Links

router = Router()

WAIT_S = 50.0


class DealsAsked(Schema):
    """Which deals: the fields of the report's own address."""

    p: int | None = Field(None, ge=1, lt=2**63, description="The pipeline; else the first.")
    dates: str = Field("", max_length=20)
    start: str = Field("", max_length=40, alias="from")
    end: str = Field("", max_length=40, alias="to")
    as_of: str = Field("", max_length=40, description="The moment of observation; else now.")
    owner: int | None = Field(None, ge=1, lt=2**63)
    team: int | None = Field(None, ge=1, lt=2**63)
    channel: str = Field("", max_length=100)
    segment: int | None = Field(None, ge=1, lt=2**63)


class PipelineAsked(DealsAsked):
    """Which deals, and how skipped stages and moves back count."""

    select: str = Field("", max_length=20)
    skipped: str = Field("", max_length=20)
    backward: str = Field("", max_length=20)


class IntervalOut(Schema):
    """The range of a rate, 0..1."""

    lower: float
    upper: float


class QuantileOut(Schema):
    """When so great a share had left, in seconds, with its range; None where too few have."""

    share: float
    seconds: float | None
    lower: float | None
    upper: float | None


class StageOut(Schema):
    """What became of the deals that entered a stage; the five ways add up to ``entered``.

    ``stay`` is by Kaplan and Meier: deals that are there still count as not gone yet.
    """

    key: str
    name: str
    group: str
    entered: int
    advanced: int
    lost: int
    disqualified: int = Field(description="Of the lost ones.")
    moved_back: int
    handed_over: int
    still_there: int
    advance_rate: float | None
    advance_interval: IntervalOut | None
    stay: list[QuantileOut]


class WinRateOut(Schema):
    """What became of all deals; rates 0..1."""

    created: int
    won: int
    lost: int
    disqualified: int
    open: int
    handed_over: int
    of_decided: float | None
    of_decided_interval: IntervalOut | None
    of_created: float | None
    of_created_interval: IntervalOut | None


class MoneyOut(Schema):
    """An amount in a currency."""

    amount: str
    currency: str


class VelocityOut(Schema):
    """Open deals × win rate × average value, for each day of the mean cycle, in one currency."""

    currency: str
    open: int
    win_rate: float | None
    average_value: str | None
    cycle_seconds: float | None
    per_day: str | None


class LostReasonOut(Schema):
    """A reason for which deals were lost; ``share`` is of all that were."""

    name: str
    deals: int
    disqualified: int
    share: float
    value: list[MoneyOut]


class PipelineReportOut(Schema):
    """The report of a pipeline's deals as they stood at a moment."""

    pipeline_id: int
    as_of: str
    stages: list[StageOut]
    win_rate: WinRateOut
    cycle: list[QuantileOut] = Field(description="Until deals had ended, in whatever way.")
    velocity: list[VelocityOut]
    lost_reasons: list[LostReasonOut]


class FullStepOut(Schema):
    """A step of the full funnel; ``unit`` says what ``count`` counts."""

    key: str
    name: str
    group: str
    unit: str
    count: int
    step_rate: float | None
    step_interval: IntervalOut | None
    first_rate: float | None
    median_seconds: float | None
    cost_each: str | None
    worth: str | None


class LeakOut(Schema):
    """Where most money is lost, and what winning a tenth of it back would bring."""

    stage: str
    next_name: str
    lost: int
    entered: int
    share: float
    gain: str | None


class OtherSpendOut(Schema):
    """What was spent in another currency: it is in no step, nor in the cost."""

    currency: str
    cost: str
    impressions: int
    clicks: int


class OtherOrdersOut(Schema):
    """Orders in no step's worth: sums by currency; how many say no amount, or no currency."""

    by_currency: dict[str, str]
    unpriced: int


class FullFunnelOut(Schema):
    """From the impression to the regular customer; amounts are in the pipeline's currency."""

    pipeline_id: int
    currency: str
    as_of: str
    steps: list[FullStepOut]
    leak: LeakOut | None
    cost: str | None
    won_value: str
    other_currencies: list[str] = Field(description="Of won deals that are left out of the value.")
    other_spend: list[OtherSpendOut]
    other_orders: OtherOrdersOut


@router.get("/pipeline", response={200: PipelineReportOut, **problems(403, 404)})
def pipeline(request: ApiRequest, asked: Query[PipelineAsked]) -> dict[str, Any]:
    """Say what became of a pipeline's deals at each stage, how long they take, and why they end."""
    del asked  # checked; the page's own reader reads them
    require(request.auth, Permission.SEE_DEALS)
    question = _read(request, USUAL_DATES)
    assert question.question is not None
    answer = ask_pipeline(request.auth, question.question)
    report, wins, links = answer.report, answer.report.win_rate, Links(question)
    names = ("created", "won", "lost", "disqualified", "open", "handed_over", "of_decided",
             "of_created")  # fmt: skip
    return {
        **_about(answer),
        "stages": list(_stages(answer)),
        "win_rate": {name: getattr(wins, name) for name in names}
        | {"of_decided_interval": _interval(wins.of_decided_interval),
           "of_created_interval": _interval(wins.of_created_interval)},
        "cycle": [_quantile(one) for one in report.ending.quantiles],
        "velocity": [
            {"currency": row.currency, "open": row.velocity.open,
             "win_rate": row.velocity.win_rate, "average_value": _text(row.average),
             "cycle_seconds": row.velocity.cycle_s, "per_day": _text(row.per_day)}
            for row in velocity_rows(answer)
        ],
        "lost_reasons": [
            {"name": row.name, "deals": row.deals, "disqualified": row.disqualified,
             "share": row.share,
             "value": [{"amount": str(one.amount), "currency": one.currency} for one in row.sums]}
            for row in reason_rows(answer, links)
        ],
    }  # fmt: skip


@router.get("/full-funnel", response={200: FullFunnelOut, **problems(403, 404, 503)})
def full_funnel(request: ApiRequest, asked: Query[DealsAsked]) -> dict[str, Any]:
    """Count every step from the impression to the regular customer."""
    del asked  # checked; the page's own reader reads them
    require(request.auth, Permission.SEE_ALL_DEALS)
    question = _read(request, FUNNEL_DATES).question
    assert question is not None
    found = ask_full_funnel(request.auth, question, here(), WAIT_S)
    if found.is_waiting:
        raise HttpError(503, "People are still being counted; ask again soon.")
    return {
        **_about(found.answer),
        "currency": question.pipeline.currency,
        "steps": list(_steps(found)),
        "leak": None if found.leak is None else {
            name: getattr(found.leak, name)
            for name in ("stage", "next_name", "lost", "entered", "share")
        } | {"gain": _text(found.leak.gain)},
        "cost": _text(found.cost),
        "won_value": str(found.won_value),
        "other_currencies": list(found.other_currencies),
        "other_spend": [
            {"currency": one.currency, "cost": str(one.cost), "impressions": one.impressions,
             "clicks": one.clicks} for one in found.other_spend
        ],
        "other_orders": {
            "by_currency": {key: str(one) for key, one in found.other_orders.by_currency.items()},
            "unpriced": found.other_orders.unpriced,
        },
    }  # fmt: skip


def _read(request: ApiRequest, usual_dates: str) -> Asked:
    asked = read_asked(request.GET, request.auth, usual_dates)
    wanted = asked.fields["p"]
    if asked.pipeline is None or (wanted and str(asked.pipeline.pk) != wanted):
        raise HttpError(404, "There is no such pipeline.")
    if asked.question is None:
        raise HttpError(422, " ".join(asked.errors.values()))
    return asked


def _about(answer: PipelineAnswer) -> dict[str, Any]:
    as_of = format_moment(answer.report.as_of_us, here())
    return {"pipeline_id": answer.world.pipeline.pk, "as_of": as_of}


def _stages(answer: PipelineAnswer) -> Iterator[dict[str, Any]]:
    report = answer.report
    found = zip(answer.world.stages.places, report.stages, report.times, strict=True)
    fates = ("entered", "advanced", "lost", "disqualified", "moved_back", "handed_over",
             "still_there", "advance_rate")  # fmt: skip
    for place, balance, time in found:
        yield {
            "key": place.key, "name": place.name, "group": place.group,
            **{name: getattr(balance, name) for name in fates},
            "advance_interval": _interval(wilson_interval(balance.advanced, balance.entered)),
            "stay": [_quantile(one) for one in time.quantiles],
        }  # fmt: skip


def _steps(found: FullFunnel) -> Iterator[dict[str, Any]]:
    for step in found.steps:
        yield {
            "key": step.key, "name": step_name(step), "group": step.group, "unit": str(step.unit),
            "count": step.count, "step_rate": step.step_rate,
            "step_interval": _interval(step.interval), "first_rate": step.first_rate,
            "median_seconds": step.median_s, "cost_each": _text(step.cost_each),
            "worth": _text(step.money),
        }  # fmt: skip


def _interval(found: Interval | None) -> dict[str, float] | None:
    return None if found is None else {"lower": found.lower, "upper": found.upper}


def _quantile(found: Quantile) -> dict[str, float | None]:
    return {
        "share": found.share, "seconds": found.time, "lower": found.lower, "upper": found.upper,
    }  # fmt: skip


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)

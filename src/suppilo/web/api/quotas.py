"""The API of quotas: plan and fact of a period, and targets set."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from django.utils import timezone
from ninja import Field, Query, Schema
from pydantic import StringConstraints

from suppilo.apps.quotas.models import Measure, Span
from suppilo.apps.quotas.periods import Period, read_period
from suppilo.apps.quotas.selectors import QuotaQuestion, read_board
from suppilo.apps.quotas.services import NewTarget, set_targets
from suppilo.web.api.access import ApiRequest
from suppilo.web.api.errors import problems
from suppilo.web.api.idempotency import KeyedRouter
from suppilo.web.api.parsing import Given

router = KeyedRouter()

LARGEST_ID = 2**63 - 1
Code = Annotated[str, StringConstraints(pattern="^([A-Z]{3})?$")]
PeriodKey = Annotated[
    str, StringConstraints(pattern="^(19[7-9][0-9]|20[0-9]{2}|21[0-9]{2})-(0[1-9]|1[0-2]|Q[1-4])$")
]
Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]


class QuotasAsked(Schema):
    """Which quotas: ``2026-11`` or ``2026-Q4``; the currency of a won amount."""

    period: PeriodKey
    measure: Measure = Measure.WON_AMOUNT
    currency: Code = ""
    pipeline: Id | None = None


class AttainmentOut(Schema):
    """How far somebody (or a team) is; ``pace`` 1 is on time."""

    name: str
    user_id: int | None
    team_id: int | None
    target: Decimal | None
    fact: Decimal
    rate: float | None
    pace: float | None


class QuotasOut(Schema):
    """Plan and fact, the furthest first; ``gone`` is the share of the period that is over."""

    span: Span
    starts_on: date
    ends_on: date
    gone: float
    people: list[AttainmentOut]
    teams: list[AttainmentOut]


class TargetIn(Given):
    """A target of a user or of a team; null takes it away."""

    period: PeriodKey
    measure: Measure
    target: Decimal | None = Field(gt=0, max_digits=19, decimal_places=4)
    user_id: Id | None = None
    team_id: Id | None = None
    pipeline_id: Id | None = None
    currency: Code = ""

    def to_target(self) -> NewTarget:
        """Return what the services take."""
        return NewTarget(
            read_period(self.period), self.measure, self.target, self.user_id, self.team_id,
            self.pipeline_id, self.currency,
        )  # fmt: skip


class TargetsIn(Given):
    """Targets that are set together: all of them, or none."""

    targets: list[TargetIn] = Field(min_length=1, max_length=1000)


class TargetsSet(Schema):
    """How many targets were changed."""

    changed: int


@router.get("/quotas", response={200: QuotasOut, **problems(403)}, url_name="quotas")
def show_quotas(request: ApiRequest, asked: Query[QuotasAsked]) -> dict[str, Any]:
    """Show plan and fact of those whom one sees."""
    period: Period = read_period(asked.period)
    now = timezone.now()
    question = QuotaQuestion(period, asked.measure, asked.currency, asked.pipeline)
    found = read_board(request.auth, question, now)
    return {
        "span": period.span,
        "starts_on": period.starts_on,
        "ends_on": period.ends_on,
        "gone": period.share_gone(now),
        "people": found.people,
        "teams": found.teams,
    }


@router.post("/quotas", response={200: TargetsSet, **problems(403)}, url_name="set_quotas")
def set_quotas(request: ApiRequest, given: TargetsIn) -> dict[str, int]:
    """Set, change and take away targets."""
    return {"changed": set_targets(request.auth, [one.to_target() for one in given.targets])}
